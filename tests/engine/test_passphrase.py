"""Against ciphertexts that the CLI wrote: `Pulumi.dev.yaml` among the fixtures."""

from pathlib import Path

import pytest

from engine import passphrase as secrets
from engine.errors import EngineError

SALT = "v1:38jP9G6incA=:v1:5lH8diLc0z9+xVNK:8OS6kwHV3ULn6hGitSN/Eueuf5UMcQ=="
CIPHERTEXT = "v1:9VkrnR0Hr+HmiTxr:CU5rhMH9xBDonTTgM7E5xIKovOwwbg=="
PLAINTEXT = "s3 <&>"


def test_what_the_cli_encrypted_is_read(passphrase: str) -> None:
    assert secrets.from_salt(SALT, passphrase).decrypt(CIPHERTEXT) == PLAINTEXT


def test_an_unchanged_secret_keeps_its_ciphertext(passphrase: str) -> None:
    crypter = secrets.from_salt(SALT, passphrase)
    assert crypter.encrypt(crypter.decrypt(CIPHERTEXT)) == CIPHERTEXT


def test_a_new_secret_is_encrypted_once_and_under_a_nonce_of_its_own(passphrase: str) -> None:
    crypter, other = (secrets.from_salt(SALT, passphrase) for _ in range(2))
    assert crypter.encrypt("new") == crypter.encrypt("new") != other.encrypt("new")
    assert other.decrypt(crypter.encrypt("new")) == "new"


def test_a_wrong_passphrase_is_told_at_once_when_it_is_given() -> None:
    with pytest.raises(EngineError, match=r"passphrase is wrong.*PULUMI_CONFIG_PASSPHRASE") as caught:
        secrets.from_salt(SALT, "guessed")
    assert "guessed" not in str(caught.value)


def test_a_wrong_passphrase_of_the_environment_is_told_by_verify(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "guessed")
    crypter = secrets.from_salt(SALT)
    with pytest.raises(EngineError, match="passphrase is wrong"):
        crypter.verify()


def test_without_a_secret_no_passphrase_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    crypter = secrets.from_salt(SALT)
    assert crypter.salt == SALT
    with pytest.raises(EngineError, match="none is set; set PULUMI_CONFIG_PASSPHRASE"):
        crypter.decrypt(CIPHERTEXT)


def test_a_new_salt_comes_with_the_first_secret(passphrase: str) -> None:
    crypter = secrets.for_new_secrets()
    assert crypter.salt == ""
    ciphertext = crypter.encrypt("first")
    assert secrets.from_salt(crypter.salt, passphrase).decrypt(ciphertext) == "first"


def test_the_passphrase_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
    file = tmp_path / "a passphrase"
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE_FILE", str(file))
    with pytest.raises(EngineError, match="PULUMI_CONFIG_PASSPHRASE_FILE names a file that isn't there"):
        secrets.environment_passphrase()
    file.write_text(" horse \n", encoding="utf-8")
    assert secrets.environment_passphrase() == "horse"


def test_an_empty_passphrase_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "")
    assert secrets.environment_passphrase() == ""


@pytest.mark.parametrize("salt", ["", "v2:a:b", "v1:onlysalt", "no colons"])
def test_a_malformed_salt_is_refused(salt: str) -> None:
    with pytest.raises(EngineError, match="malformed; wanted v1:<salt>"):
        secrets.from_salt(salt)


@pytest.mark.parametrize(
    ("ciphertext", "message"),
    [
        (CIPHERTEXT[:-8] + "AAAAbg==", "another salt, or is damaged"),
        ("v1:9VkrnR0Hr+HmiTxr:not base64", "not base64"),
        ("v3:a:b", "malformed"),
        ("v1:AAAA:AAAA", "another salt, or is damaged"),
    ],
)
def test_a_damaged_ciphertext_is_told(passphrase: str, ciphertext: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        secrets.from_salt(SALT, passphrase).decrypt(ciphertext)
