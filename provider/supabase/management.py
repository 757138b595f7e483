"""Supabase's Management API for one project: requests that are repeated until they are answered.

Every request here states a whole wanted value (these files, this secret, none of that name), so to repeat one
whose answer was lost does no harm: it leads to what was wanted, at worst once more.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from email import message_from_bytes
from email.message import Message
from functools import cached_property
from typing import Any, NamedTuple, TypeVar, cast

import httpx
import msgspec

from provider.errors import ProviderError
from provider.schema.bundle import Files
from provider.supabase.budget import Budget
from provider.target import Target

ATTEMPTS = 8
"""How often a request is sent before its failure is told; what the rate limit holds back isn't counted."""
PATIENCE_SECONDS = 300.0
"""How long the rate limit may hold one request back."""
DEFAULT_REFUSAL_SECONDS = 60.0
"""How long a refusal lasts that doesn't say: the limit is one for each minute."""
PROJECT = "project"
"""What messages call the project's own address, below which all others lie."""
TIMEOUT = httpx.Timeout(60.0, connect=10.0)

T = TypeVar("T")


class LiveProject(msgspec.Struct, frozen=True):
    """A project as the API tells it."""

    name: str
    region: str
    status: str


class LiveFunction(msgspec.Struct, frozen=True):
    """A function as the API tells it."""

    slug: str
    status: str
    version: int
    updated_at: int | None = None
    verify_jwt: bool | None = None
    entrypoint_path: str | None = None
    import_map_path: str | None = None
    ezbr_sha256: str | None = None

    @property
    def deployed(self) -> str:
        """What another bundle would change. The digest where there is one: a version also counts settings."""
        return self.ezbr_sha256 or f"version {self.version} of {self.updated_at}"


class Sources(NamedTuple):
    """The files of a live function, and which of them is run."""

    files: Files
    entrypoint: str | None


class _LiveSecret(msgspec.Struct, frozen=True):
    name: str
    value: str


