"""Tables and their columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from psycopg import sql

from provider.differences import Difference, differences, join
from provider.errors import PropertyError, ProviderError
from provider.postgres import own
from provider.postgres.compose import comment_on, declared, listed, spaced
from provider.postgres.kind import CatalogKind
from provider.postgres.not_null import null_rows, refusing_null
from provider.postgres.references import linked_tables
from provider.postgres.rewriting import by_adding, by_retyping, keeps_values
from provider.postgres.statement import Lock, Statement, Work
from provider.schema.postgres import Column, Constraint, NotNull, Table

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

    def creation(self, wanted: Table) -> list[Statement]:
        columns = listed(_definition(name, wanted.columns[name]) for name in wanted.order)
        return [
            Statement(sql.SQL("CREATE TABLE {} ({})").format(_name(wanted), columns)),
            *_column_comments(wanted, None),
            *_table_properties(wanted, Table(schema=wanted.schema, name=wanted.name, columns={})),
        ]

    def create(self, wanted: Table) -> Table:
        """Make the table, or bring back the one that was put aside, and mend what it lacks since."""
        if own.holds(self._catalog.session, wanted.name) and self.read(wanted.id, wanted) is None:
            self._catalog.change(own.brought_back(wanted))
            return self.update(wanted, wanted)
        return super().create(wanted)

    def alteration(self, live: Table, wanted: Table) -> list[Statement]:
        return [
            *self._added_columns(live, wanted),
            *self._refilled_columns(live, wanted),
            *self._changed_columns(live, wanted),
            *self._kept_columns(live, wanted),
            *self._dropped_columns(live, wanted),
            *_column_comments(wanted, live),
            *_table_properties(wanted, live),
        ]

    def obstacle(self, live: Table | None, wanted: Table) -> str | None:
        for name, column in wanted.columns.items():
            present = live.columns.get(name) if live else None
            if present and present.null == "allowed" and column.null == "refused":
                refusing = NotNull(schema=wanted.schema, table=wanted.name, column=name)
                if problem := null_rows(self._catalog, refusing):
                    return problem
        return None

    def removal(self, live: Table) -> list[Statement]:
        linked = linked_tables(self._catalog, live.id)
        drop = sql.SQL("DROP TABLE {}").format(_name(live))
        locks = dict.fromkeys((live.id, *linked), Lock.ACCESS_EXCLUSIVE)
        return [Statement(drop, locks, loses=live.id)]

    def _added_columns(self, live: Table, wanted: Table) -> Iterator[Statement]:
        for name in wanted.order:
            if name not in live.columns:
                column = wanted.columns[name]
                add = sql.SQL("ADD COLUMN {}").format(_definition(name, column))
                yield _alter(wanted, add, work=by_adding(self._catalog, column))

    def _refilled_columns(self, live: Table, wanted: Table) -> Iterator[Statement]:
        key, session = self._key(live), self._catalog.session
        for name in wanted.order:
            if key and name not in live.columns and own.holds(session, own.kept_name(wanted, name)):
                yield from own.column_brought_back(wanted, name, key)

    def _kept_columns(self, live: Table, wanted: Table) -> Iterator[Statement]:
        """Without a key nothing tells later which value belonged where, and the consent is all there is."""
        if key := self._key(live):
            for name in wanted.dropped:
                if name in live.columns:
                    yield from own.column_put_aside(wanted, name, key)

    def _key(self, table: Table) -> str | None:
        """The columns of the primary key, as SQL lists them."""
        for constraint in self._catalog.all(Constraint).values():
            if (constraint.schema, constraint.table) == (table.schema, table.name):
                head, _, rest = constraint.definition.partition("PRIMARY KEY (")
                if not head and rest:
                    return rest.partition(")")[0]
        return None

    def _dropped_columns(self, live: Table, wanted: Table) -> Iterator[Statement]:
        for name in wanted.dropped:
            if name in live.columns:
                drop = sql.SQL("DROP COLUMN {}").format(sql.Identifier(name))
                linked = linked_tables(self._catalog, live.id, name)
                yield _alter(wanted, drop, linked, loses=f"the column {name} of {live.id}")

    def _changed_columns(self, live: Table, wanted: Table) -> Iterator[Statement]:
        for name in wanted.order:
            if name in live.columns:
                _refuse_to_generate(name, live.columns[name], wanted)
                yield from _loss_refused(name, live.columns[name], wanted)
                yield from self._column_actions(name, live.columns[name], wanted)

    def _column_actions(self, name: str, live: Column, table: Table) -> Iterator[Statement]:
        # What hinders the next goes first: a default another type, an identity a default, null an identity.
        wanted = table.columns[name]
        retyped = (live.type, live.collation) != (wanted.type, wanted.collation)
        if live.default is not None and (retyped or wanted.default is None):
            yield _alter_column(table, name, sql.SQL("DROP DEFAULT"))
        if live.identity and not wanted.identity:
            yield _alter_column(table, name, sql.SQL("DROP IDENTITY"))
        if live.generated and not wanted.generated:
            yield _alter_column(table, name, sql.SQL("DROP EXPRESSION"))
        if retyped:
            yield self._retyping(name, live, table)
        if live.generated != wanted.generated and wanted.generated:
            generated = sql.SQL("SET EXPRESSION AS ({})").format(declared(wanted.generated))
            yield _alter_column(table, name, generated, work=Work.REWRITE)
        if wanted.null != "governed" and live.null != wanted.null:
            yield from self._null_action(name, table)
        if wanted.identity and live.identity != wanted.identity:
            action = "SET GENERATED {}" if live.identity else "ADD GENERATED {} AS IDENTITY"
            identity = sql.SQL(action).format(declared(wanted.identity.upper()))
            yield _alter_column(table, name, identity)
        if wanted.default is not None and (retyped or live.default != wanted.default):
            default = sql.SQL("SET DEFAULT ({})").format(declared(wanted.default))
            yield _alter_column(table, name, default)

    def _null_action(self, name: str, table: Table) -> list[Statement]:
        if table.columns[name].null == "refused":
            column = NotNull(schema=table.schema, table=table.name, column=name)
            return refusing_null(self._catalog, column)
        return [_alter_column(table, name, sql.SQL("DROP NOT NULL"))]

    def _retyping(self, name: str, live: Column, table: Table) -> Statement:
        wanted = table.columns[name]
        linked = linked_tables(self._catalog, table.id, name)
        work = by_retyping(self._catalog, table.id, name, live, wanted)
        return _alter_column(table, name, _type_action(name, live, wanted), linked, work)


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


def _alter(
    table: Table,
    action: sql.Composable,
    linked: Iterable[str] = (),
    *,
    work: Work = Work.CATALOG,
    loses: str | None = None,
) -> Statement:
    text = sql.SQL("ALTER TABLE {} {}").format(_name(table), action)
    return Statement(text, dict.fromkeys((table.id, *linked), Lock.ACCESS_EXCLUSIVE), work, loses)


def _refuse_to_generate(name: str, live: Column, wanted: Table) -> None:
    if wanted.columns[name].generated and not live.generated:
        raise ProviderError(
            f"{wanted.id} holds values in {name}, which Postgres can't turn into a generated column; "
            "declare one of another name, and this one under `dropped`"
        )


def _alter_column(
    table: Table,
    name: str,
    action: sql.Composable,
    linked: Iterable[str] = (),
    work: Work = Work.CATALOG,
) -> Statement:
    altering = sql.SQL("ALTER COLUMN {} {}").format(sql.Identifier(name), action)
    return _alter(table, altering, linked, work=work)


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


def _loss_refused(name: str, live: Column, table: Table) -> Iterator[Statement]:
    """Conversions round and cut values without a word, so each must come back as it was."""
    wanted = table.columns[name]
    if not _is_converted(live, wanted) or keeps_values(live.type, wanted.type):
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
    locks = {table.id: Lock.ACCESS_EXCLUSIVE}
    yield Statement(sql.SQL("LOCK TABLE {}").format(_name(table)), locks)
    yield Statement(sql.SQL("DO {}").format(sql.Literal(check.as_string())), locks, Work.SCAN)


def _column_comments(wanted: Table, live: Table | None) -> Iterator[Statement]:
    for name in wanted.order:
        present = live.columns.get(name) if live else None
        if wanted.columns[name].comment != (present.comment if present else None):
            column = sql.Identifier(wanted.schema, wanted.name, name)
            yield _commenting(wanted, comment_on("COLUMN", column, wanted.columns[name].comment))


def _commenting(table: Table, text: sql.Composable) -> Statement:
    return Statement(text, {table.id: Lock.SHARE_UPDATE_EXCLUSIVE})


def _table_properties(wanted: Table, live: Table) -> Iterator[Statement]:
    if live.row_security != wanted.row_security:
        yield _alter(wanted, sql.SQL("{} ROW LEVEL SECURITY").format(_switch(wanted.row_security)))
    if live.force_row_security != wanted.force_row_security:
        force = "FORCE" if wanted.force_row_security else "NO FORCE"
        yield _alter(wanted, sql.SQL("{} ROW LEVEL SECURITY").format(declared(force)))
    if live.comment != wanted.comment:
        yield _commenting(wanted, comment_on("TABLE", _name(wanted), wanted.comment))
    if live.owner != wanted.owner:
        yield _alter(wanted, sql.SQL("OWNER TO {}").format(sql.Identifier(wanted.owner)))


def _switch(enabled: bool) -> sql.SQL:
    return sql.SQL("ENABLE" if enabled else "DISABLE")
