"""One registered object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from provider.schema.shape import Shape


class Declared(pulumi.CustomResource):
    """A shape as a Pulumi resource; its logical name is its identifier, so that an import can tell its ID."""

    def __init__(
        self, shape: Shape, opts: pulumi.ResourceOptions, wired: Mapping[str, Any] | None = None
    ) -> None:
        outputs: dict[str, Any] = dict.fromkeys(shape.outputs)
        inputs = {**outputs, **_inputs(shape, {**shape.wire(), **(wired or {})})}
        super().__init__(shape.token, shape.id, inputs, opts)

    def output(self, name: str) -> pulumi.Output[Any]:
        """One of the shape's outputs."""
        value: pulumi.Output[Any] = getattr(self, name)
        return value


def _inputs(shape: Shape, told: Mapping[str, Any]) -> Mapping[str, Any]:
    secrets = {name: pulumi.Output.secret(told[name]) for name in shape.confidential & told.keys()}
    return {**told, **secrets}
