"""Take the README's pictures anew: `python -m tests.pictures`.

They show this project's sandbox as it is: the start and the end of the preview of production, as a terminal
has it, and the page of `make compare`, as Chromium has it. It needs what tests need, and no user does.
"""

from __future__ import annotations

import io
import subprocess
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import sync_playwright
from rich.console import Console
from rich.text import Text

from operations.pages import FOLDER
from tests.fix_browser import ARGUMENTS, find

ROOT = Path(__file__).resolve().parent.parent
PICTURES = FOLDER / "pictures"
PREVIEW = ("pulumi", "preview", "--stack", "production")
COLUMNS = 104
FIRST, LAST = 16, 6
"""How many lines of a long output are shown."""
WINDOW = (1180, 900)


def main() -> None:
    """Take both."""
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "preview.svg").write_text(_terminal(PREVIEW), "utf-8")
    _page(ROOT / "compared" / "comparison.html", PICTURES / "comparison.png")


def _terminal(command: Sequence[str]) -> str:
    program = ROOT / ".venv" / "bin" / command[0]
    told = [str(program), *command[1:], "--color", "always"]
    output = subprocess.run(told, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    for line in _shortened(output.splitlines()):
        console.print(Text.from_ansi(line), no_wrap=True, overflow="ellipsis", crop=True)
    return console.export_svg(title=" ".join(command), unique_id="preview")


def _shortened(lines: Sequence[str]) -> list[str]:
    return [*lines[:FIRST], "    ⋮", *lines[-LAST:]]


def _page(source: Path, picture: Path) -> None:
    width, height = WINDOW
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(source.as_uri())
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
