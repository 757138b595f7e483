"""The verbs of every kind that lives in Postgres' catalogs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, Generic, TypeVar

from provider.differences import Difference, differences, join
from provider.errors import NotAsWantedError, ProviderError
from provider.notes import Note
from provider.postgres.catalog import Catalog
from provider.postgres.statement import Statement, Transaction
from provider.printed import AsDeclared, Printed
from provider.schema.postgres import Named
from provider.schema.shape import Shape

S = TypeVar("S", bound=Shape)


class CatalogKind(ABC, Generic[S]):
    """One kind of catalog object; a subclass says what differs and which statements mend it.

    `expressions` are the property paths, `*` for any key, whose text Postgres prints in its own way.
    """

    shape: type[S]
    expressions: ClassVar[tuple[str, ...]] = ()
    unfinished: ClassVar[frozenset[str]] = frozenset()
    """The paths in which an object differs that an update was killed over."""

    def __init__(self, catalog: Catalog, printed: Printed | AsDeclared) -> None:
        self._catalog = catalog
        self._printed = printed

    def check(self, wanted: S) -> S:
        """The declared object with every expression as Postgres prints it."""
        return self._spelled(self.normalized(wanted), self._printed)

    def normalized(self, wanted: S) -> S:
        """The declared object without what means nothing, such as an order; refuses what can't be meant."""
        return wanted

    def diff(self, live: S, wanted: S) -> list[Difference]:
        """What of the live object is not as wanted."""
        return list(differences(live.wire(), wanted.wire()))

    def read(self, identifier: str, known: S | None) -> S | None:
        """The live object, in the spelling of the lock file where that knows it, or None."""
        live = self._catalog.find(self.shape, identifier, known)
        return None if live is None else self._spelled(live, self._printed.live)

    def create(self, wanted: S) -> S:
        """Make the object, or take over one that is equal; one that differs is refused."""
        live = self.read(wanted.id, wanted)
        if live is None:
            _refuse_traits(wanted, traits(wanted), "can't be made from here")
            self._carry_out(None, wanted)
        elif different := self.diff(live, wanted):
            if not all(self._is_unfinished(difference) for difference in different):
                raise ProviderError(_exists_message(wanted, different))
            return self.update(live, wanted)
        return self._confirmed(wanted)

    def update(self, live: S, wanted: S) -> S:
        """Bring the live object to what is wanted, in one transaction where that is online."""
        present = self.read(wanted.id, live)
        if present is None:
            raise ProviderError(f"{wanted.id} is gone; run the same command again to make it anew")
        if self.diff(present, wanted):
            have, want = traits(present), traits(wanted)
            _refuse_traits(wanted, [trait for trait in want if trait not in have], "can't be made from here")
            _refuse_traits(wanted, [trait for trait in have if trait not in want], "is told by no property")
            self._carry_out(present, wanted)
        return self._confirmed(wanted)

    def delete(self, live: S, scratch: bool) -> None:
        """Forget an object that is gone. One that is still there is dropped from scratch targets alone."""
        present = self.read(live.id, live)
        if present is None:
            return
        if not scratch:
            raise ProviderError(
                f"{live.id} is live and not declared as retired, so it is kept; "
                "declare until which phase it exists, or take it out of the state with `pulumi state delete`"
            )
        self._catalog.change(self.removal(present))

    def plan(self, wanted: S) -> list[Statement]:
        """The statements by which the live object becomes what is wanted."""
        live = self.read(wanted.id, wanted)
        if live is not None and not self.diff(live, wanted):
            return []
        return self._steps(live, wanted)

    def notes(self, wanted: S) -> list[Note]:
        """What a preview tells of the change beside the differences."""
        problem = self.obstacle(self.read(wanted.id, wanted), wanted)
        return [*([Note(problem)] if problem else []), *self._catalog.notes(self.plan(wanted))]

    def obstacle(self, live: S | None, wanted: S) -> str | None:
        """What of the rows is in the way of a change, and how to clear it away."""
        del live, wanted
        return None

    @abstractmethod
    def creation(self, wanted: S) -> list[Statement]:
        """The statements that make the object."""

    @abstractmethod
    def alteration(self, live: S, wanted: S) -> list[Statement]:
        """The statements that bring a live object to what is wanted."""

    @abstractmethod
    def removal(self, live: S) -> list[Statement]:
        """The statements that drop the object."""

    def remade(self, live: S, wanted: S) -> list[Statement]:
        """The statements that drop the object and make it anew, for what can't be altered in place."""
        refuse_loss(live)
        # What can be prepared outside of transactions is there before the old object goes.
        prepared, made = [], self.creation(wanted)
        while made and made[0].transaction is Transaction.NONE:
            prepared.append(made.pop(0))
        return [*prepared, *self.removal(live), *made]

    def _carry_out(self, live: S | None, wanted: S) -> None:
        if problem := self.obstacle(live, wanted):
            raise ProviderError(problem)
        self._catalog.change(self._steps(live, wanted))

    def _steps(self, live: S | None, wanted: S) -> list[Statement]:
        declared = self._as_declared(wanted)
        return self.creation(declared) if live is None else self.alteration(self._as_declared(live), declared)

    def _is_unfinished(self, difference: Difference) -> bool:
        # A comment comes last, so one that lacks may be a step that was never reached.
        last = difference == ("comment", "add") and bool(self.unfinished)
        return last or difference.path in self.unfinished

    def _as_declared(self, shape: S) -> S:
        return self._spelled(shape, self._printed.source)

    def _spelled(self, shape: S, spell: Callable[[str, str, str], str]) -> S:
        data = shape.wire()
        for path, holder, key in expressions_in(data, self.expressions):
            holder[key] = spell(f"{shape.token}::{shape.id}", path, holder[key])
        return self.shape.from_wire(data)

    def _confirmed(self, wanted: S) -> S:
        live = self.read(wanted.id, wanted)
        if live is None:
            raise ProviderError(
                f"{wanted.id} is not there after it was made; does an event trigger interfere?"
            )
        if different := self.diff(live, wanted):
            paths = ", ".join(difference.path for difference in different)
            raise NotAsWantedError(
                live,
                f"{wanted.id} still differs in {paths} after the change; compare it with its declaration, "
                "and where the spelling alone differs run `make printed`",
            )
        return live


