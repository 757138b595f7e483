"""YAML files read with the place of every value, and edited without touching the rest of their text."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml

from engine import gojson
from engine.errors import EngineError
from engine.files import read_text
from engine.values import Value

# The C parser is some ten times faster, and missing only where PyYAML was built without libyaml.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# YAML 1.2's plain scalars, as the CLI reads them; PyYAML's own are 1.1's, to which `yes` is a boolean.
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEANS = {word: word.lower() == "true" for word in ("true", "True", "TRUE", "false", "False", "FALSE")}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_BASED = re.compile(r"[-+]?0([xX][0-9a-fA-F]+|[oO]?[0-7]+|[bB][01]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLAIN = re.compile(r"[A-Za-z0-9_./].*")
_NEVER_PLAIN = re.compile(r": |:$| #|\s$")
_resolve: Callable[[type[yaml.Node], str, tuple[bool, bool]], str] = yaml.resolver.Resolver().resolve


@dataclass(frozen=True)
class Document:
    """A YAML file's text and its parsed tree; the root of an empty file is None."""

    path: Path
    text: str
    root: yaml.Node | None

    def fault(self, node: yaml.Node, message: str) -> EngineError:
        """An error that names the file and the node's line."""
        return EngineError(f"{self.path}:{node.start_mark.line + 1}: {message}")

    def entries(self, node: yaml.Node | None, name: str) -> dict[str, yaml.Node]:
        """A mapping's entries in order; raises EngineError for another kind of node and for double keys."""
        if node is None or is_null(node):
            return {}
        if not isinstance(node, yaml.MappingNode):
            raise self.fault(node, f"{name} is {_kind(node)}; wanted a mapping of keys to values.")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.fault(key, f"{name} has {_kind(key)} as a key; wanted a name.")
            if key.value in found:
                raise self.fault(key, f"{name} has the key {key.value} twice; delete one of the two.")
            found[key.value] = value
        return found

    def string(self, node: yaml.Node | None, name: str) -> str:
        """A string, empty when the key is absent; raises EngineError for any other value."""
        if node is None:
            return ""
        value = self.value(node)
        if not isinstance(value, str):
            raise self.fault(node, f"{name} is {_kind(node)}; wanted a string.")
        return value

    def value(self, node: yaml.Node) -> Value:
        """A node as None, bool, int, float, str, list or dict of strings."""
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(item) for key, item in self.entries(node, "a value").items()}
        assert isinstance(node, yaml.ScalarNode)
        return node.value if node.style else plain_scalar(node.value)


def read(path: Path) -> Document:
    """Parse a file; raises EngineError when it is missing, or not YAML."""
    try:
        return parse(path, read_text(path, encoding="utf-8-sig"))
    except FileNotFoundError:
        raise EngineError(f"{path} can't be read: there is no such file.") from None


