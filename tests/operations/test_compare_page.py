"""The page of a comparison, in a real Chromium: opened from disk, filtered, by keyboard, checked by axe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from comparison.comparison import Comparison, compare
from components.lerg import reference
from operations.compare.knowledge import knowledge
from operations.compare.pages import page, written
from provider.schema.snapshot import Snapshot
from provider.survey import fingerprint

Objects = dict[str, dict[str, Any]]

PATIENCE = 120_000
"""Milliseconds. The machine may have other things to do."""
expect.set_options(timeout=PATIENCE)

VIEWS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 320, "height": 640}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}


def snapshot(environment: str, objects: Objects, **more: Any) -> Snapshot:
    made = Snapshot(
        environment=environment, project="p", taken="2026-01-01T00:00:00+00:00", objects=objects, **more
    )
    return Snapshot(
        **{**{name: getattr(made, name) for name in made.__struct_fields__}, "fingerprint": fingerprint(made)}
    )


def tables(count: int, changed: int = 0) -> Objects:
    """Tables with a key and a policy each, some of which have a column more."""
    objects: Objects = {}
    for number in range(count):
        name = f"table_{number:04}"
        more = {"added": {"type": "text"}} if number < changed else {}
        columns = {f"column_{position}": {"type": "text"} for position in range(6)}
        objects[f"voip:postgres:Table::public.{name}"] = {"name": name, "columns": {**columns, **more}}
        objects[f"voip:postgres:Constraint::public.{name}/{name}_pkey"] = {
            "definition": "PRIMARY KEY (column_1)"
        }
        objects[f"voip:postgres:Policy::public.{name}/own"] = {
            "using": "(id = auth.uid())",
            "command": "SELECT",
        }
    return objects


HOSTILE = "<img src=x onerror=alert(1)>\"'&{{ 7 * 7 }}</script>"


@pytest.fixture(scope="module")
def small() -> Comparison:
    """Something of each sign and plane, a hostile name, and two tables of who may do what."""
    before: Objects = {
        "voip:postgres:Table::public.profiles": {"name": "profiles", "columns": {"id": {"type": "uuid"}}},
        "voip:postgres:Policy::public.profiles/select_own": {"using": "(auth.uid() = id)"},
        "voip:supabase:Function::ping-status": {"version": 3, "files": "a"},
        "voip:postgres:Function::public.f()": {"body": "\nBEGIN\n  old;\nEND;\n"},
    }
    after: Objects = {
        "voip:postgres:Table::public.profiles": {
            "name": "profiles",
            "columns": {"id": {"type": "uuid"}, "email": {"type": "text"}},
            "comment": HOSTILE,
        },
        f"voip:postgres:Table::public.{HOSTILE}": {"name": HOSTILE, "columns": {}},
        "voip:postgres:Policy::public.profiles/simple_select_policy": {"using": "true"},
        "voip:supabase:Function::ping-status": {"version": 62, "files": "b"},
        "voip:supabase:Secret::STRIPE_SECRET_KEY": {"digest": "d1935"},
        "voip:stripe:Product::accelerator-plan": {"name": "Accelerator Plan"},
        "voip:postgres:Function::public.f()": {"body": "\nBEGIN\n  new;\nEND;\n"},
        "voip:postgres:Row::public.enhanced_lerg/201": {
            "npa": "201",
            "state_province_code": "NJ",
            "country_code": "US",
        },
    }
    cell = ("user", "table public.profiles", "SELECT", "own", "")
    return compare(
        snapshot("production", before, access=[(*cell, "allowed")]),
        snapshot("staging", after, access=[(*cell, "denied")]),
        knowledge(),
    )


@contextmanager
def opened(browser: Browser, comparison: Comparison, folder: Path, **view: Any) -> Iterator[Page]:
    """The page from disk; nothing may go wrong in it, and it may ask nobody for anything."""
    written(comparison, folder)
    context = browser.new_context(offline=True, **view)
    context.set_default_timeout(PATIENCE)
    shown = context.new_page()
    told: list[str] = []
    shown.on("console", lambda message: told.append(message.text))
    shown.on("pageerror", lambda error: told.append(str(error)))
    shown.on("request", lambda asked: None if asked.url.startswith("file:") else told.append(asked.url))
    shown.goto((folder / "comparison.html").as_uri())
    yield shown
    assert told == []
    context.close()


def visible(shown: Page) -> list[str]:
    return shown.locator(".rows > li:not([hidden]) summary code").all_inner_texts()


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing(browser: Browser, small: Comparison, tmp_path: Path, view: str) -> None:
    with opened(browser, small, tmp_path, **VIEWS[view]) as shown:
        shown.get_by_role("button", name="Open all").click()
        shown.get_by_text("The same as a table").click()
        found = Axe().run(
            shown, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}
        )
        assert [each["id"] for each in found.response["violations"]] == []
        assert len(found.response["passes"]) > 20
        width = shown.evaluate("document.documentElement.scrollWidth")
        assert width <= VIEWS[view]["viewport"]["width"]
        wide = "tables => tables.filter(each => each.scrollWidth > each.parentElement.clientWidth).length"
        assert shown.locator(".told, .figures").count() == 4
        assert shown.locator(".told, .figures").evaluate_all(wide) == 0


def test_filters_leave_what_is_asked_for(browser: Browser, small: Comparison, tmp_path: Path) -> None:
    with opened(browser, small, tmp_path) as shown:
        everything = visible(shown)
        assert len(everything) == len(small.rows)
        shown.get_by_label("Plane").select_option("stripe")
        assert visible(shown) == ["accelerator-plan"]
        assert shown.locator("output").inner_text() == f"1 of {len(everything)}"
        shown.get_by_label("Plane").select_option("")
        shown.get_by_label("Phase").select_option("4")
        assert set(visible(shown)) == {"public.profiles/select_own", "public.profiles/simple_select_policy"}
        shown.get_by_label("Sign").select_option("extra")
        assert visible(shown) == ["public.profiles/select_own"]
        shown.get_by_role("button", name="Show all").click()
        expect(shown.locator(".rows > li:not([hidden])")).to_have_count(len(everything))
        shown.get_by_label("Name holds").fill("STRIPE_")
        assert visible(shown) == ["STRIPE_SECRET_KEY"]


def test_it_is_used_by_keyboard_alone(browser: Browser, small: Comparison, tmp_path: Path) -> None:
    with opened(browser, small, tmp_path) as shown:
        shown.keyboard.press("Tab")
        assert shown.evaluate("document.activeElement.textContent") == "To the differences"
        shown.keyboard.press("Enter")
        for _ in range(30):
            shown.keyboard.press("Tab")
            if shown.evaluate("document.activeElement.tagName") == "SUMMARY":
                break
        first = shown.locator(".rows details").first
        assert first.get_attribute("open") is None
        shown.keyboard.press("Enter")
        assert first.get_attribute("open") is not None
        outline = shown.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none"


def test_both_sides_are_shown_and_nothing_of_a_secret(
    browser: Browser, small: Comparison, tmp_path: Path
) -> None:
    with opened(browser, small, tmp_path) as shown:
        row = shown.locator("li", has_text="public.f()").first
        row.locator("summary").click()
        changed = row.locator("tr.d td")
        assert [text.strip() for text in changed.all_inner_texts()] == ["old;", "new;"]
    for file in tmp_path.iterdir():
        assert "d1935" not in file.read_text("utf-8")


def test_a_hostile_name_is_text(browser: Browser, small: Comparison, tmp_path: Path) -> None:
    with opened(browser, small, tmp_path) as shown:
        assert f"public.{HOSTILE}" in visible(shown)
        assert shown.locator("img").count() == 0


def test_on_paper_everything_is_open_and_nothing_to_press(
    browser: Browser, small: Comparison, tmp_path: Path
) -> None:
    with opened(browser, small, tmp_path) as shown:
        shown.emulate_media(media="print")
        assert not shown.locator(".filters").is_visible()
        shown.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert shown.locator("details:not([open])").count() == 0
        shown.evaluate("dispatchEvent(new Event('afterprint'))")
        assert shown.locator(".rows details[open]").count() == 0


@pytest.mark.parametrize(("first", "second"), [(tables(3000), tables(3000, changed=30)), ({}, tables(3000))])
def test_a_page_of_three_thousand_tables_is_light(first: Objects, second: Objects) -> None:
    made = compare(snapshot("production", first), snapshot("staging", second), knowledge())
    text = page(made)
    assert len(text.encode()) < 1_000_000
    hidden = len(made.rows) - text.count("<details><summary>")
    assert hidden == 0 or f"{hidden} more differences are in" in text


def test_references_are_the_declared_ones() -> None:
    assert [each.id for each in knowledge().references] == [reference(False).id]