def expressions_in(data: dict[str, Any], patterns: tuple[str, ...]) -> Iterator[tuple[str, Any, Any]]:
    """Where the expressions of a wire form stand: path, holder and key in the holder."""
    for pattern in patterns:
        yield from _walk(data, pattern.split("."), "")


def _walk(node: Any, pattern: list[str], path: str) -> Iterator[tuple[str, Any, Any]]:
    head, *rest = pattern
    for key in _keys(node, head):
        here = join(path, key) if isinstance(key, str) else f"{path}[{key}]"
        if rest:
            yield from _walk(node[key], rest, here)
        else:
            yield here, node, key


def _keys(node: Any, head: str) -> list[Any]:
    if isinstance(node, list):
        return list(range(len(node)))
    if head == "*":
        return sorted(node)
    return [head] if head in node else []


def _exists_message(wanted: Shape, different: list[Difference]) -> str:
    paths = ", ".join(difference.path for difference in different)
    return (
        f"{wanted.id} exists already and differs in {paths}; "
        "take it over with `python -m operations adopt --stack STACK`, then look at the preview again"
    )


def traits(shape: Shape) -> list[str]:
    """What an object has and its properties can't tell."""
    return shape.unmanaged if isinstance(shape, Named) else []


def refuse_loss(live: Shape) -> None:
    """For an object that must be defined anew, which takes with it what its properties can't tell."""
    _refuse_traits(live, traits(live), "would be lost, as the object must be defined anew")


def _refuse_traits(shape: Shape, found: list[str], why: str) -> None:
    if found:
        raise ProviderError(
            f"{shape.id}: {', '.join(found)} {why}; change it by hand, "
            "or accept what is live by declaring just that under `unmanaged`"
        )
