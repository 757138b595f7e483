"""The page about production's gap: what a preview shows, beside what was expected by hand."""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from components.rollout import declarations
from operations.documents import load_contradictions
from operations.errors import OperationError
from operations.pages import FOLDER, render
from operations.pulumi import pulumi
from settings import PROVIDER, load_settings

ROOT = Path(__file__).resolve().parent.parent
EXPECTED = ROOT / "tests" / "acceptance"
PAGE = FOLDER / "gap.md"
CONSENTS = ("dropLegacyLerg", "dropProfileColumns")

SIGNS: Mapping[str, Literal["+", "~", "-"]] = {"create": "+", "update": "~", "delete": "-"}


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One expected difference, with the section of the comparison that tells it, or the fault it closes."""

    object: str
    """`<kind>::<id>`"""
    sign: Literal["+", "~", "-"]
    properties: dict[str, str] = {}
    section: str = ""
    closes: str = ""


class Shown(msgspec.Struct, frozen=True):
    """One difference that a preview shows."""

    object: str
    sign: Literal["+", "~", "-"]
    domain: str
    properties: dict[str, str]
    parts: list[str]
    """What the difference consists of, cut as finely as Postgres' catalogs hold it."""


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.set_defaults(run=lambda _: write_gap())


def write_gap() -> str:
    """Make the page anew from two previews of production; returns what was done."""
    PAGE.write_text(gap_page(preview(consenting=False), preview(consenting=True)), "utf-8")
    return f"Wrote {PAGE.name}."


def preview(*, consenting: bool) -> dict[str, Any]:
    """The digest of production's preview, without and with every consent."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "Pulumi.production.yaml"
        shutil.copy("Pulumi.production.yaml", config)
        if consenting:
            with config.open("a", encoding="utf-8") as file:
                file.writelines(f'  voip-accelerator-infra:{consent}: "true"\n' for consent in CONSENTS)
        shown = pulumi("preview", "--stack", "production", "--json", "--config-file", str(config))
    digest: dict[str, Any] = json.loads(shown)
    return digest


def gap_page(cautious: Mapping[str, Any], consenting: Mapping[str, Any]) -> str:
    """The page; refuses previews that are not what was expected by hand."""
    rows, closing, more = (expected_rows(name) for name in ("gap", "hardening", "gap_with_consent"))
    both = [shown(cautious), shown(consenting)]
    _require_equal(merged(rows + closing), both[0])
    _require_equal(merged(rows + closing + more), both[1])
    gap = {row.object for row in rows + more}
    return render(
        PAGE.name,
        domains=_by_domain(rows),
        closing=closing,
        hardened=gap & {row.object for row in closing},
        faults={each.id: each.title for each in load_contradictions() if each.kind == "design"},
        more=more,
        parts=_counted(both[0], gap),
        parts_with_consent=_counted(both[1], gap),
    )


def expected_rows(name: str) -> list[Row]:
    """A list written by hand."""
    return msgspec.yaml.decode((EXPECTED / f"{name}.yaml").read_bytes(), type=list[Row])


def merged(rows: list[Row]) -> dict[str, tuple[str, dict[str, str]]]:
    """By object: its sign and all its properties."""
    result: dict[str, tuple[str, dict[str, str]]] = {}
    for row in rows:
        _, before = result.get(row.object, (row.sign, {}))
        result[row.object] = (row.sign, {**before, **row.properties} if row.sign == "~" else row.properties)
    return result


def shown(digest: Mapping[str, Any]) -> list[Shown]:
    """The differences of objects that a preview's digest holds; components and the stack are none."""
    return [_shown(step) for step in digest["steps"] if step["op"] in SIGNS and is_object(step)]


def is_object(step: Mapping[str, Any]) -> bool:
    """Whether a step is about something that lives in the target, and is no component or gate."""
    token = str(step["urn"]).split("::")[2].rpartition("$")[2]
    return token.startswith("voip:") and not token.startswith(("voip:components:", "voip:rollout:"))


def _shown(step: Mapping[str, Any]) -> Shown:
    state = step.get("newState") or step["oldState"]
    plane, kind = step["urn"].split("::")[2].split(":")[-2:]
    sign = SIGNS[step["op"]]
    properties = {path: detail["kind"] for path, detail in (step.get("detailedDiff") or {}).items()}
    return Shown(
        object=f"{kind}::{step['urn'].split('::', 3)[3]}",
        sign=sign,
        domain=state["parent"].rpartition("::")[2],
        properties=properties,
        parts=list(_parts(kind, sign, state["inputs"], properties)) if plane == "postgres" else [],
    )


def _parts(kind: str, sign: str, inputs: Mapping[str, Any], properties: Mapping[str, str]) -> Iterator[str]:
    if kind in {"Privileges", "Backfill", "Retirement", "Rows"}:
        return
    if sign == "~":
        yield from (_part_of(path) for path in properties)
        yield from ("comment" for path in properties if _new_column(path, properties, inputs).get("comment"))
        return
    yield f"{kind.lower()} {sign}"
    if kind == "Table":
        yield from ("row level security" for _ in range(inputs.get("rowSecurity", False)))
        yield from ("sequence" for column in inputs["columns"].values() if "identity" in column)


def _new_column(path: str, properties: Mapping[str, str], inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    column: Mapping[str, Any] = inputs.get("columns", {}).get(path.removeprefix("columns."), {})
    return column if properties[path] == "add" else {}


def _part_of(path: str) -> str:
    head, _, rest = path.partition(".")
    return "column" if head == "columns" and "." not in rest else path.rpartition(".")[2]


def _counted(found: list[Shown], gap: set[str]) -> Counter[str]:
    """The parts of the gap, in whatever form its objects come; what hardening adds is none of them."""
    return Counter(part for each in found if each.object in gap for part in each.parts)


def _by_domain(rows: list[Row]) -> dict[str, list[Row]]:
    declared = declarations(load_settings({f"{PROVIDER}:environment": "production"}))
    # `<kind>::<id>` of the `<package>:<plane>:<kind>::<id>` that a key is.
    domain_of = {declaration.key.split(":", 2)[2]: domain.name for domain, declaration in declared}
    domains: dict[str, list[Row]] = {}
    for row in rows:
        # A retirement is its domain's own.
        domain = domain_of.get(row.object) or row.object.partition("::")[2].partition("/")[0]
        domains.setdefault(domain, []).append(row)
    return domains


def _require_equal(expected: dict[str, tuple[str, dict[str, str]]], found: list[Shown]) -> None:
    present = {each.object: (each.sign, each.properties) for each in found}
    wrong = sorted(key for key in expected.keys() | present.keys() if expected.get(key) != present.get(key))
    if wrong:
        raise OperationError(
            f"the preview is not what tests/acceptance/gap*.yaml expects, in {', '.join(wrong)}; "
            "reset the sandbox with `make sandbox-reset`, or correct the list"
        )
