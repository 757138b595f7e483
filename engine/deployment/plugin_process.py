"""Find a provider's plugin, and run it as a process that prints its port first."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.children import Child, pump_lines
from engine.deployment.workspace import Workspace
from engine.errors import EngineError

START_SECONDS = 60.0
LAST_WORDS_SECONDS = 5.0

EMBEDDED = {"command": Path(__file__).resolve().parent.parent / "command"}
"""Providers of the engine's own, by package; a plugin that is installed comes first."""

Report = Callable[[str, bool], None]
"""Takes a line, and whether it came from stderr."""


@dataclass
class PluginProcess:
    """A provider that listens on `port`."""

    folder: Path
    port: str
    _child: Child
    _pumps: list[asyncio.Task[None]]

    @classmethod
    async def start(
        cls,
        workspace: Workspace,
        package: str,
        version: str,
        config: Mapping[str, str],
        engine_address: str,
        report: Report,
    ) -> PluginProcess:
        role, path = find_plugin(workspace, package, version)
        environment = {
            "PULUMI_PROJECT": workspace.project,
            "PULUMI_CONFIG": json.dumps(dict(config), ensure_ascii=False),
            **{f"PULUMI_RUNTIME_{key.upper()}": value for key, value in workspace.runtime_options.items()},
        }
        child = workspace.nursery.take(role, path)
        try:
            output, errors = await child.begin([engine_address], environment, workspace.root)
            error_pump = asyncio.create_task(pump_lines(errors, lambda line: report(line, True)))
            port = await _read_port(output, error_pump, f"{package} ({path})")
        except BaseException:
            await child.stop()
            raise
        output_pump = asyncio.create_task(pump_lines(output, lambda line: report(line, False)))
        return cls(path if path.is_dir() else path.parent, port, child, [error_pump, output_pump])

    async def stop(self) -> None:
        await self._child.stop()
        await asyncio.gather(*self._pumps)


async def _read_port(output: asyncio.StreamReader, errors: asyncio.Task[None], named: str) -> str:
    line = (await asyncio.wait_for(output.readline(), START_SECONDS)).decode(errors="replace").strip()
    if line.isdigit():
        return line
    # What it says on stderr explains more than this; let it arrive.
    await asyncio.wait([errors], timeout=LAST_WORDS_SECONDS)
    raise EngineError(f"the provider {named} did not start: it printed {line!r} where its port was expected")


def find_plugin(workspace: Workspace, package: str, version: str) -> tuple[str, Path]:
    """The child's role and the file or folder to run; EngineError names what is missing."""
    executable = f"pulumi-resource-{package}"
    if path := workspace.plugin_paths.get(package):
        return ("command", path / executable) if (path / executable).is_file() else ("provider", path)
    folder = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    installed = sorted(folder.glob(f"resource-{package}-v{version or '*'}/{executable}"))
    if installed:
        return "command", installed[-1]
    if found := shutil.which(executable):
        return "command", Path(found)
    if package in EMBEDDED:
        return "provider", EMBEDDED[package]
    named = f"{package} {version}".rstrip()
    raise EngineError(
        f"no plugin for the package {named}: neither plugins.providers in Pulumi.yaml nor {folder} holds it; "
        f"the embedded engine downloads nothing, so install it there or use the Pulumi CLI"
    )
