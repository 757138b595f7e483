"""Functions and procedures."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, listed, role, spaced
from provider.postgres.kind import CatalogKind, refuse_loss
from provider.postgres.privileges import changes, granted, on
from provider.postgres.statement import Statement
from provider.schema.postgres import Argument, DefaultPrivileges, Function, Privileges

_FUNCTIONS_ONLY = ("strict", "volatility", "parallel", "leakproof", "cost", "rows")

_COST, _ROWS = 100, 1000
"""Postgres' own estimates, which it does not tell from declared ones."""

_NAME_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
    }
)
"""Settings that Postgres stores as a list of quoted names; as one literal it would become a single name."""

_LISTED_NAME = re.compile(
    r"""\s*(?:"(?P<quoted>(?:[^"]|"")*)"|'(?P<text>(?:[^']|'')*)'|(?P<plain>[^,"']+))"""
)


class FunctionKind(CatalogKind[Function]):
    """CREATE OR REPLACE and DROP FUNCTION."""

    shape = Function
    expressions = ("arguments.*.type", "arguments.*.default", "returns", "atomic", "settings.*")

    def normalized(self, wanted: Function) -> Function:
        if wanted.body and wanted.atomic is not None:
            raise PropertyError("atomic", "both a body and an atomic one are declared; leave one out")
        given = wanted.wire().keys()
        if wanted.returns is None and (
            without_meaning := [name for name in _FUNCTIONS_ONLY if name in given]
        ):
            raise PropertyError(
                without_meaning[0],
                "a procedure can't have it; leave it out, or declare what the function `returns`",
            )
        own_cost, own_rows = wanted.cost == _COST, wanted.rows == _ROWS
        return msgspec.structs.replace(
            wanted, cost=None if own_cost else wanted.cost, rows=None if own_rows else wanted.rows
        )

    def creation(self, wanted: Function) -> list[Statement]:
        bare = Function(schema=wanted.schema, name=wanted.name, body="")
        return [Statement(_create(wanted)), *_properties(bare, wanted)]

    def alteration(self, live: Function, wanted: Function) -> list[Statement]:
        # OR REPLACE keeps grants and dependants.
        if not _replaceable(live, wanted):
            return [*self.remade(live, wanted), *self._grants_again(live, wanted.owner)]
        paths = {difference.path for difference in self.diff(live, wanted)}
        if not paths - {"comment", "owner"}:
            return list(_properties(live, wanted))
        refuse_loss(live)
        return [Statement(_create(wanted)), *_properties(live, wanted)]

    def removal(self, live: Function) -> list[Statement]:
        return [Statement(sql.SQL("DROP {} {}").format(_keyword(live), _signature(live)))]

    def _grants_again(self, live: Function, owner: str) -> Iterator[Statement]:
        """A function made anew gets the default grants, which may be wider than those it had."""
        held = self._catalog.all(Privileges)[Privileges(kind="function", object=live.id).id]
        defaults = self._catalog.all(DefaultPrivileges).values()
        roles = {"PUBLIC"}.union(*(each.grants for each in defaults if each.kind == "functions"))
        others = listed(role(name) for name in sorted(roles - {owner}))
        yield Statement(sql.SQL("REVOKE ALL ON {} FROM {}").format(on(held), others))
        yield from changes(set(), granted(held.grants), on(held))


def _replaceable(live: Function, wanted: Function) -> bool:
    """CREATE OR REPLACE keeps the result, the arguments' names and the presence of their defaults."""
    return (
        live.returns == wanted.returns
        and len(live.arguments) == len(wanted.arguments)
        and all(map(_argument_stays, live.arguments, wanted.arguments))
    )


def _argument_stays(live: Argument, wanted: Argument) -> bool:
    return (
        (live.mode, live.type) == (wanted.mode, wanted.type)
        and live.name in ("", wanted.name)
        and (live.default is None or wanted.default is not None)
    )


def _keyword(function: Function) -> sql.SQL:
    return sql.SQL("PROCEDURE" if function.returns is None else "FUNCTION")


def _signature(function: Function) -> sql.Composed:
    types = listed(declared(argument.type) for argument in function.arguments if argument.mode != "out")
    return sql.SQL("{}({})").format(sql.Identifier(function.schema, function.name), types)


def _create(wanted: Function) -> sql.Composed:
    literal = sql.SQL("AS {}").format(sql.Literal(wanted.body))
    return sql.SQL("CREATE OR REPLACE {} {}({}) {} {}").format(
        _keyword(wanted),
        sql.Identifier(wanted.schema, wanted.name),
        listed(_argument(argument) for argument in wanted.arguments),
        spaced(list(_attributes(wanted))),
        literal if wanted.atomic is None else declared(wanted.atomic),
    )


def _argument(argument: Argument) -> sql.Composed:
    parts: list[sql.Composable] = [declared(argument.mode.upper())]
    if argument.name:
        parts.append(sql.Identifier(argument.name))
    parts.append(declared(argument.type))
    if argument.default is not None:
        parts.append(sql.SQL("DEFAULT {}").format(declared(argument.default)))
    return spaced(parts)


def _attributes(wanted: Function) -> Iterator[sql.Composable]:
    if wanted.returns is not None:
        yield sql.SQL("RETURNS {}").format(declared(wanted.returns))
    yield sql.SQL("LANGUAGE {}").format(sql.Identifier(wanted.language))
    if wanted.returns is not None:
        yield declared(wanted.volatility.upper())
        yield sql.SQL("PARALLEL {}").format(declared(wanted.parallel.upper()))
        yield sql.SQL("STRICT" if wanted.strict else "CALLED ON NULL INPUT")
        if wanted.leakproof:
            yield sql.SQL("LEAKPROOF")
        for keyword, estimate in (("COST", wanted.cost), ("ROWS", wanted.rows)):
            if estimate is not None:
                yield sql.SQL("{} {}").format(declared(keyword), sql.Literal(estimate))
    yield sql.SQL("SECURITY DEFINER" if wanted.security_definer else "SECURITY INVOKER")
    for name, value in sorted(wanted.settings.items()):
        yield sql.SQL("SET {} TO {}").format(sql.Identifier(name), _setting(name, value))


def _setting(name: str, value: str) -> sql.Composable:
    if name not in _NAME_LISTS:
        return sql.Literal(value)
    found = _LISTED_NAME.finditer(value)
    return listed([sql.Literal(_listed_name(match)) for match in found] or [sql.Literal("")])


def _listed_name(match: re.Match[str]) -> str:
    if match["plain"] is not None:
        return match["plain"].strip().lower()
    if match["quoted"] is not None:
        return match["quoted"].replace('""', '"')
    return match["text"].replace("''", "'")


def _properties(live: Function, wanted: Function) -> Iterator[Statement]:
    if live.comment != wanted.comment:
        keyword = _keyword(wanted).as_string()
        yield Statement(comment_on(keyword, _signature(wanted), wanted.comment))
    if live.owner != wanted.owner:
        alter = sql.SQL("ALTER {} {} OWNER TO {}").format(
            _keyword(wanted), _signature(wanted), sql.Identifier(wanted.owner)
        )
        yield Statement(alter)
