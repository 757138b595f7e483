"""A rehearsal's report as text, as data and as one page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from operations.pages import render_html, write_all
from operations.rehearsal.report import BUCKET_SECONDS, Report
from operations.rehearsal.watch import EVERY_SECONDS

TEMPLATES = Path(__file__).parent
WIDTH, HEIGHT = 1000.0, 160.0
"""Of the timeline, in its own units."""


def written(report: Report, folder: Path) -> list[Path]:
    """Write the data and the page into a folder; returns the files."""
    data = msgspec.json.format(msgspec.json.encode(report), indent=1).decode() + "\n"
    return write_all({"rehearsal.json": data, "rehearsal.html": page(report)}, folder)


def text(report: Report) -> str:
    """The report for a terminal."""
    return "\n".join(_lines(report))


def page(report: Report) -> str:
    """The report as a page that needs neither a server nor a network."""
    return render_html(
        "rehearsal.html",
        TEMPLATES,
        {"ms": milliseconds, "held": held},
        report=report,
        width=WIDTH,
        height=HEIGHT,
        scale=WIDTH / report.seconds,
        points=_points(report),
        tables=sorted(report.rows.keys() | {table for step in report.steps for table in step.rows}),
    )


def milliseconds(seconds: float) -> str:
    """A time that users wait, e.g. `12 ms`."""
    return f"{seconds * 1000:,.0f} ms"


def held(seconds: float) -> str:
    """A time for which a lock was seen; of one that was seen once, no more is known."""
    return milliseconds(seconds) if seconds else f"under {milliseconds(EVERY_SECONDS * 2)}"


def _points(report: Report) -> str:
    """The waits as a line, for SVG."""
    tallest = max(report.longest, 0.001)
    step = WIDTH * BUCKET_SECONDS / report.seconds
    return " ".join(
        f"{place * step:.1f},{HEIGHT * (1 - wait / tallest):.1f}" for place, wait in enumerate(report.waits)
    )


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.source}, {report.seconds:.0f} s, {report.reached_rate:.0f} users' statements a second:"
    for step in report.steps:
        state = f"failed: {step.problem}" if step.problem else f"{step.seconds:5.1f} s"
        users = f"longest wait {milliseconds(step.longest)}, {step.failed} statements failed"
        yield f"  phase {step.phase}  {state}; {users}"
    for calls in report.calls:
        times = f"median {milliseconds(calls.median)}, p99 {milliseconds(calls.p99)}"
        yield (
            f"  {calls.kind}: {calls.count}, {calls.failed} failed, {times}, "
            f"longest {milliseconds(calls.longest)}"
        )
    for lock in report.locks:
        if lock.blocks:
            yield f"  {lock.lock} on {lock.table}: {lock.times} times, at most {held(lock.longest)}"
    for problem, count in report.problems.items():
        yield f"  {count} times {problem}"
    for change in report.changes:
        why = "as declared" if change.declared else "NOT declared"
        yield f"  {change.table}.{change.column}: other than before in {change.rows} rows, {why}"
    if report.again:
        yield f"  a second preview shows changes: {report.again}"
