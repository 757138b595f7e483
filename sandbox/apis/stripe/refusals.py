"""The API's own way to say no."""

from __future__ import annotations

from typing import Any


class StripeError(Exception):
    """A request that is answered by an error."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        kept: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kept = kept
        """Whether what was done up to the refusal stays done, and a repeated request gets the same answer."""
        told = {"code": code, "message": message, "param": param, "type": kind}
        self._told = {name: value for name, value in told.items() if value is not None}

    def body(self) -> dict[str, Any]:
        """The answer's body."""
        return {"error": self._told}


def missing(kind: str, identifier: str, param: str = "id") -> StripeError:
    """An object that isn't there."""
    noun = {"checkout.session": "checkout.session", "billing_portal.configuration": "configuration"}
    return StripeError(
        f"No such {noun.get(kind, kind.rpartition('.')[2])}: '{identifier}'",
        status=404 if param == "id" else 400,
        code="resource_missing",
        param=param,
    )
