"""What the command line tells of errors that no command has expected."""

from __future__ import annotations

import argparse
from argparse import Namespace

import psycopg
import pytest

from operations import lerg
from operations.__main__ import main

LOST = """\
consuming input failed: server closed the connection unexpectedly
\tThis probably means the server terminated abnormally
"""


def test_a_database_that_breaks_off_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def lost(_: Namespace) -> str:
        raise psycopg.OperationalError(LOST)

    def options(parser: argparse.ArgumentParser) -> None:
        parser.set_defaults(run=lost)

    monkeypatch.setattr(lerg, "options", options)
    assert main(["lerg"]) == 1
    assert capsys.readouterr() == (
        "",
        "error: the database broke this off: consuming input failed: server closed the connection "
        "unexpectedly; let `python -m operations doctor` tell what it lacks, then run the same command "
        "again\n",
    )
