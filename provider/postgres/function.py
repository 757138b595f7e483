"""Functions and procedures."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from provider.postgres.compose import comment_on, declared, listed, spaced
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Argument, Function


class FunctionKind(CatalogKind[Function]):
    """CREATE OR REPLACE and DROP FUNCTION."""

    shape = Function
    expressions = ("arguments.*.type", "arguments.*.default", "returns")

    def creation(self, wanted: Function) -> list[sql.Composable]:
        bare = Function(schema=wanted.schema, name=wanted.name, body="")
        return [_create(wanted), *_properties(bare, wanted)]

    def alteration(self, live: Function, wanted: Function) -> list[sql.Composable]:
        # OR REPLACE keeps grants and dependants, and refuses another result type or other argument names.
        paths = {difference.path.split(".")[0].split("[")[0] for difference in self.diff(live, wanted)}
        if paths & {"returns", "arguments"}:
            return [*self.removal(live), *self.creation(wanted)]
        definition = [_create(wanted)] if paths - {"comment", "owner"} else []
        return [*definition, *_properties(live, wanted)]

    def removal(self, live: Function) -> list[sql.Composable]:
        return [sql.SQL("DROP {} {}").format(_keyword(live), _signature(live))]


def _keyword(function: Function) -> sql.SQL:
    return sql.SQL("PROCEDURE" if function.returns is None else "FUNCTION")


def _signature(function: Function) -> sql.Composed:
    types = listed(declared(argument.type) for argument in function.arguments if argument.mode != "out")
    return sql.SQL("{}({})").format(sql.Identifier(function.schema, function.name), types)


def _create(wanted: Function) -> sql.Composed:
    return sql.SQL("CREATE OR REPLACE {} {}({}) {} AS {}").format(
        _keyword(wanted),
        sql.Identifier(wanted.schema, wanted.name),
        listed(_argument(argument) for argument in wanted.arguments),
        spaced(list(_attributes(wanted))),
        sql.Literal(wanted.body),
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
    yield sql.SQL("SECURITY DEFINER" if wanted.security_definer else "SECURITY INVOKER")
    for name, value in sorted(wanted.settings.items()):
        yield sql.SQL("SET {} TO {}").format(sql.Identifier(name), _setting(name, value))


def _setting(name: str, value: str) -> sql.Composable:
    # A search path is stored as a list of quoted names; as one literal it would become a single name.
    return declared(value) if name == "search_path" else sql.Literal(value)


def _properties(live: Function, wanted: Function) -> Iterator[sql.Composable]:
    if live.comment != wanted.comment:
        yield comment_on(_keyword(wanted).as_string(), _signature(wanted), wanted.comment)
    if live.owner != wanted.owner:
        yield sql.SQL("ALTER {} {} OWNER TO {}").format(
            _keyword(wanted), _signature(wanted), sql.Identifier(wanted.owner)
        )
