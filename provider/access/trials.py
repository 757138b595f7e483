"""What is tried: each command on each row, column by column, and each function, as each caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from provider.access.people import Person
from provider.access.relations import Argument, Column, Connection, Relation, Routine
from provider.access.samples import NOBODY, Row, Rows
from provider.access.values import another, literal
from provider.postgres.compose import declared, listed
from provider.schema.access import Cell

_ROW = sql.SQL("WHERE CURRENT OF row_under_trial")
"""A row that is found without reading it: a condition would ask for the right to read it, too."""


@dataclass(frozen=True)
class Trial:
    """One attempt, which `queries/access_trials.sql` makes and undoes."""

    cell: Cell
    person: Person
    run: sql.Composable
    prepare: sql.Composable | None = None
    """What the owner does first."""
    row: sql.Composable | None = None
    """The query of the one row that `run` is about."""
    otherwise: sql.Composable | None = None
    """What is tried where `run` is denied."""
    verify: sql.Composable | None = None
    """The owner's question, afterwards, whether it has happened."""
    empty: bool = False
    """Whether no row is meant to be touched, so that not to be refused is all."""
    calls: bool = False
    """Whether what else it changes is of interest."""

    def wire(self, connection: Connection) -> dict[str, str | bool]:
        """As the script takes it."""
        steps = ((name, getattr(self, name)) for name in ("prepare", "row", "run", "otherwise", "verify"))
        texts = {name: step.as_string(connection) for name, step in steps if step is not None}
        flags = {name: True for name in ("empty", "calls") if getattr(self, name)}
        return {"role": self.person.caller.role, "claims": self.person.claims, **texts, **flags}


def on_relation(relation: Relation, person: Person, rows: Rows, bystander: str) -> Iterator[Trial]:
    """Everything that a person might do with a relation, row by row where it holds any."""
    places = list(labelled(person, rows, bystander))
    if not places:
        yield from _without_row(relation, person)
    for label, row in places:
        seen = [other for other in rows.values() if other is not row]
        for column in relation.columns:
            yield from _on_column(person, label, row, column, seen)
        yield from _on_row(person, label, row)


def labelled(person: Person, rows: Rows, bystander: str) -> Iterator[tuple[str, Row]]:
    """The rows that a person may tell apart: its own, another's, nobody's."""
    for label, user in (("own", person.user), ("other", bystander), ("any", NOBODY)):
        if user is not None and user in rows:
            yield label, rows[user]


def _without_row(relation: Relation, person: Person) -> Iterator[Trial]:
    """What there is to try on a table without rows, or a view, of which no row can be picked."""
    for column in relation.columns:
        name = sql.Identifier(column.name)
        yield Trial(_cell(person, relation, "SELECT", "some", column.name), person, _some(relation, column))
        update = sql.SQL("UPDATE {} SET {} = NULL WHERE false").format(relation.sql, name)
        insert = sql.SQL("INSERT INTO {} ({}) SELECT NULL::{} WHERE false").format(
            relation.sql, name, declared(column.type)
        )
        for command, run in (("UPDATE", update), ("INSERT", insert)):
            yield Trial(_cell(person, relation, command, "some", column.name), person, run, empty=True)
    delete = sql.SQL("DELETE FROM {} WHERE false").format(relation.sql)
    yield Trial(_cell(person, relation, "DELETE", "some"), person, delete, empty=True)


def _on_column(
    person: Person, label: str, row: Row, column: Column, others: Sequence[Row]
) -> Iterator[Trial]:
    relation, name = row.relation, sql.Identifier(column.name)
    present = row.values[column.name]
    value = another(column, present, (other.values[column.name] for other in others))

    def cell(command: str) -> Cell:
        return _cell(person, relation, command, label, column.name)

    yield Trial(
        cell("SELECT"),
        person,
        sql.SQL("SELECT {} FROM {} WHERE {}").format(name, relation.sql, row.where()),
        # The column may be open where the key, by which the row is found, is not.
        otherwise=_some(relation, column),
    )
    if column.settable:
        yield _update(cell("UPDATE"), person, row, column, value)
    if column.settable or column.required:
        given = present if column.required or column.user or column.name in relation.key else value
        yield Trial(
            cell("INSERT"), person, _again(row, column, given), prepare=_delete(relation, row.where())
        )


def _on_row(person: Person, label: str, row: Row) -> Iterator[Trial]:
    relation = row.relation
    yield Trial(
        _cell(person, relation, "DELETE", label),
        person,
        sql.SQL("DELETE FROM {} {}").format(relation.sql, _ROW),
        row=_found(row),
    )
    for flag in flags(relation):
        yield from _on_flagged(person, label, row, flag)


def flags(relation: Relation) -> Iterator[Column]:
    """The columns of which a row is tried with either value, as policies tend to look at flags."""
    return (column for column in relation.columns if column.category == "B" and relation.key)


def _turned(row: Row, flag: Column) -> tuple[str | None, sql.Composable]:
    """A flag's other value, and how the owner gives it to the row."""
    value = another(flag, row.values[flag.name])
    return value, _set(row, flag, value, sql.SQL("WHERE {}").format(row.where()))


