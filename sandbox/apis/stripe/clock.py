"""Periods of a calendar, as subscriptions count them."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta


def period_end(anchor: int, start: int, interval: str, count: int) -> int:
    """The first renewal after `start` of what has renewed since `anchor`; a 31st gives way to a 30th."""
    number = 1
    while (moment := _after(anchor, interval, count * number)) <= start:
        number += 1
    return moment


def _after(anchor: int, interval: str, number: int) -> int:
    since = datetime.fromtimestamp(anchor, UTC)
    if interval in ("day", "week"):
        days = number * (7 if interval == "week" else 1)
        return int((since + timedelta(days=days)).timestamp())
    months = since.month - 1 + number * (12 if interval == "year" else 1)
    year, month = since.year + months // 12, months % 12 + 1
    day = min(since.day, calendar.monthrange(year, month)[1])
    return int(since.replace(year=year, month=month, day=day).timestamp())
