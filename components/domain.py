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

Registered = dict[str, Declared]
"""All resources of the program so far, by key."""


class Domain(pulumi.ComponentResource):
    """Registers the objects that exist in the phase, and the retirement of those that no longer do."""

    name: ClassVar[str]

    def __init__(self, settings: Settings, registered: Registered) -> None:
        super().__init__(f"voip:components:{type(self).__name__}", self.name)
        self._registered = registered
        declarations = self.declarations(settings)
        present = [
            self._register(shape, [*requirements(shape), *declaration.after], declaration.wires)
            for declaration in declarations
            if (shape := declaration.at(settings.phase))
        ]
        if retirement := retired(self.name, declarations, settings.phase):
            # Successors first: nobody may find neither the old policy nor the new one.
            self._register(retirement, [key_of(shape) for shape in present])
        self.register_outputs({})

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """All objects of the domain through all phases, each after those it needs."""
        raise NotImplementedError

    def _register(
        self, shape: Shape, after: Sequence[str], wires: Mapping[str, Wire | tuple[Wire, ...]] | None = None
    ) -> Shape:
        needed = [self._registered[key] for key in after if key in self._registered]
        options = pulumi.ResourceOptions(parent=self, depends_on=needed)
        wired = {name: self._wired(wire) for name, wire in (wires or {}).items()}
        self._registered[key_of(shape)] = Declared(shape, options, wired)
        return shape

    def _wired(self, wire: Wire | tuple[Wire, ...]) -> Any:
        if isinstance(wire, Wire):
            return self._registered[wire.key].output(wire.output)
        return [self._wired(each) for each in wire]


def retired(domain: str, declarations: Sequence[Declaration], phase: int) -> Retirement | None:
    """What a domain declares absent at a phase; what hangs on an object goes before it."""
    absent = [each.key for each in reversed(declarations) if each.retired(phase)]
    return Retirement(name=f"{domain}/retired", absent=absent) if absent else None
