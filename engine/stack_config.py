"""What a user configures for one stack: Pulumi.<stack>.yaml, laid over what the project declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from engine import gojson, paths, yamlfile
from engine.errors import EngineError
from engine.files import write_atomically
from engine.passphrase import Crypter, for_new_secrets, from_salt
from engine.project import Declaration, Project, conforms, full_key
from engine.values import Secret, Value


@dataclass(frozen=True)
class Ciphertext:
    """A secret in a config file, as `secure: <text>` there; the plaintext is a string."""

    text: str


def key_and_path(text: str) -> tuple[str, paths.Path]:
    """`voip:list[0].name` as a key, `voip:list`, and the path below it."""
    namespace, colon, _ = re.split(r"[.[]", text, maxsplit=1)[0].rpartition(":")
    name, *path = paths.parse(text.removeprefix(namespace + colon)) or ("",)
    if not name or not isinstance(name, str):
        raise EngineError(f"{text!r} names no config key; wanted one like list[0] or object.name.")
    return namespace + colon + name, tuple(path)


@dataclass
class StackConfig:
    """One stack's config: what its file sets, laid over what the project declares."""

    project: Project
    stack: str
    file: Path
    encryption_salt: str
    """The salt of this file's secrets, which isn't necessarily the state's."""
    own: dict[str, Value]
    """By full key; the secrets in the values are `Ciphertext`."""
    _document: yamlfile.Document

    @property
    def values(self) -> dict[str, Value]:
        """What is in effect, by full key in sorted order; the secrets in the values are `Ciphertext`."""
        declared = {item.key: item.value for item in self.project.declarations if item.value is not None}
        return dict(sorted((declared | self.own).items()))

    def crypter(self) -> Crypter:
        """The crypter of this file's secrets."""
        return from_salt(self.encryption_salt) if self.encryption_salt else for_new_secrets()

    def decrypted(self, crypter: Crypter) -> dict[str, str]:
        """The program's PULUMI_CONFIG, structured values as JSON; EngineError for a declaration not met."""
        values = self.values
        self._require(values)
        texts = {key: config_text(value, crypter.decrypt) for key, value in values.items()}
        for declaration in self.project.declarations:
            self._check(declaration, values.get(declaration.key), texts.get(declaration.key, ""))
        return texts

    @property
    def secret_keys(self) -> list[str]:
        """The keys whose value is, or holds, a secret, in sorted order."""
        return [key for key, value in self.values.items() if is_secret(value)]

    def for_namespace(self, namespace: str, crypter: Crypter) -> dict[str, Value]:
        """A provider's inputs: text by bare key, secrets marked as such."""
        prefix = f"{namespace}:"
        found = {key: value for key, value in self.values.items() if key.startswith(prefix)}
        texts = {key: config_text(value, crypter.decrypt) for key, value in found.items()}
        return {
            key.removeprefix(prefix): Secret(texts[key]) if is_secret(value) else texts[key]
            for key, value in found.items()
        }

    def full_key(self, key: str) -> str:
        """A key as the command line gives it, with its namespace."""
        return key if ":" in key else f"{self.project.name}:{key}"

    def get(self, key: str, crypter: Crypter, path: paths.Path = ()) -> str | None:
        """A value's text, or that of what is below a path in it; None when nothing sets it."""
        value = self.value(key, path)
        return None if value is paths.MISSING else config_text(value, crypter.decrypt)

    def value(self, key: str, path: paths.Path = ()) -> Value:
        """What is in effect, with its secrets as `Ciphertext`; `paths.MISSING` when nothing sets it."""
        return paths.lookup(self.values.get(self.full_key(key), paths.MISSING), path)

    def set(self, key: str, value: Value, crypter: Crypter | None = None, path: paths.Path = ()) -> None:
        """Set a value, or what is below a path in it, as a secret if a crypter is given; `save` writes it."""
        if crypter is not None:
            value = Ciphertext(crypter.encrypt(value))
            self.keep_salt(crypter)
        if path:
            former = self.own.get(self.full_key(key))
            # What was no list and no object makes way, as with the CLI.
            value = paths.put(former if isinstance(former, dict | list) else None, path, value)
        self._store(self.full_key(key), value)

    def _store(self, full: str, value: Value) -> None:
        written = _tree(value, lambda text: {"secure": text}, ordered=False)
        if with_ciphertexts(written) != value:
            raise EngineError(f"{full}: an object with the one key `secure` would be taken for a secret.")
        key = self._written_key(full) or full
        self._edit(yamlfile.set_entry(self._document, "config", key, yamlfile.value_text(written)))
        self.own[full] = value

    def keep_salt(self, crypter: Crypter) -> None:
        """Make a crypter's salt the file's, whose other secrets must be under the same one."""
        self._edit(yamlfile.set_first(self._document, "encryptionsalt", crypter.salt))
        self.encryption_salt = crypter.salt

    def rm(self, key: str, path: paths.Path = ()) -> None:
        """Take a key out, or what is below a path in it; one that the file doesn't set is out already."""
        full, written = self.full_key(key), self._written_key(key)
        if written is None:
            return
        if path:
            self._store(full, paths.without(self.own[full], path))
            return
        self._edit(yamlfile.remove_entry(self._document, "config", written))
        del self.own[full]

    def save(self) -> None:
        """Write the file, atomically; comments, order and unknown keys are as they were."""
        write_atomically(self.file, self._document.text.encode())

    def as_json(self) -> dict[str, Value]:
        """What is in effect, in the form of the backend's history, secrets encrypted."""
        return {
            key: _tree(value, lambda text: {"secure": text}) if _is_nested(value) else config_text(value, str)
            for key, value in self.values.items()
        }

    def _edit(self, text: str) -> None:
        self._document = yamlfile.parse(self.file, text)

    def _written_key(self, key: str) -> str | None:
        """The key as the file has it, which may lack the namespace."""
        section = self._document.entries(self._document.root, "the file").get("config")
        for written, node in self._document.entries(section, "config").items():
            if full_key(self._document, self.project.name, written, node) == self.full_key(key):
                return written
        return None

    def _require(self, values: Mapping[str, Value]) -> None:
        missing = [item.key for item in self.project.declarations if item.required and item.key not in values]
        if missing:
            raise EngineError(
                f"The stack {self.stack} lacks the config {', '.join(missing)}, "
                f"declared in {self.project.file.name}; set it by `pulumi config set {missing[0]} <value>`."
            )

    def _check(self, declaration: Declaration, value: Value, text: str) -> None:
        if declaration.secret and not is_secret(value):
            raise EngineError(
                f"{self.file}: {declaration.key} is in plain text, and declared a secret; "
                f"set it by `pulumi config set --secret {declaration.key}`."
            )
        content = gojson.loads(text) if isinstance(value, list | dict) else text
        if declaration.type and not conforms(declaration.type, content):
            shown = "[secret]" if is_secret(value) else repr(text)
            raise EngineError(
                f"{self.file}: {declaration.key} is {shown}; wanted {declaration.type}, "
                f"as {self.project.file.name} declares."
            )


