"""Tables and their columns."""

from __future__ import annotations

from collections.abc import Iterator

from psycopg import sql

from provider.differences import Difference, differences, join
from provider.errors import PropertyError, ProviderError
from provider.postgres.compose import comment_on, declared, listed, spaced
from provider.postgres.kind import CatalogKind
from provider.schema.postgres import Column, Table

_SERIALS = frozenset({"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"})


class TableKind(CatalogKind[Table]):
    """CREATE, ALTER and DROP TABLE."""

    shape = Table
    expressions = ("columns.*.type", "columns.*.default", "columns.*.generated", "columns.*.collation")

    def normalized(self, wanted: Table) -> Table:
        _check_order(wanted)
        for name, column in wanted.columns.items():
            if name in wanted.dropped:
                raise PropertyError("dropped", f"{name} is declared and dropped too; leave one of both out")
            _check_column(join("columns", name), column)
        return wanted

    def diff(self, live: Table, wanted: Table) -> list[Difference]:
        return list(differences(_comparable(live, wanted), _comparable(wanted, wanted)))

    def creation(self, wanted: Table) -> list[sql.Composable]:
        columns = listed(_definition(name, wanted.columns[name]) for name in wanted.order)
        return [
            sql.SQL("CREATE TABLE {} ({})").format(_name(wanted), columns),
            *_column_comments(wanted, None),
            *_table_properties(wanted, Table(schema=wanted.schema, name=wanted.name, columns={})),
        ]

    def alteration(self, live: Table, wanted: Table) -> list[sql.Composable]:
        return [
            *_added_columns(live, wanted),
            *_changed_columns(live, wanted),
            *_dropped_columns(live, wanted),
            *_column_comments(wanted, live),
            *_table_properties(wanted, live),
        ]

    def removal(self, live: Table) -> list[sql.Composable]:
        return [sql.SQL("DROP TABLE {}").format(_name(live))]


def _check_order(wanted: Table) -> None:
    if sorted(wanted.order) != sorted(wanted.columns):
        raise PropertyError(
            "order",
            f"the order is {', '.join(wanted.order)}, the columns are {', '.join(sorted(wanted.columns))}; "
            "name each column once, or leave the order out",
        )


def _check_column(path: str, column: Column) -> None:
    if column.type.lower() in _SERIALS:
        raise PropertyError(
            join(path, "type"),
            f"{column.type} is not a type but a default from a sequence; declare an integer type with "
            "`identity: by default`, or with nextval as its default",
        )
    if column.identity and column.null != "refused":
        raise PropertyError(
            join(path, "null"), "an identity column is never null; declare `null: refused` too"
        )


def _name(table: Table) -> sql.Identifier:
    return sql.Identifier(table.schema, table.name)


def _comparable(table: Table, wanted: Table) -> dict[str, object]:
    """What of a table is compared: declared columns, and undeclared ones that must be gone."""
    data = table.wire()
    columns = {name: dict(column) for name, column in data["columns"].items()}
    for name, column in columns.items():
        if name in wanted.columns and wanted.columns[name].null == "governed":
            column.pop("null", None)
    data["columns"] = {
        name: column for name, column in columns.items() if name in wanted.columns or name in wanted.dropped
    }
    return {key: value for key, value in data.items() if key not in {"order", "dropped"}}


def _definition(name: str, column: Column) -> sql.Composed:
    parts: list[sql.Composable] = [sql.Identifier(name), declared(column.type)]
    if column.collation:
        parts.append(sql.SQL("COLLATE {}").format(declared(column.collation)))
    if column.generated:
        parts.append(sql.SQL("GENERATED ALWAYS AS ({}) STORED").format(declared(column.generated)))
    if column.identity:
        parts.append(sql.SQL("GENERATED {} AS IDENTITY").format(declared(column.identity.upper())))
    if column.default is not None:
        parts.append(sql.SQL("DEFAULT ({})").format(declared(column.default)))
    if column.null == "refused":
        parts.append(sql.SQL("NOT NULL"))
    return spaced(parts)


def _alter(table: Table, action: sql.Composable) -> sql.Composed:
    return sql.SQL("ALTER TABLE {} {}").format(_name(table), action)


def _added_columns(live: Table, wanted: Table) -> Iterator[sql.Composable]:
    for name in wanted.order:
        if name not in live.columns:
            yield _alter(wanted, sql.SQL("ADD COLUMN {}").format(_definition(name, wanted.columns[name])))


def _dropped_columns(live: Table, wanted: Table) -> Iterator[sql.Composable]:
    for name in wanted.dropped:
        if name in live.columns:
            yield _alter(wanted, sql.SQL("DROP COLUMN {}").format(sql.Identifier(name)))


