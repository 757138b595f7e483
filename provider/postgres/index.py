"""Indexes that no constraint owns."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.catalog import Catalog
from provider.postgres.compose import comment_on, declared, ending, relation, relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Locks, Statement, Transaction, Work
from provider.schema.postgres import Index


class IndexKind(CatalogKind[Index]):
    """CREATE and DROP INDEX, CONCURRENTLY where there are users; only the comment is altered in place."""

    shape = Index
    expressions = ("definition",)
    unfinished = frozenset({"valid"})

    def normalized(self, wanted: Index) -> Index:
        if not wanted.valid:
            raise PropertyError("valid", "an index can't be declared invalid; leave `valid` out")
        return wanted

    def update(self, live: Index, wanted: Index) -> Index:
        """Bring the live index to what is wanted; a build that still runs is waited for first."""
        if not live.valid:
            # A second build would wait for it, too, only to find the name taken.
            self._catalog.change([_await_build(live)])
        return super().update(live, wanted)

    def creation(self, wanted: Index) -> list[Statement]:
        return [built(self._catalog, wanted), *([_comment(wanted)] if wanted.comment else [])]

    def alteration(self, live: Index, wanted: Index) -> list[Statement]:
        paths = {difference.path for difference in self.diff(live, wanted)}
        if paths == {"comment"}:
            return [_comment(wanted)]
        if not live.valid or not self._catalog.occupied(relation_id(wanted)):
            return self.remade(live, wanted)
        return [
            *built_beside(self._catalog, wanted),
            Statement(sql.SQL("DROP INDEX {}").format(_name(live)), _exclusive(live)),
            *_takes_over(successor(wanted), wanted),
        ]

    def removal(self, live: Index) -> list[Statement]:
        return [dropped(self._catalog, live)]

    def remade(self, live: Index, wanted: Index) -> list[Statement]:
        """Drop first: both have the same name."""
        return [*self.removal(live), *self.creation(wanted)]


def built(catalog: Catalog, wanted: Index) -> Statement:
    """The making of an index, CONCURRENTLY where there are users."""
    online = catalog.occupied(relation_id(wanted))
    text = sql.SQL("CREATE {}INDEX {}{} ON {} USING {}").format(
        sql.SQL("UNIQUE " if wanted.unique else ""),
        sql.SQL("CONCURRENTLY " if online else ""),
        sql.Identifier(wanted.name),
        relation(wanted),
        declared(wanted.definition),
    )
    if online:
        return Statement(text, _shared(wanted), Work.SCAN, transaction=Transaction.NONE)
    return Statement(text, {relation_id(wanted): Lock.SHARE}, Work.SCAN)


def dropped(catalog: Catalog, live: Index) -> Statement:
    """The dropping of an index, CONCURRENTLY where there are users."""
    if catalog.occupied(relation_id(live)):
        text = sql.SQL("DROP INDEX CONCURRENTLY {}").format(_name(live))
        return Statement(text, _shared(live), transaction=Transaction.NONE)
    return Statement(sql.SQL("DROP INDEX {}").format(_name(live)), _exclusive(live))


def built_beside(catalog: Catalog, wanted: Index) -> list[Statement]:
    """The making of an index under another name, without what a killed one has left behind."""
    beside = successor(wanted)
    leftover = catalog.find(Index, beside.id, beside)
    return [*([dropped(catalog, leftover)] if leftover else []), built(catalog, beside)]


def successor(wanted: Index) -> Index:
    """The index that is built to take the place of another, under a name of its own."""
    return msgspec.structs.replace(wanted, name=ending(wanted.name, "_building"))


def _takes_over(beside: Index, wanted: Index) -> Iterator[Statement]:
    rename = sql.SQL("ALTER INDEX {} RENAME TO {}").format(_name(beside), sql.Identifier(wanted.name))
    yield Statement(rename, _shared(wanted))
    if wanted.comment:
        yield _comment(wanted)


def _await_build(index: Index) -> Statement:
    """Done as soon as nobody builds an index on the table; users read and write meanwhile.

    It asks again and again: a build waits for every older snapshot, even for that of who stands in line
    behind it, and Postgres would end either of them as deadlocked.
    """
    text = sql.SQL("LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE NOWAIT").format(relation(index))
    return Statement(text, _shared(index))


def _shared(index: Index) -> Locks:
    return {relation_id(index): Lock.SHARE_UPDATE_EXCLUSIVE}


def _exclusive(index: Index) -> Locks:
    return {relation_id(index): Lock.ACCESS_EXCLUSIVE}


def _name(index: Index) -> sql.Identifier:
    return sql.Identifier(index.schema, index.name)


def _comment(wanted: Index) -> Statement:
    return Statement(comment_on("INDEX", _name(wanted), wanted.comment), _shared(wanted))
