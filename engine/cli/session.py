"""What most commands begin with: the project, its backend, the chosen stack and its config."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from engine.children import Nursery
from engine.errors import EngineError
from engine.passphrase import Crypter
from engine.project import Project, load_project
from engine.stack_config import StackConfig, load_stack_config
from engine.values import Properties

if TYPE_CHECKING:
    from engine.backend import FileBackend, Stack, StackName


@dataclass
class Session:
    """One invocation's surroundings; everything is read when it is first needed."""

    arguments: argparse.Namespace
    _loading: Future[Stack] | None = field(default=None, init=False)

    @cached_property
    def project(self) -> Project:
        return load_project(Path.cwd())

    @cached_property
    def backend(self) -> FileBackend:
        from engine.backend import open_backend  # what it needs takes longer than to start a child

        return open_backend(self.project)

    @cached_property
    def name(self) -> StackName:
        """The stack that --stack, PULUMI_STACK or the selection names."""
        text = getattr(self.arguments, "stack", None)
        if text:
            return self.backend.name(text)
        selected = self.backend.selected()
        if selected is None:
            raise EngineError(
                "no stack is selected; select one by `pulumi stack select <name>`, or pass --stack <name>"
            )
        return selected

    @cached_property
    def config(self) -> StackConfig:
        file = getattr(self.arguments, "config_file", None)
        return load_stack_config(self.project, self.name.stack, Path(file).absolute() if file else None)

    @cached_property
    def crypter(self) -> Crypter:
        """Of the config's secrets."""
        return self.config.crypter()

    @cached_property
    def stack(self) -> Stack:
        loading, self._loading = self._loading, None
        return loading.result() if loading else self.backend.load(self.name, self.config.encryption_salt)

    def begin_loading(self) -> None:
        """Read the state beside other work: to derive the key of its secrets takes longer than the rest."""
        # What the other thread needs is made in this one: what two ask for first, both would make.
        load, name, salt = self.backend.load, self.name, self.config.encryption_salt
        self._loading = ThreadPoolExecutor(1, "state").submit(load, name, salt)

    @cached_property
    def target(self) -> str:
        """What the config's `<package>:target` says the stack is about; empty without one."""
        for key, value in self.config.values.items():
            if key.endswith(":target") and isinstance(value, str):
                return value
        return ""

    def refuse_hosted(self) -> None:
        """A hosted target, and what is known of it, is changed by the real CLI alone."""
        if self.target == "hosted":
            raise EngineError(
                f"the stack {self.name.stack} targets a hosted project, and the embedded engine changes "
                "none: install the Pulumi CLI (https://www.pulumi.com/docs/install/), which `pulumi` then "
                "hands over to; `pulumi preview` works without it"
            )

    def namespace(self, package: str) -> Properties:
        return self.config.for_namespace(package, self.crypter)

    @property
    def python(self) -> Path:
        """The Python of the project's virtual environment, or the one that runs the engine."""
        named = self.project.runtime_options.get("virtualenv")
        if not isinstance(named, str):
            return Path(sys.executable)
        python = self.project.root / named / "bin" / "python"
        if not python.exists():
            raise EngineError(
                f"the virtual environment {self.project.root / named} of Pulumi.yaml has no bin/python; "
                f"create it"
            )
        return python

    @cached_property
    def nursery(self) -> Nursery:
        return Nursery(self.python)

    @property
    def is_interactive(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.arguments.non_interactive
