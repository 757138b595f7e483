"""At the end of a whole run, every test that `docs/coverage.yaml` names must have passed in it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from operations.coverage import Checklist
from operations.documents import load_coverage


def named(lists: Iterable[Checklist]) -> frozenset[str]:
    """The tests that the lists are checked by."""
    checks = (check.partition(" ") for each in lists for row in each.rows for check in row.by)
    return frozenset(what for kind, _, what in checks if kind == "test")


class WholeRun:
    """Hears of each test's end, from all processes of a run."""

    def __init__(self, wanted: frozenset[str]) -> None:
        self.lacking = set(wanted)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and report.passed:
            self.lacking.discard(report.nodeid.partition("[")[0])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.lacking and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for node in sorted(self.lacking):
            terminalreporter.write_line(f"docs/coverage.yaml names {node}, which has not passed", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Only a run of everything, and of its processes the first, can know that a test has not run."""
    partial = config.option.keyword or config.option.markexpr or config.option.collectonly
    if config.args == ["tests"] and not partial and not hasattr(config, "workerinput"):
        config.pluginmanager.register(WholeRun(named(load_coverage())))
