"""One registered object."""

from __future__ import annotations

import pulumi

from provider.schema.shape import Shape


class Declared(pulumi.CustomResource):
    """A shape as a Pulumi resource; its logical name is its identifier, so that an import can tell its ID."""

    def __init__(self, shape: Shape, opts: pulumi.ResourceOptions) -> None:
        super().__init__(shape.token, shape.id, shape.wire(), opts)