def load_stack_config(project: Project, stack: str, config_file: Path | None = None) -> StackConfig:
    """A stack's config, empty where it has no file of its own; EngineError for a file that isn't valid."""
    path = config_file or project.config_file(stack)
    document = yamlfile.read(path) if path.exists() or config_file else yamlfile.parse(path, "")
    entries = document.entries(document.root, "the file")
    for refused in ("secretsprovider", "encryptedkey", "environment"):
        if refused in entries:
            raise document.fault(
                entries[refused], f"{refused} isn't supported without the Pulumi CLI; install it."
            )
    own = {
        full_key(document, project.name, key, node): _config_value(document, node)
        for key, node in document.entries(entries.get("config"), "config").items()
    }
    salt = document.string(entries.get("encryptionsalt"), "encryptionsalt")
    return StackConfig(project, stack, path, salt, own, document)


def _config_value(document: yamlfile.Document, node: yaml.Node) -> Value:
    # The CLI, too, reads a key without a value as the empty string.
    return "" if yamlfile.is_null(node) else with_ciphertexts(document.value(node))


def with_ciphertexts(value: Value) -> Value:
    match value:
        case {"secure": str(text)} if len(value) == 1:
            return Ciphertext(text)
        case dict():
            return {key: with_ciphertexts(item) for key, item in value.items()}
        case list():
            return [with_ciphertexts(item) for item in value]
    return value


def config_text(value: Value, decrypt: Callable[[str], str]) -> str:
    """A config value as programs get it: strings bare, everything else as compact JSON with sorted keys."""
    match value:
        case str():
            return value
        case Ciphertext(text):
            return decrypt(text)
        case float():
            return gojson.number_text(value)
    return gojson.escaped(gojson.dumps(_tree(value, decrypt)), html_safe=True)


def _tree(value: Value, change: Callable[[str], Value], *, ordered: bool = True) -> Value:
    """A value with its ciphertexts changed, and its keys in sorted order unless they are to stay."""
    match value:
        case Ciphertext(text):
            return change(text)
        case dict():
            keys = sorted(value) if ordered else value
            return {key: _tree(value[key], change, ordered=ordered) for key in keys}
        case list():
            return [_tree(item, change, ordered=ordered) for item in value]
        case float() if value.is_integer():
            return int(value)
    return value


def _is_nested(value: Value) -> bool:
    return isinstance(value, dict | list | Ciphertext)


def is_secret(value: Value) -> bool:
    match value:
        case Ciphertext():
            return True
        case dict():
            return any(map(is_secret, value.values()))
        case list():
            return any(map(is_secret, value))
    return False
