"""The project, as Pulumi.yaml describes it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from engine import yamlfile
from engine.errors import EngineError
from engine.values import Value

_NAMES = ("Pulumi.yaml", "Pulumi.yml")
_TYPE = re.compile(r"(array<)*(string|integer|boolean|object)>*")


@dataclass(frozen=True)
class Declaration:
    """What Pulumi.yaml says of one config key."""

    key: str
    """With its namespace."""
    type: str = ""
    """string, integer, boolean, object, `array<...>`, or empty when untyped."""
    value: Value = None
    """For a stack that doesn't set the key; None when it must."""
    secret: bool = False
    required: bool = False


@dataclass(frozen=True)
class Project:
    """Pulumi.yaml, its paths made absolute."""

    root: Path
    """The folder of Pulumi.yaml."""
    file: Path
    name: str
    runtime_options: Mapping[str, Value] = field(default_factory=dict)
    main: str = ""
    backend_url: str = ""
    refresh_always: bool = False
    plugin_paths: Mapping[str, Path] = field(default_factory=dict)
    """The folder of each provider that isn't installed but developed beside the project."""
    declarations: tuple[Declaration, ...] = ()
    stack_config_dir: str = ""

    @property
    def program(self) -> Path:
        """The folder that holds the program's `__main__.py`."""
        return (self.root / self.main).resolve() if self.main else self.root

    def config_file(self, stack: str) -> Path:
        return self.root / self.stack_config_dir / f"Pulumi.{stack}.yaml"


def load_project(cwd: Path) -> Project:
    """The project of a folder or of one above it; EngineError when there is none, or it isn't valid."""
    start = _as_user_sees(cwd)
    candidates = (folder / name for folder in (start, *start.parents) for name in _NAMES)
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        raise EngineError(f"No Pulumi.yaml was found in {start} or above it; change to the project's folder.")
    return _project(yamlfile.read(found))


def _as_user_sees(folder: Path) -> Path:
    """The path with the links the shell went through: the CLI names its workspace file by that one."""
    shown = Path(os.environ.get("PWD", ""))
    return shown if shown.is_absolute() and shown.exists() and shown.samefile(folder) else folder.absolute()


def _project(document: yamlfile.Document) -> Project:
    root = document.path.parent
    entries = document.entries(document.root, "the file")
    name = document.string(entries.get("name"), "name")
    if not name:
        raise EngineError(f"{document.path}: name is missing; wanted the project's name.")
    options = document.entries(entries.get("options"), "options")
    backend = document.entries(entries.get("backend"), "backend")
    return Project(
        root=root,
        file=document.path,
        name=name,
        runtime_options=_runtime_options(document, entries.get("runtime")),
        main=document.string(entries.get("main"), "main"),
        backend_url=document.string(backend.get("url"), "backend.url"),
        refresh_always=document.string(options.get("refresh"), "options.refresh") == "always",
        plugin_paths=_plugin_paths(document, entries.get("plugins")),
        declarations=tuple(_declarations(document, name, entries.get("config"))),
        stack_config_dir=document.string(entries.get("stackConfigDir"), "stackConfigDir"),
    )


def _runtime_options(document: yamlfile.Document, node: yaml.Node | None) -> Mapping[str, Value]:
    if isinstance(node, yaml.MappingNode):
        entries = document.entries(node, "runtime")
        name = document.string(entries.get("name"), "runtime.name")
        options = entries.get("options")
    else:
        name, options = document.string(node, "runtime"), None
    if name != "python":
        raise EngineError(f"{document.path}: runtime is {name or 'missing'}; this engine runs python alone.")
    return {key: document.value(value) for key, value in document.entries(options, "runtime.options").items()}


def _plugin_paths(document: yamlfile.Document, node: yaml.Node | None) -> Mapping[str, Path]:
    providers = document.entries(node, "plugins").get("providers")
    paths: dict[str, Path] = {}
    for item in providers.value if isinstance(providers, yaml.SequenceNode) else ():
        entries = document.entries(item, "plugins.providers")
        name, path = (document.string(entries.get(key), key) for key in ("name", "path"))
        if not name or not path:
            raise document.fault(item, "a provider's name or path is missing; wanted both.")
        paths[name] = (document.path.parent / path).absolute()
    return paths


def _declarations(document: yamlfile.Document, project: str, node: yaml.Node | None) -> Iterable[Declaration]:
    for key, body in document.entries(node, "config").items():
        full = full_key(document, project, key, body)
        is_own = full.startswith(f"{project}:")
        if isinstance(body, yaml.MappingNode):
            yield _declaration(document, full, is_own, body)
        else:
            yield Declaration(full, value=document.value(body), required=is_own)


def _declaration(document: yamlfile.Document, key: str, is_own: bool, body: yaml.Node) -> Declaration:
    entries = {name: document.value(node) for name, node in document.entries(body, key).items()}
    default, value = entries.get("default"), entries.get("value")
    if default is not None and value is not None:
        raise document.fault(body, f"{key} has both a default and a value; keep one of them.")
    if not is_own and ("type" in entries or default is not None or value is None):
        raise document.fault(
            body,
            f"{key} is in the namespace of a provider, where a type or default isn't allowed; "
            f"wanted `{key}: <value>`.",
        )
    declared = Declaration(
        key,
        type=_type_name(entries),
        value=value if default is None else default,
        secret=entries.get("secret") is True,
        required=is_own,
    )
    if declared.type and not _TYPE.fullmatch(declared.type):
        raise document.fault(
            body,
            f"{key} is of type {declared.type}; wanted string, integer, boolean, object or array with items.",
        )
    if declared.type and declared.value is not None and not conforms(declared.type, declared.value):
        raise document.fault(body, f"{key} has the default {default!r}; wanted {declared.type}.")
    return declared


def _type_name(body: Mapping[str, Value]) -> str:
    items = body.get("items")
    return f"array<{_type_name(items)}>" if isinstance(items, dict) else str(body.get("type") or "")


def conforms(type_name: str, value: Value) -> bool:
    """Whether a value, or the text of one, is of a declared type."""
    match type_name:
        case "string":
            return isinstance(value, str)
        case "integer":
            return _is_integer(value)
        case "boolean":
            return isinstance(value, bool) or value in ("true", "false")
        case "object":
            return isinstance(value, dict)
    inner = type_name.removeprefix("array<").removesuffix(">")
    return inner != type_name and isinstance(value, list) and all(conforms(inner, item) for item in value)


def _is_integer(value: Value) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[-+]?[0-9]+", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)


def full_key(document: yamlfile.Document, project: str, key: str, node: yaml.Node) -> str:
    """`namespace:name` for a key written so, without a namespace, or as `namespace:config:name`."""
    match key.split(":"):
        case [name] if name:
            return f"{project}:{name}"
        case [namespace, name] if namespace and name:
            return key
        case [namespace, "config", name] if namespace and name:
            return f"{namespace}:{name}"
    raise document.fault(node, f"the config key {key!r} is malformed; wanted <namespace>:<name>.")