class Management:
    """The API of one target's project. Calls may come from several threads at once."""

    def __init__(
        self,
        target: Target,
        *,
        timeout: httpx.Timeout = TIMEOUT,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._target = target
        self._timeout = timeout
        self._clock = clock
        self._sleep = sleep
        self._budget = Budget(clock, sleep)

    def project(self) -> LiveProject:
        """The project itself."""
        return self._decoded(self._send("GET", PROJECT), LiveProject)

    def functions(self) -> dict[str, LiveFunction]:
        """Every live function, by slug."""
        answer = self._send("GET", "functions")
        return {each.slug: each for each in self._decoded(answer, list[LiveFunction]) if _is_there(each)}

    def function(self, slug: str) -> LiveFunction | None:
        """One live function."""
        answer = self._send("GET", "functions/*", slug, absent=True)
        live = self._decoded(answer, LiveFunction) if answer else None
        return live if live and _is_there(live) else None

    def deploy(
        self,
        slug: str,
        files: Files,
        *,
        entrypoint: str,
        import_map: str | None,
        verify_jwt: bool,
        bundle_only: bool = False,
    ) -> LiveFunction:
        """Make files the version that is served, or only have them bundled beside it.

        The setting is sent each time: the API states no default.
        """
        metadata: dict[str, Any] = {"name": slug, "entrypoint_path": entrypoint, "verify_jwt": verify_jwt}
        if import_map:
            metadata["import_map_path"] = import_map
        answer = self._send(
            "POST",
            "functions/deploy",
            params={"slug": slug, **({"bundleOnly": "true"} if bundle_only else {})},
            data={"metadata": json.dumps(metadata)},
            files=[("file", (path, files[path], "application/octet-stream")) for path in sorted(files)],
        )
        return self._decoded(answer, LiveFunction)

    def set_verify_jwt(self, slug: str, verify_jwt: bool) -> LiveFunction:
        """Change the setting alone."""
        answer = self._send("PATCH", "functions/*", slug, json={"verify_jwt": verify_jwt})
        return self._decoded(answer, LiveFunction)

    def delete_function(self, slug: str) -> None:
        """Take a function away, if it is there."""
        self._send("DELETE", "functions/*", slug, absent=True)

    def sources(self, slug: str) -> Sources | None:
        """The files of a live function, or None where the API hands none out."""
        accept = {"accept": "multipart/form-data"}
        answer = self._send("GET", "functions/*/body", slug, absent=True, headers=accept)
        return _sources(answer) if answer else None

    def packed(self, slug: str) -> bytes:
        """A live function in the platform's own form."""
        answer = self._send("GET", "functions/*/body", slug)
        assert answer is not None
        return answer.content

    def secrets(self) -> dict[str, str]:
        """Every secret's digest, by name."""
        answer = self._send("GET", "secrets")
        return {each.name: each.value for each in self._decoded(answer, list[_LiveSecret])}

    def set_secret(self, name: str, value: str) -> None:
        """Set one secret; others stay as they are."""
        self._send("POST", "secrets", json=[{"name": name, "value": value}])

    def delete_secret(self, name: str) -> None:
        """Take a secret away, if it is there."""
        self._send("DELETE", "secrets", json=[name])

    def close(self) -> None:
        """Close all connections."""
        if "_client" in self.__dict__:
            self._client.close()

    @cached_property
    def _client(self) -> httpx.Client:
        target = self._target
        if not target.access_token:
            raise ProviderError(
                f"voip:accessToken of {target} is not set; make a token in Supabase's dashboard and set it "
                "with `pulumi config set --secret voip:accessToken`"
            )
        return httpx.Client(
            headers={"authorization": f"Bearer {target.access_token}"},
            timeout=self._timeout,
            # A proxy for the outside has no part in what goes on within this machine.
            trust_env=target.kind == "hosted",
        )

    def _send(
        self, method: str, template: str, slug: str = "", *, absent: bool = False, **given: Any
    ) -> httpx.Response | None:
        """The answer to a request; with `absent`, None where there is no such thing."""
        endpoint = f"{method} {template}"
        below = "" if template == PROJECT else f"/{template.replace('*', slug)}"
        url = f"{self._target.management_url}/v1/projects/{self._target.project_ref}{below}"
        deadline = self._clock() + PATIENCE_SECONDS
        failures = 0
        while True:
            self._budget.spend(endpoint)
            try:
                answer = self._client.request(method, url, **given)
            except httpx.TransportError as error:
                outcome = _unreachable(self._target, error)
            else:
                self._budget.learn(endpoint, answer.headers)
                if answer.is_success or (absent and answer.status_code == httpx.codes.NOT_FOUND):
                    return answer if answer.is_success else None
                outcome = self._failure(endpoint, answer)
            if outcome.limited and self._clock() < deadline:
                continue
            failures += 1
            if outcome.final or failures == ATTEMPTS:
                raise ProviderError(outcome.message)
            self._sleep(min(10.0, 0.2 * 2**failures) * random.uniform(0.5, 1.0))  # noqa: S311  jitter

    def _failure(self, endpoint: str, answer: httpx.Response) -> _Failure:
        status = answer.status_code
        if status == httpx.codes.TOO_MANY_REQUESTS:
            self._budget.exhaust(endpoint, _refused_for(answer))
            return _Failure(f"{_api(self._target)} still refuses {endpoint}: too many requests", limited=True)
        message = _of_status(self._target, endpoint, answer)
        return _Failure(message, final=status < httpx.codes.INTERNAL_SERVER_ERROR)

    def _decoded(self, answer: httpx.Response | None, shape: type[T]) -> T:
        assert answer is not None
        try:
            return msgspec.json.decode(answer.content, type=shape)
        except msgspec.DecodeError as error:
            raise ProviderError(
                f"{_api(self._target)} answered {answer.request.method} {answer.request.url.path} in another "
                f"form than it should ({error}); a newer version of this program may know it"
            ) from None


class _Failure(NamedTuple):
    """Why a request was not granted."""

    message: str
    final: bool = False
    """Whether it would be refused again."""
    limited: bool = False
    """Whether it is only too early."""


def _is_there(live: LiveFunction) -> bool:
    return live.status != "REMOVED"


def _refused_for(answer: httpx.Response) -> float:
    for name in ("retry-after", "x-ratelimit-reset"):
        told = answer.headers.get(name, "")
        if told.isdecimal():
            return max(1.0, float(told))
    return DEFAULT_REFUSAL_SECONDS


def _api(target: Target) -> str:
    return f"the Management API of {target}"


def _unreachable(target: Target, error: httpx.TransportError) -> _Failure:
    local = target.kind == "sandbox"
    told = str(error) or type(error).__name__
    step = "start it with `make sandbox`" if local else "try again later"
    # What doesn't run on this machine won't by itself in a moment.
    final = local and isinstance(error, httpx.ConnectError)
    return _Failure(f"{_api(target)} can't be reached: {told}; {step}", final=final)


def _of_status(target: Target, endpoint: str, answer: httpx.Response) -> str:
    # What a refusal of secrets says might quote them.
    told = "" if endpoint.endswith("secrets") else f": {_message(answer)}"
    match answer.status_code:
        case 401:
            step = "the token is not valid; set another with `pulumi config set --secret voip:accessToken`"
        case 403:
            verb = "read" if answer.request.method == "GET" else "write"
            step = f"give the token the right {_right(endpoint)}_{verb}"
        case 402:
            step = "the plan allows no more functions; delete one, or take a larger plan"
        case 404 if "*" in endpoint:
            step = "run the same command again"
        case 404:
            step = "correct voip:projectRef, or take a token of an account that sees the project"
        case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            step = "run the same command again; what was done before stays done"
        case _:
            step = "correct what it names"
    return f"{_api(target)} answered {endpoint} with {answer.status_code}{told}; {step}"


def _right(endpoint: str) -> str:
    """What the API calls the permission, up to its verb."""
    match endpoint.split():
        case [_, "project"]:
            return "project_admin"
        case [_, "secrets"]:
            return "edge_functions_secrets"
    return "edge_functions"


def _message(answer: httpx.Response) -> str:
    try:
        told = answer.json()["message"]
    except (ValueError, KeyError, TypeError):
        told = answer.reason_phrase
    return str(told).splitlines()[0][:300] if told else answer.reason_phrase


def _sources(answer: httpx.Response) -> Sources | None:
    kind = answer.headers.get("content-type", "")
    if not kind.startswith("multipart/"):
        return None  # a bundle in the platform's own form
    form = message_from_bytes(b"content-type: " + kind.encode() + b"\r\n\r\n" + answer.content)
    parts = cast(list[Message], form.get_payload()) if form.is_multipart() else []
    files = {path: _content(part) for part in parts if (path := part["supabase-path"] or part.get_filename())}
    return Sources(files, _entrypoint(parts))


def _entrypoint(parts: list[Message]) -> str | None:
    for part in parts:
        if part.get_param("name", header="content-disposition") == "metadata":
            told: Mapping[str, str] = json.loads(_content(part))
            return told.get("deno2_entrypoint_path")
    return None


def _content(part: Message) -> bytes:
    return cast(bytes, part.get_payload(decode=True))
