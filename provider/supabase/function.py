"""Edge functions."""

from __future__ import annotations

from pathlib import Path

import msgspec

from provider.differences import Difference, differences
from provider.errors import NotAsWantedError, PropertyError, ProviderError
from provider.schema.bundle import Files, bundle, digest
from provider.schema.supabase import Function
from provider.supabase import stub
from provider.supabase.deployed import Deployed
from provider.supabase.management import LiveFunction, Sources
from provider.supabase.probe import Probe

_BUILT_BELOW = "/source/"
"""What the platform puts before the paths of a bundle that it has built itself."""


class FunctionKind:
    """Deploys a function's files, and sees that they answer before it leaves what they replace."""

    shape = Function

    def __init__(self, deployed: Deployed, sources: Path, probe: Probe) -> None:
        self._deployed = deployed
        self._management = deployed.management
        self._sources = sources
        self._probe = probe

    def check(self, wanted: Function) -> Function:
        """The declared function, which is either left as it was found or told in full."""
        told = {"entrypoint": wanted.entrypoint, "verifyJwt": wanted.verify_jwt}
        if missing := [name for name, value in told.items() if value is None and wanted.bundle]:
            raise PropertyError(missing[0], f"{wanted.id} has a bundle and no {' and no '.join(missing)}")
        return msgspec.structs.replace(wanted, deployed=None)

    def diff(self, live: Function, wanted: Function) -> list[Difference]:
        """What of the live function is not as wanted."""
        if wanted.bundle is None:
            return []
        comparable = msgspec.structs.replace(live, deployed=None)
        return list(differences(comparable.wire(), wanted.wire()))

    def read(self, identifier: str, known: Function | None) -> Function | None:
        """The live function. Its files are asked for unless the version is the one that is known."""
        live = self._deployed.functions().get(identifier)
        return None if live is None else self._shape(live, known)

    def create(self, wanted: Function) -> Function:
        """Deploy the function, or take over one that is equal; one that differs is refused.

        A stub gives its place back.
        """
        live = self.read(wanted.id, None)
        if live is None or stub.is_stub(live.bundle, self._sources):
            self._refuse_unknown(wanted)
            return self._answering(wanted, self._deploy(wanted))
        if different := self.diff(live, wanted):
            raise ProviderError(_exists_message(wanted, different))
        return live

    def update(self, live: Function, wanted: Function) -> Function:
        """Bring the live function to what is wanted; a version that does not answer is taken back."""
        now = self._management.function(wanted.id)
        if now is None:
            raise ProviderError(f"{wanted.id} is gone; run the same command again to make it anew")
        present = self._shape(now, live)
        paths = {difference.path for difference in self.diff(present, wanted)}
        if not paths:
            return self._answering(wanted, present)
        if paths == {"verifyJwt"}:
            return self._set_verify_jwt(wanted, present)
        return self._replace(wanted, now)

    def delete(self, live: Function, scratch: bool) -> None:
        """Forget a function that is gone. One that is live is deleted from scratch targets alone."""
        if not self.is_used(live.id):
            return
        if not scratch:
            raise ProviderError(
                f"the function {live.id} is live and not declared as retired, so it is kept; "
                "exclude its group, or take it out of the state with `pulumi state delete`"
            )
        self.remove(live.id)

    def remove(self, identifier: str) -> None:
        """Take a function away."""
        self._deployed.before_change()
        self._management.delete_function(identifier)
        self._deployed.note_function(identifier, None)

    def is_used(self, identifier: str) -> bool:
        """Whether a function is live, and not only its stub."""
        live = self._deployed.functions().get(identifier)
        return live is not None and not stub.is_stub(self._live_bundle(live), self._sources)

    def stub(self, identifier: str) -> None:
        """Let a live function tell its callers to try again later."""
        self._deployed.before_change()
        stub.put(self._management, self._deployed.functions()[identifier], self._sources)
        self._deployed.note_function(identifier, self._management.function(identifier))

    def _replace(self, wanted: Function, before: LiveFunction) -> Function:
        sources = self._way_back(before)
        live = self._deploy(wanted)
        problem = self._probe.problem(wanted.id)
        if problem and sources:
            self._put_back(before, sources)
            raise ProviderError(
                f"the new version of {wanted.id} does not answer ({problem}), so the one before it is back; "
                "mend the function or its secrets and run the same command again"
            )
        return self._found_answering(live, problem)

    def _way_back(self, before: LiveFunction) -> Sources | None:
        """The files of a version that answers; one that doesn't is not worth going back to."""
        if not self._probe.possible or self._probe.problem(before.slug, patient=False):
            return None
        return self._management.sources(before.slug)

    def _put_back(self, before: LiveFunction, sources: Sources) -> None:
        entrypoint = sources.entrypoint or before.entrypoint_path or ""
        told = self._management.deploy(
            before.slug,
            sources.files,
            entrypoint=entrypoint,
            import_map=before.import_map_path if before.import_map_path in sources.files else None,
            verify_jwt=before.verify_jwt is not False,
        )
        self._deployed.note_function(before.slug, told)

    def _deploy(self, wanted: Function) -> Function:
        files = self._files(wanted)
        self._deployed.before_change()
        told = self._management.deploy(
            wanted.id,
            files,
            entrypoint=wanted.entrypoint or "",
            import_map=wanted.import_map,
            verify_jwt=wanted.verify_jwt is True,
        )
        return self._confirmed(wanted, told)

    def _set_verify_jwt(self, wanted: Function, present: Function) -> Function:
        self._deployed.before_change()
        told = self._management.set_verify_jwt(wanted.id, wanted.verify_jwt is True)
        return self._confirmed(msgspec.structs.replace(wanted, bundle=present.bundle), told)

    def _confirmed(self, wanted: Function, told: LiveFunction) -> Function:
        now = self._management.function(wanted.id)
        if now is None:
            raise ProviderError(f"{wanted.id} is not there after it was deployed; does somebody delete it?")
        self._deployed.note_function(wanted.id, now)
        ours = msgspec.structs.replace(wanted, deployed=now.deployed) if now.version == told.version else None
        live = self._shape(now, ours)
        if different := self.diff(live, wanted):
            paths = ", ".join(difference.path for difference in different)
            raise NotAsWantedError(
                live, f"{wanted.id} differs in {paths} after it was deployed; run it again"
            )
        return live

    def _answering(self, wanted: Function, live: Function) -> Function:
        return self._found_answering(live, self._probe.problem(wanted.id))

    def _found_answering(self, live: Function, problem: str | None) -> Function:
        if problem:
            raise NotAsWantedError(
                live,
                f"{live.id} is deployed and does not answer ({problem}); mend the function or its secrets "
                "and run the same command again",
            )
        return live

    def _files(self, wanted: Function) -> Files:
        files = bundle(self._sources, wanted.id)
        if digest(files) != wanted.bundle:
            raise ProviderError(
                f"the files of {wanted.id} in {self._sources} are not those that the program read; "
                "let them rest and run the same command again"
            )
        return files

    def _refuse_unknown(self, wanted: Function) -> None:
        if wanted.bundle is None:
            raise ProviderError(
                f"{wanted.id} is to stay as it was found, and it is not there; "
                "go on to the phase that deploys it, or deploy it by hand"
            )

    def _shape(self, live: LiveFunction, known: Function | None) -> Function:
        unchanged = known is not None and known.deployed == live.deployed
        return Function(
            slug=live.slug,
            bundle=known.bundle if known and unchanged else self._live_bundle(live),
            entrypoint=plain(live.entrypoint_path),
            import_map=plain(live.import_map_path),
            verify_jwt=live.verify_jwt,
            deployed=live.deployed,
        )

    def _live_bundle(self, live: LiveFunction) -> str | None:
        sources = self._management.sources(live.slug)
        if sources is None:
            return None
        return digest({plain(path) or path: content for path, content in sources.files.items()})


def plain(path: str | None) -> str | None:
    """A path as it was sent, from one that may be a place where the platform built the function."""
    return path.rpartition(_BUILT_BELOW)[2] if path and path.startswith("file://") else path


def _exists_message(wanted: Function, different: list[Difference]) -> str:
    paths = ", ".join(difference.path for difference in different)
    return (
        f"the function {wanted.id} exists already and differs in {paths}; "
        "take it over with `python -m operations adopt --stack STACK`, then look at the preview again"
    )
