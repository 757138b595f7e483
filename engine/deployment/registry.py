"""The run's providers: which process serves which provider row, and with which configuration.

A provider row is a resource like any other, so the registry answers check, diff, create and update for it.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from engine import urns
from engine.deployment.diffs import Diff
from engine.deployment.outcomes import ResourceError
from engine.deployment.plugin import Failure, Plugin
from engine.deployment.plugin_process import PluginProcess
from engine.deployment.steps import Diagnostic, Emit, Severity
from engine.deployment.workspace import Workspace
from engine.rows import Row
from engine.values import UNKNOWN_TEXT, Properties, Secret, strip_secrets

VERSION_KEY = "version"
INTERNAL_KEY = "__internal"
URL_KEY = "pluginDownloadURL"


def provider_config(inputs: Properties) -> Properties:
    """What of a provider row's inputs is the provider's to see."""
    return {key: value for key, value in inputs.items() if key != INTERNAL_KEY}


def plugin_inputs(version: str, download_url: str) -> Properties:
    """What a provider row says of its plugin; as with the CLI, a version brings the internal part, too."""
    inputs: Properties = {VERSION_KEY: version} if version else {}
    if version or download_url:
        inputs[INTERNAL_KEY] = {URL_KEY: download_url} if download_url else {}
    return inputs


def plugin_version(inputs: Properties) -> str:
    version = strip_secrets(inputs.get(VERSION_KEY, ""))
    return version if isinstance(version, str) else ""


@dataclass
class Registry:
    """All provider processes of one run. `config` gives a package's stack config, bare keys."""

    workspace: Workspace
    config: Callable[[str], Properties]
    engine_address: str
    emit: Emit
    dry_run: bool
    _spares: dict[tuple[str, str], list[asyncio.Task[Plugin]]] = field(default_factory=dict)
    _started: list[asyncio.Task[Plugin]] = field(default_factory=list)
    _configured: dict[str, asyncio.Task[Plugin]] = field(default_factory=dict)
    _candidates: dict[str, Plugin] = field(default_factory=dict)

    # Processes

    def prestart(self, package: str, version: str = "") -> None:
        """Start a process that something will most likely want; a failure is told to whom takes it."""
        spares = self._spares.setdefault((package, version), [])
        if not spares:
            spares.append(self._start(package, version))

    def _start(self, package: str, version: str) -> asyncio.Task[Plugin]:
        def report(line: str, from_stderr: bool) -> None:
            if line.strip():
                prefix = f"{package} provider" if from_stderr else package
                self.emit(Diagnostic(Severity.INFO, line, prefix=prefix))

        plain = {key: _text(value) for key, value in self.config(package).items()}

        async def started() -> Plugin:
            process = await PluginProcess.start(
                self.workspace, package, version, plain, self.engine_address, report
            )
            plugin = Plugin(package, process)
            try:
                await plugin.greet(self.engine_address)
            except BaseException:
                await plugin.stop()
                raise
            return plugin

        task = asyncio.create_task(started())
        self._started.append(task)
        return task

    async def _take(self, package: str, version: str) -> Plugin:
        spares = self._spares.get((package, version)) or []
        return await (spares.pop() if spares else self._start(package, version))

    async def cancel(self) -> None:
        await asyncio.gather(*(plugin.cancel() for plugin in self._running()))

    async def close(self) -> None:
        for task in self._started:
            if not task.done():
                task.cancel()
        await asyncio.gather(*self._started, return_exceptions=True)
        await asyncio.gather(*(plugin.stop() for plugin in self._running()))

    def _running(self) -> list[Plugin]:
        return [t.result() for t in self._started if t.done() and not t.cancelled() and not t.exception()]

    # Configured providers

    async def plugin(self, reference: str) -> Plugin:
        """The process behind a provider reference."""
        task = self._configured.get(reference)
        if task is None:
            raise ResourceError(f"unknown provider '{reference}'")
        return await task

    def knows(self, reference: str) -> bool:
        return reference in self._configured

    async def ensure(self, row: Row) -> Plugin:
        """The process of a provider row of the state, configured with the inputs it has there."""
        reference = urns.reference(row.urn, row.id)
        if reference not in self._configured:
            self._configured[reference] = asyncio.create_task(
                self._configure_fresh(row.urn, row.id, row.inputs)
            )
        return await self._configured[reference]

    async def _configure_fresh(self, urn: str, identifier: str, inputs: Properties) -> Plugin:
        plugin = await self._take(urns.package_of(urns.type_of(urn)), plugin_version(inputs))
        await plugin.configure(urn, identifier, provider_config(inputs))
        return plugin

    def _adopt(self, urn: str, identifier: str, inputs: Properties) -> None:
        """Serve a provider row from now on, by the process that checked it if its configuration allows.

        A provider that refuses its configuration fails who first uses it, as with the CLI.
        """
        candidate = self._candidates.pop(urn, None)
        wanted = provider_config(inputs)

        async def adopted() -> Plugin:
            if candidate is None or candidate.configured not in (None, wanted):
                return await self._configure_fresh(urn, identifier, inputs)
            if candidate.configured is None:
                await candidate.configure(urn, identifier, wanted)
            return candidate

        task = asyncio.create_task(adopted())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # it may have no user
        self._configured[urns.reference(urn, identifier)] = task

    # A provider row as a resource

    async def check(
        self, urn: str, olds: Properties, news: Properties, seed: bytes
    ) -> tuple[Properties, list[Failure]]:
        del seed  # providers have no random parts
        candidate = await self._candidate(urn, news)
        checked, failures = await candidate.check_config(urn, provider_config(olds), provider_config(news))
        for key in (VERSION_KEY, INTERNAL_KEY):
            if key in news:
                checked[key] = news[key]
        return checked, failures

    async def _candidate(self, urn: str, news: Properties) -> Plugin:
        if urn not in self._candidates:
            package, version = urns.package_of(urns.type_of(urn)), plugin_version(news)
            for reference, task in self._configured.items():
                # A refresh has configured a process with the state's inputs; most often it serves on.
                if urns.reference_urn(reference) == urn:
                    self._candidates[urn] = await task
                    break
            else:
                self._candidates[urn] = await self._take(package, version)
        return self._candidates[urn]

    async def diff(
        self,
        urn: str,
        identifier: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        ignore_changes: list[str],
    ) -> Diff:
        del identifier, ignore_changes
        plugin = await self._candidate(urn, news)
        return await plugin.diff_config(urn, provider_config(old_inputs), old_outputs, provider_config(news))

    async def create(
        self, urn: str, inputs: Properties, timeout: float, preview: bool
    ) -> tuple[str, Properties]:
        del timeout
        identifier = UNKNOWN_TEXT if preview else str(uuid.uuid4())
        self._adopt(urn, identifier, inputs)
        return identifier, provider_config(inputs)

    async def update(
        self,
        urn: str,
        identifier: str,
        *,
        old_inputs: Properties,
        old_outputs: Properties,
        news: Properties,
        timeout: float,
        ignore_changes: list[str],
        preview: bool,
    ) -> Properties:
        del old_inputs, old_outputs, timeout, ignore_changes, preview
        self._adopt(urn, identifier, news)
        return provider_config(news)

    async def same(self, old: Row, urn: str) -> None:
        """Keep a provider that did not change, with the inputs the state has."""
        if not self.knows(urns.reference(urn, old.id)):
            self._adopt(urn, old.id, old.inputs)

    async def delete(
        self, urn: str, identifier: str, *, inputs: Properties, outputs: Properties, timeout: float
    ) -> None:
        """Nothing is to be deleted behind a provider row; its process ends with the run."""


def _text(value: object) -> str:
    plain = value.value if isinstance(value, Secret) else value
    return plain if isinstance(plain, str) else str(plain)
