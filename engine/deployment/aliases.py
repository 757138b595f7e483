"""Find the row that a resource continues, under its own URN or a former one."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import urns
from engine.deployment.goal import Alias, Goal
from engine.rows import STACK_TYPE, Row


@dataclass
class Aliases:
    """What each registered resource was called before, for its children's sake."""

    stack: str
    project: str
    former: dict[str, str] = field(default_factory=dict)
    """URN to the former URN that matched."""
    taken: dict[str, str] = field(default_factory=dict)
    """Former URN to the URN that claimed it."""

    def match(self, urn: str, goal: Goal, olds: dict[str, Row]) -> Row | None:
        """The old row; its own URN comes before any alias, so that no row is claimed twice."""
        for candidate in [urn, *self.candidates(goal)]:
            if old := olds.get(candidate):
                if candidate != urn:
                    self.former[urn] = candidate
                    self.taken[candidate] = urn
                return old
        return None

    def candidates(self, goal: Goal) -> list[str]:
        found = [self._urn(goal, alias) for alias in goal.aliases]
        if former_parent := self.former.get(goal.parent):
            parent_name = urns.name_of(goal.parent)
            inherited = [(goal.type, goal.name)]
            inherited += [(urns.type_of(urn), urns.name_of(urn)) for urn in found]
            found += [self._below(former_parent, parent_name, type_, name) for type_, name in inherited]
        return list(dict.fromkeys(found))

    def _urn(self, goal: Goal, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        parent = goal.parent if alias.parent is None else self.former.get(alias.parent, alias.parent)
        if alias.no_parent or (parent and urns.qualified_type(parent) == STACK_TYPE):
            parent = ""
        return urns.make(
            alias.stack or self.stack,
            alias.project or self.project,
            parent,
            alias.type or goal.type,
            alias.name or goal.name,
        )

    def _below(self, former_parent: str, parent_name: str, type_: str, name: str) -> str:
        # By convention children are named after their parent; a renamed parent renamed them, too.
        if name.startswith(parent_name):
            name = urns.name_of(former_parent) + name.removeprefix(parent_name)
        return urns.make(self.stack, self.project, former_parent, type_, name)
