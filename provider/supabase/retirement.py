"""Functions and secrets declared absent, or out of use."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from provider.differences import Difference
from provider.errors import PropertyError
from provider.retirement import Retiring
from provider.schema.supabase import Function, Retirement, Secret
from provider.supabase.deployed import Deployed
from provider.supabase.function import FunctionKind
from provider.supabase.secret import SecretKind


class RetirementKind(Retiring[Retirement]):
    """Puts stubs in the place of functions that are out of use, then deletes all else in the order given."""

    shape = Retirement

    def __init__(self, deployed: Deployed, functions: FunctionKind, secrets: SecretKind) -> None:
        self._live: Mapping[str, Callable[[], Mapping[str, object]]] = {
            Function.token: deployed.functions,
            Secret.token: deployed.secrets,
        }
        self._functions = functions
        self._remove = {Function.token: functions.remove, Secret.token: secrets.remove}

    def check(self, wanted: Retirement) -> Retirement:
        """Every name must be of a kind that can be deleted."""
        for index, name in enumerate(wanted.absent):
            if name.partition("::")[0] not in self._live:
                known = ", ".join(sorted(self._live))
                raise PropertyError(
                    f"absent[{index}]", f"{name} is of no kind that can be deleted; known are {known}"
                )
        return wanted

    def diff(self, live: Retirement, wanted: Retirement) -> list[Difference]:
        """What is declared absent and still there: an imported state can't know of it."""
        used = [
            Difference(f"outOfUse[{index}]", "update")
            for index, slug in enumerate(wanted.out_of_use)
            if self._functions.is_used(slug)
        ]
        present = [
            Difference(f"absent[{index}]", "delete")
            for index, name in enumerate(wanted.absent)
            if self._is_live(name)
        ]
        return [*used, *present]

    def create(self, wanted: Retirement) -> Retirement:
        """Take out of use, and delete what is still there."""
        for slug in filter(self._functions.is_used, wanted.out_of_use):
            self._functions.stub(slug)
        for name in filter(self._is_live, wanted.absent):
            token, _, identifier = name.partition("::")
            self._remove[token](identifier)
        return wanted

    def _is_live(self, name: str) -> bool:
        token, _, identifier = name.partition("::")
        return identifier in self._live[token]()