def _changed_columns(live: Table, wanted: Table) -> Iterator[sql.Composable]:
    for name in wanted.order:
        if name in live.columns:
            _refuse_to_generate(name, live.columns[name], wanted)
            yield from _loss_refused(name, live.columns[name], wanted)
            for action in _column_actions(name, live.columns[name], wanted.columns[name]):
                yield _alter(wanted, sql.SQL("ALTER COLUMN {} {}").format(sql.Identifier(name), action))


def _refuse_to_generate(name: str, live: Column, wanted: Table) -> None:
    if wanted.columns[name].generated and not live.generated:
        raise ProviderError(
            f"{wanted.id} holds values in {name}, which Postgres can't turn into a generated column; "
            "declare one of another name, and this one under `dropped`"
        )


def _column_actions(name: str, live: Column, wanted: Column) -> Iterator[sql.Composable]:
    # What hinders the next goes first: a default another type, an identity a default, null an identity.
    retyped = (live.type, live.collation) != (wanted.type, wanted.collation)
    if live.default is not None and (retyped or wanted.default is None):
        yield sql.SQL("DROP DEFAULT")
    if live.identity and not wanted.identity:
        yield sql.SQL("DROP IDENTITY")
    if live.generated and not wanted.generated:
        yield sql.SQL("DROP EXPRESSION")
    if retyped:
        yield _type_action(name, live, wanted)
    if live.generated != wanted.generated and wanted.generated:
        yield sql.SQL("SET EXPRESSION AS ({})").format(declared(wanted.generated))
    if wanted.null != "governed" and live.null != wanted.null:
        yield sql.SQL("SET NOT NULL" if wanted.null == "refused" else "DROP NOT NULL")
    if wanted.identity and live.identity != wanted.identity:
        action = "SET GENERATED {}" if live.identity else "ADD GENERATED {} AS IDENTITY"
        yield sql.SQL(action).format(declared(wanted.identity.upper()))
    if wanted.default is not None and (retyped or live.default != wanted.default):
        yield sql.SQL("SET DEFAULT ({})").format(declared(wanted.default))


def _type_action(name: str, live: Column, wanted: Column) -> sql.Composable:
    parts: list[sql.Composable] = [sql.SQL("TYPE {}").format(declared(wanted.type))]
    if wanted.collation:
        parts.append(sql.SQL("COLLATE {}").format(declared(wanted.collation)))
    if _is_converted(live, wanted):
        parts.append(sql.SQL("USING {}::{}").format(sql.Identifier(name), declared(wanted.type)))
    return spaced(parts)


def _is_converted(live: Column, wanted: Column) -> bool:
    """Whether stored values change their type; those of a generated column are computed anew."""
    return live.type != wanted.type and not wanted.generated


def _loss_refused(name: str, live: Column, table: Table) -> Iterator[sql.Composable]:
    """Conversions round and cut values without a word, so each must come back as it was."""
    wanted = table.columns[name]
    if not _is_converted(live, wanted):
        return
    check = sql.SQL(
        "BEGIN IF EXISTS (SELECT FROM {table} WHERE {column}::text IS DISTINCT FROM "
        "{column}::{wanted}::{live}::text) THEN RAISE data_exception USING MESSAGE = {message}; END IF; END"
    ).format(
        table=_name(table),
        column=sql.Identifier(name),
        wanted=declared(wanted.type),
        live=declared(live.type),
        message=sql.Literal(f"{table.id} holds values in {name} that {wanted.type} would change"),
    )
    yield sql.SQL("LOCK TABLE {}").format(_name(table))
    yield sql.SQL("DO {}").format(sql.Literal(check.as_string()))


def _column_comments(wanted: Table, live: Table | None) -> Iterator[sql.Composable]:
    for name in wanted.order:
        present = live.columns.get(name) if live else None
        if wanted.columns[name].comment != (present.comment if present else None):
            column = sql.Identifier(wanted.schema, wanted.name, name)
            yield comment_on("COLUMN", column, wanted.columns[name].comment)


def _table_properties(wanted: Table, live: Table) -> Iterator[sql.Composable]:
    if live.row_security != wanted.row_security:
        yield _alter(wanted, sql.SQL("{} ROW LEVEL SECURITY").format(_switch(wanted.row_security)))
    if live.force_row_security != wanted.force_row_security:
        force = "FORCE" if wanted.force_row_security else "NO FORCE"
        yield _alter(wanted, sql.SQL("{} ROW LEVEL SECURITY").format(declared(force)))
    if live.comment != wanted.comment:
        yield comment_on("TABLE", _name(wanted), wanted.comment)
    if live.owner != wanted.owner:
        yield _alter(wanted, sql.SQL("OWNER TO {}").format(sql.Identifier(wanted.owner)))


def _switch(enabled: bool) -> sql.SQL:
    return sql.SQL("ENABLE" if enabled else "DISABLE")