def parse(path: Path, text: str) -> Document:
    """Parse text that stands in a file, or is about to."""
    try:
        return Document(path, text, yaml.compose(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise EngineError(f"{place}: this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise EngineError(f"{path}: this is not YAML: {error}.") from None


def is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value in _NULLS


def plain_scalar(text: str) -> Value:
    """The value of an unquoted scalar."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _BASED.fullmatch(text):
        return _based(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _based(text: str) -> int:
    sign, digits = (-1, text[1:]) if text[0] == "-" else (1, text.lstrip("+"))
    is_old_octal = digits[1].isdigit()
    return sign * (int(digits, 8) if is_old_octal else int(digits, 0))


def scalar_text(text: str) -> str:
    """A string as YAML writes it: in double quotes where it would read as another type."""
    if not isinstance(plain_scalar(text), str) or _resolves_otherwise(text) or not text.isprintable():
        quoted: str = yaml.safe_dump(text, default_style='"', allow_unicode=True, width=sys.maxsize)
        return quoted.rstrip("\n")
    if _PLAIN.fullmatch(text) and not _NEVER_PLAIN.search(text):
        return text
    return "'" + text.replace("'", "''") + "'"


def value_text(value: Value) -> str:
    """A value as `set_entry` takes it: a scalar, or a block that begins on a line of its own."""
    lines = _lines(value)
    return "\n" + "\n".join("  " + line for line in lines) if _is_block(value) else lines[0]


def _lines(value: Value) -> list[str]:
    match value:
        case str():
            return [scalar_text(value)]
        case dict() if value:
            return [line for key, item in value.items() for line in _entry_lines(key, item)]
        case list() if value:
            return [line for item in value for line in _item_lines(item)]
    return [gojson.dumps(value)]


def _entry_lines(key: str, value: Value) -> list[str]:
    lines = _lines(value)
    if _is_block(value):
        return [f"{scalar_text(key)}:", *("  " + line for line in lines)]
    return [f"{scalar_text(key)}: {lines[0]}"]


def _item_lines(value: Value) -> list[str]:
    first, *others = _lines(value)
    return [f"- {first}", *("  " + line for line in others)]


def _is_block(value: Value) -> bool:
    return isinstance(value, dict | list) and bool(value)


def _resolves_otherwise(text: str) -> bool:
    """Whether a reader of YAML 1.1 would take a plain scalar for something else than a string."""
    return _resolve(yaml.ScalarNode, text, (True, False)) != "tag:yaml.org,2002:str" or text in {
        "y",
        "Y",
        "n",
        "N",
    }


def set_entry(document: Document, section: str, key: str, rendered: str) -> str:
    """The text with `section.key` set; `rendered` is YAML, its further lines indented relative to the key."""
    body = document.entries(document.root, "the file").get(section)
    entries = document.entries(body, section)
    if not entries or body is None:
        return _without_empty(document, section) + f"{section}:\n  {_entry(key, rendered, 2)}\n"
    _require_block(document, body, section)
    indent = body.start_mark.column
    if key in entries:
        return _spliced(document.text, *_span(document, body, key), _entry(key, rendered, indent))
    _, last = _span(document, body, list(entries)[-1])
    end = _line_end(document.text, last)
    return _spliced(document.text, end, end, "\n" + " " * indent + _entry(key, rendered, indent))


def set_first(document: Document, key: str, rendered: str) -> str:
    """The text with a top-level scalar set; a new one comes before the first key."""
    entries = document.entries(document.root, "the file")
    if key in entries:
        return _spliced(document.text, *_span(document, document.root, key), f"{key}: {rendered}")
    if not entries or document.root is None:
        return _ended(document.text) + f"{key}: {rendered}\n"
    at = document.root.start_mark.index
    return _spliced(document.text, at, at, f"{key}: {rendered}\n")


def remove_entry(document: Document, section: str, key: str) -> str:
    """The text without `section.key`, which must be there, and without a section left empty."""
    body = document.entries(document.root, "the file")[section]
    _require_block(document, body, section)
    if len(document.entries(body, section)) == 1:
        return _without_lines(document, document.root, section)
    return _without_lines(document, body, key)


def _without_empty(document: Document, section: str) -> str:
    """The text ready for a section to be appended: a present one without entries goes."""
    present = section in document.entries(document.root, "the file")
    return _ended(_without_lines(document, document.root, section) if present else document.text)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def _without_lines(document: Document, mapping: yaml.Node | None, key: str) -> str:
    start, end = _span(document, mapping, key)
    first = document.text.rfind("\n", 0, start) + 1
    return document.text[:first] + document.text[_line_end(document.text, end) + 1 :]


def _span(document: Document, mapping: yaml.Node | None, key: str) -> tuple[int, int]:
    """Where an entry's text starts and ends, comments after it excluded."""
    assert isinstance(mapping, yaml.MappingNode)
    name, value = next(pair for pair in mapping.value if pair[0].value == key)
    while isinstance(value, yaml.CollectionNode) and not value.flow_style and value.value:
        # A block collection's own end mark lies behind the comments that follow it.
        last = value.value[-1]
        value = last[1] if isinstance(value, yaml.MappingNode) else last
    end = len(document.text[: value.end_mark.index].rstrip())
    return name.start_mark.index, max(name.end_mark.index + 1, end)


def _entry(key: str, rendered: str, indent: int) -> str:
    separator = ":" if rendered.startswith("\n") else ": "
    return scalar_text(key) + separator + rendered.replace("\n", "\n" + " " * indent)


def _require_block(document: Document, node: yaml.Node, name: str) -> None:
    if isinstance(node, yaml.MappingNode) and node.flow_style:
        raise document.fault(node, f"{name} is written in braces; write one key on each line to edit it.")


def _spliced(text: str, start: int, end: int, replacement: str) -> str:
    return text[:start] + replacement + text[end:]


def _line_end(text: str, index: int) -> int:
    end = text.find("\n", index)
    return len(text) if end == -1 else end


def _kind(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return repr(node.value)
