"""How a domain's declarations become resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi

from components.declaration import Declaration, Wire, key_of
from components.requirements import requirements
from provider.schema.postgres import Retirement
from provider.schema.shape import Shape
from resources.declared import Declared
from settings import Settings

_PLANE = f"{Retirement.token.rpartition(':')[0]}:"
"""What the retirement can drop begins so; another plane has its own way."""

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
            options = pulumi.ResourceOptions(parent=under or self, aliases=aliases)
            self._register(shape, after, options, declaration.wires)
            self._present.append(key_of(shape))

    def finish(self, phase: int) -> None:
        """Register the retirement of what the phase no longer has."""
        if gone := retirement(self.name, self._declared, phase):
            # Successors first: nobody may find neither the old policy nor the new one.
            self._register(gone, self._present, pulumi.ResourceOptions(parent=self), {})
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


def retirement(domain: str, declarations: Sequence[Declaration], phase: int) -> Retirement | None:
    """What a domain declares absent at a phase, before and after its time; None where nothing ever is.

    What hangs on an object goes before it. On the way back it is what later phases brought.
    """
    droppable = [each for each in declarations if each.first.droppable and each.key.startswith(_PLANE)]
    passing = [each for each in reversed(droppable) if each.passes]
    absent = [each.key for each in passing if each.at(phase) is None]
    return Retirement(name=f"{domain}/retired", absent=absent) if passing else None
