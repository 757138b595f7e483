"""Secrets under a passphrase, in the CLI's own format.

A salt reads `v1:<salt>:v1:<nonce>:<ciphertext>`: the tail is the word `pulumi` encrypted, by which a
passphrase is recognized. A ciphertext reads `v1:<nonce>:<ciphertext>`. The cipher is AES-256-GCM; its key
takes 0.2 s to derive, which is left until a first secret is met.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from engine.errors import EngineError
from engine.files import read_text

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_ROUNDS = 1_000_000
_KEY_BYTES = 32
_SALT_BYTES = 8
_NONCE_BYTES = 12
_CANARY = "pulumi"
_deriving = Lock()


class Crypter:
    """Encrypts and decrypts strings under one salt."""

    def __init__(self, salt: str, passphrase: Callable[[], str]) -> None:
        self._salt = salt
        self._passphrase = passphrase
        self._cipher: AESGCM | None = None
        self._ciphertexts: dict[str, str] = {}

    @property
    def salt(self) -> str:
        """The salt's text; empty for a new salt that no secret has needed yet."""
        return self._salt

    def verify(self) -> None:
        """Derive the key now; raises EngineError when the salt was made with another passphrase.

        Call it before the first change to a target: later on, a wrong passphrase would lose what was done.
        """
        self._key()

    def decrypt(self, ciphertext: str) -> str:
        """The plaintext; raises EngineError for a wrong passphrase or a damaged ciphertext."""
        plaintext = _open(self._key(), ciphertext)
        if plaintext is None:
            raise EngineError(
                "A secret can't be decrypted: it was encrypted under another salt, or is damaged; "
                "set it again with `pulumi config set --secret`, or restore the file it stands in."
            )
        self._ciphertexts.setdefault(plaintext, ciphertext)
        return plaintext

    def encrypt(self, plaintext: str) -> str:
        """A ciphertext; the one already known where this process has met the plaintext before."""
        known = self._ciphertexts.get(plaintext)
        if known is None:
            known = self._ciphertexts[plaintext] = _seal(self._key(), plaintext)
        return known

    def _key(self) -> AESGCM:
        if self._cipher is None:
            self._salt = self._salt or new_salt(self._passphrase())
            self._cipher = _verified(self._salt, self._passphrase())
        return self._cipher


def from_salt(salt: str, passphrase: str | None = None) -> Crypter:
    """The crypter of an existing salt; without a passphrase, the environment's is read when first needed.

    Raises EngineError for a malformed salt, and for a wrong passphrase if one is given.
    """
    _parse_salt(salt)
    if passphrase is None:
        return Crypter(salt, environment_passphrase)
    crypter = Crypter(salt, lambda: passphrase)
    crypter.verify()
    return crypter


def for_new_secrets() -> Crypter:
    """A crypter whose salt is made when a first secret needs it."""
    return Crypter("", environment_passphrase)


def new_salt(passphrase: str) -> str:
    """A new random salt, with the canary encrypted under it."""
    salt = os.urandom(_SALT_BYTES)
    return f"v1:{_encode(salt)}:{_seal(_derive(passphrase, salt), _CANARY)}"


def environment_passphrase() -> str:
    """PULUMI_CONFIG_PASSPHRASE, or what the file PULUMI_CONFIG_PASSPHRASE_FILE names holds; may be empty."""
    if (passphrase := os.environ.get("PULUMI_CONFIG_PASSPHRASE")) is not None:
        return passphrase
    if name := os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE"):
        try:
            return read_text(Path(name)).strip()
        except FileNotFoundError:
            raise EngineError(
                f"PULUMI_CONFIG_PASSPHRASE_FILE names a file that isn't there: {name}."
            ) from None
    raise EngineError(
        "The stack's secrets need a passphrase, and none is set; "
        "set PULUMI_CONFIG_PASSPHRASE, or PULUMI_CONFIG_PASSPHRASE_FILE to the path of a file that holds it."
    )


def _verified(salt: str, passphrase: str) -> AESGCM:
    raw, canary = _parse_salt(salt)
    cipher = _derive(passphrase, raw)
    if _open(cipher, canary) != _CANARY:
        raise EngineError(
            "The passphrase is wrong: the stack's secrets were encrypted with another one; "
            "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the stack's passphrase."
        )
    return cipher


def _parse_salt(text: str) -> tuple[bytes, str]:
    version, _, rest = text.partition(":")
    encoded, _, canary = rest.partition(":")
    if version != "v1" or not canary:
        raise EngineError(
            f"The encryption salt {text!r} is malformed; wanted v1:<salt>:v1:<nonce>:<ciphertext>."
        )
    return _decode(encoded), canary


def _derive(passphrase: str, salt: bytes) -> AESGCM:
    with _deriving:  # the state may be read beside other work, and a second caller would begin anew
        return _derived(passphrase, salt)


@lru_cache
def _derived(passphrase: str, salt: bytes) -> AESGCM:
    # 30 ms that a run without secrets saves.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    # It takes half the time of hashlib's, whose OpenSSL is older.
    return AESGCM(PBKDF2HMAC(SHA256(), _KEY_BYTES, salt, _ROUNDS).derive(passphrase.encode()))


def _seal(cipher: AESGCM, plaintext: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    return f"v1:{_encode(nonce)}:{_encode(cipher.encrypt(nonce, plaintext.encode(), None))}"


def _open(cipher: AESGCM, ciphertext: str) -> str | None:
    """The plaintext, or None when it doesn't authenticate."""
    from cryptography.exceptions import InvalidTag

    version, _, rest = ciphertext.partition(":")
    nonce, _, sealed = rest.partition(":")
    if version != "v1" or not sealed:
        raise EngineError("A ciphertext is malformed; wanted `v1:<nonce>:<ciphertext>`.")
    try:
        return cipher.decrypt(_decode(nonce), _decode(sealed), None).decode()
    except (InvalidTag, ValueError):
        return None


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise EngineError(
            "A salt or ciphertext is damaged: it is not base64; restore the file it stands in."
        ) from None
