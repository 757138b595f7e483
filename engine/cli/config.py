"""`pulumi config ...`."""

from __future__ import annotations

import getpass
import json
import sys

from engine.cli.session import Session
from engine.errors import EngineError
from engine.redactor import SECRET_TEXT
from engine.values import Properties


def show(session: Session) -> int:
    """List what is in effect; secrets are masked unless they are asked for."""
    arguments, config = session.arguments, session.config
    secret = set(config.secret_keys)
    texts = {
        key: None if key in secret and not arguments.show_secrets else config.get(key, session.crypter)
        for key in config.values
    }
    if arguments.json:
        entries: Properties = {}
        for key, text in texts.items():
            entries[key] = {"secret": True} if text is None else {"value": text, "secret": key in secret}
        json.dump(entries, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
        return 0
    prefix = f"{session.project.name}:"
    named = {key.removeprefix(prefix): SECRET_TEXT if text is None else text for key, text in texts.items()}
    width = max([len("KEY"), *(len(key) for key in named)])
    sys.stdout.write(f"{'KEY'.ljust(width)}  VALUE\n")
    for key, text in named.items():
        sys.stdout.write(f"{key.ljust(width)}  {text}\n")
    return 0


def get(session: Session) -> int:
    key = session.arguments.key
    config = session.config
    value = config.get(key, session.crypter)
    if value is None:
        raise EngineError(
            f"configuration key '{key}' not found for stack '{session.name.stack}'; "
            f"`pulumi config` lists what is set"
        )
    if session.arguments.json:
        secret = config.full_key(key) in config.secret_keys
        json.dump({"value": value, "secret": secret}, sys.stdout, indent=2, ensure_ascii=False)
        sys.stdout.write("\n")
    else:
        sys.stdout.write(value + "\n")
    return 0


def set_(session: Session) -> int:
    arguments = session.arguments
    value = arguments.value
    if value is None:
        value = _asked(session)
    session.config.set(arguments.key, value, session.crypter if arguments.secret else None)
    session.config.save()
    return 0


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
    session.config.rm(session.arguments.key)
    session.config.save()
    return 0
