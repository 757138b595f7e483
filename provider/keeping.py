"""Where a hosted project's state and secrets are kept: not where everybody knows the passphrase.

The sandbox's state lies below `.sandbox/`, which a reset removes, under a passphrase that stands in the
repository.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import yaml
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

SANDBOX = ".sandbox"
PUBLIC_PASSPHRASE = b"sandbox"
"""What `engine/pulumi` sets for the sandbox's state."""

_ROUNDS = 1_000_000
_KEY_BYTES = 32


class _Salt(NamedTuple):
    """Pulumi's `v1:<salt>:v1:<nonce>:<ciphertext>`, whose tail is a known word."""

    salt: bytes
    nonce: bytes
    ciphertext: bytes


def keeping_problem(root: Path, environment: Mapping[str, str] = os.environ) -> str | None:
    """Why a hosted project may not be kept as the config in `root` says; None where it may."""
    if _is_below_sandbox(root, backend := _backend(root, environment)):
        return (
            f"the state would lie in {backend}, which a reset of the sandbox removes and whose passphrase is "
            "public; name a backend of your own in PULUMI_BACKEND_URL, then run `pulumi stack init`"
        )
    for file in sorted(root.glob("Pulumi.*.yaml")):
        config = _mapping(file)
        if _is_hosted(config) and _opens_for_all(str(config.get("encryptionsalt", ""))):
            return (
                f"{file.name} keeps its secrets under the sandbox's passphrase, which is public; remove its "
                "encryptionsalt and secrets, choose a passphrase of your own, then set the secrets again"
            )
    return None


def _backend(root: Path, environment: Mapping[str, str]) -> str:
    # A backend in Pulumi.yaml overrules the one that `pulumi login` has chosen.
    declared = _mapping(root / "Pulumi.yaml").get("backend") or {}
    return str(environment.get("PULUMI_BACKEND_URL") or declared.get("url") or "")


def _is_below_sandbox(root: Path, backend: str) -> bool:
    parts = urlsplit(backend)
    if parts.scheme != "file":
        return False
    place = root / unquote(parts.netloc + parts.path)
    return (root / SANDBOX).resolve() in (place.resolve(), *place.resolve().parents)


def _is_hosted(config: Mapping[str, Any]) -> bool:
    return (config.get("config") or {}).get("voip:target") == "hosted"


@cache  # the target is asked for in several calls of one run, and the key takes 0.2 s
def _opens_for_all(text: str) -> bool:
    if (salt := _parsed(text)) is None:
        return False
    key = PBKDF2HMAC(SHA256(), _KEY_BYTES, salt.salt, _ROUNDS).derive(PUBLIC_PASSPHRASE)
    try:
        AESGCM(key).decrypt(salt.nonce, salt.ciphertext, None)
    except InvalidTag:
        return False
    return True


def _parsed(text: str) -> _Salt | None:
    match text.split(":"):
        case ["v1", salt, "v1", nonce, ciphertext]:
            return _Salt(*map(base64.b64decode, (salt, nonce, ciphertext)))
    return None


def _mapping(file: Path) -> dict[str, Any]:
    try:
        told = yaml.safe_load(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}  # whoever reads it for what it says tells what is wrong with it
    return told if isinstance(told, dict) else {}
