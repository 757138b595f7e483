"""Values to try with, as Postgres writes them; what they mean does not matter, only that they differ."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import sql

from provider.access.relations import Typed
from provider.postgres.compose import declared

_BY_CATEGORY = {
    "A": ("{}",),
    "B": ("true", "false"),
    "D": ("2001-01-01 01:01:01", "2002-02-02 02:02:02"),
    "I": ("192.0.2.1", "192.0.2.2"),
    "N": ("1", "2"),
    "S": ("x", "y"),
    "T": ("1 day", "2 days"),
}
_BY_TYPE = {
    "json": ('{"a": 1}', '{"b": 1}'),
    "jsonb": ('{"a": 1}', '{"b": 1}'),
    "uuid": ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"),
}


def literal(of: Typed, value: str | None) -> sql.Composable:
    """A value in the type of what it is for."""
    return sql.SQL("{}::{}").format(sql.Literal(value), declared(of.type))


def another(of: Typed, present: str | None = None, seen: Iterable[str | None] = ()) -> str | None:
    """A value other than the present one: one seen elsewhere, as that is known to pass all checks."""
    made = _BY_TYPE.get(of.type) or _BY_CATEGORY.get(of.category, ())
    return next((value for value in (*seen, *made) if value not in {None, present}), None)
