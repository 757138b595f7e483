"""Row level security policies."""

from __future__ import annotations

import msgspec
from psycopg import sql

from provider.differences import Difference
from provider.errors import PropertyError
from provider.postgres.compose import comment_on, declared, listed, relation, relation_id, role, spaced
from provider.postgres.kind import CatalogKind
from provider.postgres.statement import Lock, Statement
from provider.schema.postgres import Policy

_ALTERABLE = {"roles", "using", "check", "comment"}


class PolicyKind(CatalogKind[Policy]):
    """CREATE, ALTER and DROP POLICY."""

    shape = Policy
    expressions = ("using", "check")

    def normalized(self, wanted: Policy) -> Policy:
        roles = sorted(set(wanted.roles))
        if not roles or ("PUBLIC" in roles and len(roles) > 1) or "public" in roles:
            raise PropertyError(
                "roles",
                f"the roles are {', '.join(roles) or 'none'}; declare PUBLIC alone, or roles without it",
            )
        return msgspec.structs.replace(wanted, roles=roles)

    def creation(self, wanted: Policy) -> list[Statement]:
        kind = "PERMISSIVE" if wanted.permissive else "RESTRICTIVE"
        create = sql.SQL("CREATE POLICY {} ON {} AS {} FOR {} {}").format(
            sql.Identifier(wanted.name),
            relation(wanted),
            declared(kind),
            declared(wanted.command),
            _clauses(wanted),
        )
        return [_locking(wanted, create), *([_comment(wanted)] if wanted.comment else [])]

    def alteration(self, live: Policy, wanted: Policy) -> list[Statement]:
        different = self.diff(live, wanted)
        if not _can_alter(different):
            return self.remade(live, wanted)
        statements = []
        if {difference.path for difference in different} - {"comment"}:
            alter = sql.SQL("ALTER POLICY {} ON {} {}").format(
                sql.Identifier(wanted.name), relation(wanted), _clauses(wanted)
            )
            statements.append(_locking(wanted, alter))
        if live.comment != wanted.comment:
            statements.append(_comment(wanted))
        return statements

    def removal(self, live: Policy) -> list[Statement]:
        drop = sql.SQL("DROP POLICY {} ON {}").format(sql.Identifier(live.name), relation(live))
        return [_locking(live, drop)]


def _locking(policy: Policy, text: sql.Composable) -> Statement:
    return Statement(text, {relation_id(policy): Lock.ACCESS_EXCLUSIVE})


def _can_alter(different: list[Difference]) -> bool:
    """ALTER POLICY changes roles and predicates, and can't take a predicate away."""
    return all(
        difference.path in _ALTERABLE and (difference.sign != "delete" or difference.path == "comment")
        for difference in different
    )


def _clauses(wanted: Policy) -> sql.Composed:
    parts: list[sql.Composable] = [sql.SQL("TO {}").format(listed(role(name) for name in wanted.roles))]
    if wanted.using is not None:
        parts.append(sql.SQL("USING ({})").format(declared(wanted.using)))
    if wanted.check is not None:
        parts.append(sql.SQL("WITH CHECK ({})").format(declared(wanted.check)))
    return spaced(parts)


def _comment(wanted: Policy) -> Statement:
    name = sql.SQL("{} ON {}").format(sql.Identifier(wanted.name), relation(wanted))
    return Statement(comment_on("POLICY", name, wanted.comment))
