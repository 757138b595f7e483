"""Which stack is selected, in the file where the CLI looks for it, too."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

from engine import gojson
from engine.errors import EngineError
from engine.files import read_text, write_atomically
from engine.project import Project
from engine.values import Value


def selected(project: Project, url: str) -> str:
    """The stack selected for a backend, or empty."""
    settings = _settings(_path(project))
    # `stack`, without a backend, is what older releases of the CLI wrote.
    name = (settings.get("stacks") or {}).get(url) or settings.get("stack") or ""
    return str(name)


def select(project: Project, url: str, name: str) -> None:
    """Select a stack for a backend; an empty name forgets the selection."""
    path = _path(project)
    stacks = {key: value for key, value in (_settings(path).get("stacks") or {}).items() if key != url}
    if name:
        stacks[url] = name
    if stacks:
        settings = {"stacks": dict(sorted(stacks.items()))}
        write_atomically(path, gojson.dumps(settings, indent=4).encode())
    else:
        path.unlink(missing_ok=True)


def _path(project: Project) -> Path:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi").absolute()
    digest = hashlib.sha1(str(project.file).encode(), usedforsecurity=False).hexdigest()
    return home / "workspaces" / f"{project.name}-{digest}-workspace.json"


def _settings(path: Path) -> dict[str, Value]:
    try:
        settings: dict[str, Value] = json.loads(read_text(path))
    except FileNotFoundError:
        return {}
    except json.JSONDecodeError as error:
        raise EngineError(
            f"{path}:{error.lineno}: the selected stack can't be read ({error.msg}); delete the file."
        ) from None
    return settings
