"""`pulumi config ...`."""

from __future__ import annotations

import getpass
import json
import re
import sys

from engine.cli.session import Session
from engine.errors import EngineError
from engine.paths import MISSING, Path
from engine.redactor import SECRET_TEXT
from engine.stack_config import config_text, is_secret, key_and_path
from engine.values import Properties, Value


def show(session: Session) -> int:
    """List what is in effect; secrets are masked unless they are asked for."""
    arguments, config = session.arguments, session.config
    if arguments.json:
        entries = {
            key: _entry(session, value, hidden=not arguments.show_secrets)
            for key, value in config.values.items()
        }
        _write_json(entries)
        return 0
    decrypt = session.crypter.decrypt if arguments.show_secrets else _masked
    prefix = f"{session.project.name}:"
    texts = {key.removeprefix(prefix): config_text(value, decrypt) for key, value in config.values.items()}
    width = max([len("KEY"), *(len(key) for key in texts)])
    sys.stdout.write(f"{'KEY'.ljust(width)}  VALUE\n")
    for key, text in texts.items():
        sys.stdout.write(f"{key.ljust(width)}  {text}\n")
    return 0


def _masked(ciphertext: str) -> str:
    del ciphertext
    return SECRET_TEXT


def _entry(session: Session, value: Value, *, hidden: bool) -> Properties:
    """A value as the CLI's JSON has it: its text, a structure also as such, and whether it is a secret."""
    secret = is_secret(value)
    if secret and hidden:
        return {"secret": True}
    text = config_text(value, session.crypter.decrypt)
    structure = {"objectValue": json.loads(text)} if isinstance(value, dict | list) else {}
    return {"value": text, **structure, "secret": secret}


def get(session: Session) -> int:
    value = session.config.value(*_place(session))
    if value is MISSING:
        raise EngineError(
            f"configuration key '{session.arguments.key}' not found for stack '{session.name.stack}'; "
            f"`pulumi config` lists what is set"
        )
    if session.arguments.json:
        _write_json(_entry(session, value, hidden=False))
    else:
        sys.stdout.write(config_text(value, session.crypter.decrypt) + "\n")
    return 0


def set_(session: Session) -> int:
    arguments = session.arguments
    text = arguments.value
    if text is None:
        text = _asked(session)
    key, path = _place(session)
    if arguments.secret:
        session.config.set(key, text, session.crypter, path)
    else:
        session.config.set(key, typed(text, arguments.type, within=bool(path)), path=path)
    session.config.save()
    return 0


def _place(session: Session) -> tuple[str, Path]:
    key = session.arguments.key
    return key_and_path(key) if session.arguments.path else (key, ())


def typed(text: str, kind: str | None, *, within: bool) -> Value:
    """The value that a text stands for; within a structure one that looks like no string is none."""
    try:
        match kind:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"true": True, "false": False}[text]
    except (ValueError, KeyError):
        raise EngineError(f"{text!r} is no {kind}; give one, or leave --type out") from None
    looks_typed = re.fullmatch(r"true|false|[-+]?(0|[1-9][0-9]*)", text)
    return json.loads(text.removeprefix("+")) if within and kind is None and looks_typed else text


def _write_json(value: Properties) -> None:
    json.dump(value, sys.stdout, indent=2, ensure_ascii=False)
    sys.stdout.write("\n")


def _asked(session: Session) -> str:
    """A value that is not an argument, so that a secret need not stand in a process list."""
    if not session.is_interactive:
        return sys.stdin.read().removesuffix("\n")
    if session.arguments.secret:
        return getpass.getpass("value: ")
    sys.stdout.write("value: ")
    sys.stdout.flush()
    return sys.stdin.readline().removesuffix("\n")


def rm(session: Session) -> int:
    session.config.rm(*_place(session))
    session.config.save()
    return 0
