"""Indexes that no constraint owns."""

from __future__ import annotations

from psycopg import sql

from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, relation, relation_id
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement, Work
from provider.schema.postgres import Index


class IndexKind(CatalogKind[Index]):
    """CREATE and DROP INDEX; any change but the comment's builds the index anew."""

    shape = Index
    expressions = ("definition",)

    def normalized(self, wanted: Index) -> Index:
        if not wanted.valid:
            raise PropertyError("valid", "an index can't be declared invalid; leave `valid` out")
        return wanted

    def creation(self, wanted: Index) -> list[Statement]:
        create = sql.SQL("CREATE {}INDEX {} ON {} USING {}").format(
            sql.SQL("UNIQUE " if wanted.unique else ""),
            sql.Identifier(wanted.name),
            relation(wanted),
            declared(wanted.definition),
        )
        built = Statement(create, {relation_id(wanted): Lock.SHARE}, Work.SCAN)
        return [built, *([_comment(wanted)] if wanted.comment else [])]

    def alteration(self, live: Index, wanted: Index) -> list[Statement]:
        if {difference.path for difference in self.diff(live, wanted)} == {"comment"}:
            return [_comment(wanted)]
        return self.remade(live, wanted)

    def removal(self, live: Index) -> list[Statement]:
        text = sql.SQL("DROP INDEX {}").format(_name(live))
        return [Statement(text, {relation_id(live): Lock.ACCESS_EXCLUSIVE})]


def _name(index: Index) -> sql.Identifier:
    return sql.Identifier(index.schema, index.name)


def _comment(wanted: Index) -> Statement:
    text = comment_on("INDEX", _name(wanted), wanted.comment)
    return Statement(text, {relation_id(wanted): Lock.SHARE_UPDATE_EXCLUSIVE})
