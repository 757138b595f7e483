"""Default providers: the rows behind resources that name no provider of their own.

Their names and inputs must be the CLI's to the letter: another name would look like a change of provider on
every resource.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine import urns
from engine.deployment.goal import Goal
from engine.deployment.registry import Registry, plugin_inputs
from engine.errors import EngineError
from engine.rows import PROVIDER_PREFIX, Row
from engine.values import Properties, Secret

_SEMVER = re.compile(r"v?(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?")


@dataclass(frozen=True)
class ProviderRequest:
    package: str
    version: str = ""
    download_url: str = ""

    @property
    def name(self) -> str:
        parts = ["default"]
        if self.version:
            match = _SEMVER.fullmatch(self.version)
            if match is None:
                raise EngineError(
                    f"{self.version!r} is not a version of the package {self.package}; write one like 1.2.3"
                )
            major, minor, patch, prerelease, build = match.groups()
            parts += [major, minor, patch]
            parts += [p for text in (prerelease, build) if text for p in text.split(".")]
        name = "_".join(parts)
        return f"{name}_{_qualified(self.download_url)}" if self.download_url else name


def _qualified(url: str) -> str:
    """A URL as the CLI puts it into a name: every character outside of a name's set becomes `_`."""
    return "/".join(re.sub(r"[^A-Za-z0-9_.-]", "_", part) for part in url.split("/") if part)


@dataclass
class DefaultProviders:
    """Registers each default provider once, just before its first user."""

    config: Callable[[str], Properties]
    register: Callable[[Goal], Awaitable[Row]]
    site_packages: Path | None
    path_packages: frozenset[str]
    _references: dict[ProviderRequest, asyncio.Task[str]] = field(default_factory=dict)

    async def reference(self, package: str, version: str = "", download_url: str = "") -> str:
        if not version:
            version = self._installed_version(package)
        request = ProviderRequest(package, version, download_url)
        if request not in self._references:
            self._references[request] = asyncio.create_task(self._register(request))
        return await self._references[request]

    async def existing_or_new(
        self, olds: Mapping[str, Row], registry: Registry, package: str, version: str, download_url: str
    ) -> str:
        """The default provider that the state has, as it was configured there, or else a new one."""
        request = ProviderRequest(package, version or self._installed_version(package), download_url)
        name = f"::{PROVIDER_PREFIX}{package}::{request.name}"
        for urn, row in olds.items():
            if urn.endswith(name):
                await registry.ensure(row)
                return urns.reference(urn, row.id)
        return await self.reference(package, version, download_url)

    async def _register(self, request: ProviderRequest) -> str:
        goal = default_goal(request, self.config(request.package))
        row = await self.register(goal)
        return urns.reference(row.urn, row.id)

    def _installed_version(self, package: str) -> str:
        """What the installed SDK package says of its plugin; a plugin by path has no version."""
        if package in self.path_packages or self.site_packages is None:
            return ""
        for file in sorted(self.site_packages.glob("*/pulumi-plugin.json")):
            described = json.loads(file.read_text(encoding="utf-8"))
            if described.get("name") == package:
                return str(described.get("version", "")).removeprefix("v")
        return ""


def default_goal(request: ProviderRequest, config: Properties) -> Goal:
    inputs: Properties = {key: _as_text(value) for key, value in config.items()}
    inputs |= plugin_inputs(request.version, request.download_url)
    return Goal(type=f"{PROVIDER_PREFIX}{request.package}", name=request.name, custom=True, properties=inputs)


def _as_text(value: object) -> object:
    if isinstance(value, Secret):
        return Secret(_as_text(value.value))
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
