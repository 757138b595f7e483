"""How a domain's declarations become resources."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import msgspec
import pulumi

from components.declaration import Declaration, Wire, key_of
from components.requirements import requirements
from provider.schema import postgres, stripe, supabase
from provider.schema.shape import Absence, Shape
from resources.declared import Declared
from settings import Settings


class _Way(NamedTuple):
    """How a plane's objects are retired."""

    shape: type[Absence]
    name: str

    def leads(self, declaration: Declaration) -> bool:
        """Whether it drops the object."""
        return declaration.key.startswith(f"{self.shape.token.rpartition(':')[0]}:")


# Nobody may be told of a function that is out of use, nor a function be asked for what its database has no
# longer.
_WAYS = (
    _Way(stripe.Retirement, "disabled"),
    _Way(supabase.Retirement, "undeployed"),
    _Way(postgres.Retirement, "retired"),
)

Registered = dict[str, Declared]
"""All resources of the program so far, by key."""


class Domain(pulumi.ComponentResource):
    """Registers the objects that exist in the phase, and the retirement of those that no longer do."""

    name: ClassVar[str]

    def __init__(self, registered: Registered) -> None:
        super().__init__(f"voip:components:{type(self).__name__}", self.name)
        self._registered = registered
        self._declared: list[Declaration] = []
        self._present: list[str] = []

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """All objects of the domain through all phases, each after those it needs."""
        raise NotImplementedError

    def declare(
        self,
        declaration: Declaration,
        phase: int,
        under: Domain | None = None,
        formerly: Domain | None = None,
    ) -> None:
        """Register an object if the phase has it; under another component if one is given.

        `formerly` is where a state may have it, from before the settings changed.
        """
        self._declared.append(declaration)
        if shape := declaration.at(phase):
            after = [*requirements(shape), *declaration.after]
            aliases = [pulumi.Alias(parent=formerly)] if formerly else []
            options = pulumi.ResourceOptions(
                parent=under or self, aliases=aliases, retain_on_delete=declaration.kept
            )
            self._register(shape, after, options, declaration.wires)
            self._present.append(key_of(shape))

    def finish(self, phase: int) -> None:
        """Register the retirement of what the phase no longer has."""
        for gone in retirements(self.name, self._declared, phase):
            # Successors first: nobody may find neither the old policy nor the new one. And what was retired
            # before may hang on what is retired now: functions on another domain's secret.
            before = [key for key in self._registered if key.startswith(f"{gone.token}::")]
            self._register(gone, [*self._present, *before], pulumi.ResourceOptions(parent=self), {})
            self._present.append(key_of(gone))
        self.register_outputs({})

    def _register(
        self,
        shape: Shape,
        after: Sequence[str],
        options: pulumi.ResourceOptions,
        wires: Mapping[str, Wire | tuple[Wire, ...]],
    ) -> None:
        options.depends_on = [self._registered[key] for key in after if key in self._registered]
        wired = {name: self._wired(wire) for name, wire in wires.items()}
        self._registered[key_of(shape)] = Declared(shape, options, wired)

    def _wired(self, wire: Wire | tuple[Wire, ...]) -> Any:
        if isinstance(wire, Wire):
            return self._registered[wire.key].output(wire.output)
        return [self._wired(each) for each in wire]


def retirements(domain: str, declarations: Sequence[Declaration], phase: int) -> Iterator[Absence]:
    """What a domain declares absent at a phase, before and after its time; nothing where nothing ever is.

    What hangs on an object goes before it. On the way back it is what later phases brought.
    """
    for way in _WAYS:
        dropped = [each for each in reversed(declarations) if way.leads(each) and each.first.droppable]
        passing = [each for each in dropped if each.passes and not each.kept]
        absent = [each for each in passing if each.at(phase) is None]
        stubs = [each.first.id for each in absent if each.stub]
        if passing:
            gone = [each.key for each in absent if not each.stub]
            retirement = way.shape(name=f"{domain}/{way.name}", absent=gone)
            yield msgspec.structs.replace(retirement, out_of_use=stubs) if stubs else retirement