def _on_flagged(person: Person, label: str, row: Row, flag: Column) -> Iterator[Trial]:
    relation = row.relation
    turned, flipped = _turned(row, flag)
    here = f"{label}, {flag.name} {turned}"
    key = listed(map(sql.Identifier, relation.key))
    select = sql.SQL("SELECT {} FROM {} WHERE {}").format(key, relation.sql, row.where())
    delete = sql.SQL("DELETE FROM {} {}").format(relation.sql, _ROW)
    update = _set(row, flag, row.values[flag.name], _ROW)
    yield Trial(_cell(person, relation, "SELECT", here), person, select, prepare=flipped)
    for command, run in (("UPDATE", update), ("DELETE", delete)):
        yield Trial(_cell(person, relation, command, here), person, run, prepare=flipped, row=_found(row))


def _update(cell: Cell, person: Person, row: Row, column: Column, value: str | None) -> Trial:
    name = sql.Identifier(column.name)
    holds = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} AND {}::text IS NOT DISTINCT FROM {}::text)")
    verify = holds.format(row.relation.sql, row.where(**{column.name: value}), name, literal(column, value))
    return Trial(
        cell,
        person,
        _set(row, column, value, _ROW),
        row=_found(row),
        # A row without a key can't be found again once it has moved.
        verify=verify if row.relation.key else None,
    )


def _some(relation: Relation, column: Column) -> sql.Composed:
    return sql.SQL("SELECT {} FROM {} LIMIT 1").format(sql.Identifier(column.name), relation.sql)


def _set(row: Row, column: Column, value: str | None, where: sql.Composable) -> sql.Composed:
    name = sql.Identifier(column.name)
    return sql.SQL("UPDATE {} SET {} = {} {}").format(row.relation.sql, name, literal(column, value), where)


def _delete(relation: Relation, where: sql.Composable) -> sql.Composed:
    return sql.SQL("DELETE FROM {} WHERE {}").format(relation.sql, where)


def _found(row: Row) -> sql.Composed:
    return sql.SQL("SELECT FROM {} WHERE {} FOR UPDATE").format(row.relation.sql, row.where())


def _again(row: Row, tried: Column, value: str | None) -> sql.Composed:
    """The insertion of the row with what it must have, and one column more."""
    relation = row.relation
    columns = [
        column
        for column in relation.columns
        if column.required or column.user or column.name in relation.key or column is tried
    ]
    given = [value if column is tried else row.values[column.name] for column in columns]
    return sql.SQL("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE VALUES ({})").format(
        relation.sql,
        listed(sql.Identifier(column.name) for column in columns),
        listed(map(literal, columns, given)),
    )


def on_routine(
    routine: Routine, person: Person, samples: Sequence[tuple[Relation, Rows]], bystander: str
) -> Iterator[Trial]:
    """Calls for oneself and for somebody else, calls about a row, or else one call."""
    for label, values, prepare in _occasions(routine, person, samples, bystander):
        yield Trial(
            Cell(person.caller.name, f"function {routine.id}", "EXECUTE", label),
            person,
            _call(routine, values),
            prepare=prepare,
            empty=routine.procedure,
            calls=True,
        )


_Occasion = tuple[str, Mapping[str, str | None], sql.Composable | None]
"""Whose or what row a call is about, values by the names of arguments, and what the owner does first."""


def _occasions(
    routine: Routine, person: Person, samples: Sequence[tuple[Relation, Rows]], bystander: str
) -> Iterator[_Occasion]:
    names = [argument.name for argument in routine.arguments if argument.type == "uuid"]
    if names:
        users = (("own", person.user), ("other", bystander))
        yield from ((label, dict.fromkeys(names, user), None) for label, user in users if user)
        return
    about = max(samples, key=lambda sample: _shared(routine, sample[0]), default=None)
    if about is None or not _shared(routine, about[0]):
        yield "", {}, None
        return
    for label, row in labelled(person, about[1], bystander):
        values = {argument.name: row.values.get(_bare(argument)) for argument in routine.arguments}
        yield label, values, None
        for flag in flags(row.relation):
            turned, prepare = _turned(row, flag)
            yield f"{label}, {flag.name} {turned}", values, prepare


def _shared(routine: Routine, relation: Relation) -> int:
    """How many arguments are named like a column."""
    columns = {column.name for column in relation.columns}
    return sum(_bare(argument) in columns for argument in routine.arguments)


def _bare(argument: Argument) -> str:
    return argument.name.removeprefix("p_").removeprefix("_")


def _call(routine: Routine, values: Mapping[str, str | None]) -> sql.Composed:
    verb = sql.SQL("CALL" if routine.procedure else "SELECT")
    arguments = (_argument(argument, values) for argument in routine.arguments)
    return sql.SQL("{} {}({})").format(verb, routine.sql, listed(arguments))


def _argument(argument: Argument, values: Mapping[str, str | None]) -> sql.Composable:
    value = values.get(argument.name)
    given = literal(argument, another(argument) if value is None else value)
    return sql.SQL("VARIADIC {}").format(given) if argument.variadic else given


def _cell(person: Person, relation: Relation, command: str, row: str, column: str = "") -> Cell:
    return Cell(person.caller.name, f"table {relation.id}", command, row, column)
