"""A real Chromium, for the pages that this project writes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Its own sandbox needs rights that containers lack; the one page that is opened is ours.
ARGUMENTS = ["--no-sandbox"]


def find() -> str | None:
    """Where it is, if it is."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Without a window. Skipped where none is installed: not every machine can download Playwright's.

    It is gone with its module: while it is there, no other test can run an event loop of its own.
    """
    found = find()
    if not found:
        pytest.skip("there is no Chromium; install one (`apt-get install chromium`), or name it in CHROMIUM")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()
