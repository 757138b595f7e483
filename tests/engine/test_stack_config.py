from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.passphrase import Crypter, for_new_secrets, from_salt
from engine.project import Project, load_project
from engine.stack_config import Ciphertext, StackConfig, load_stack_config
from engine.values import Secret


def project_declaring(folder: Path, declared: str) -> Project:
    text = f"name: ex\nruntime: python\nconfig:\n  {declared}"
    (folder / "Pulumi.yaml").write_text(text, encoding="utf-8")
    return load_project(folder)


def config_of(project: Project, text: str) -> StackConfig:
    project.config_file("dev").write_text(text, encoding="utf-8")
    return load_stack_config(project, "dev")


@pytest.fixture
def cli_config(project: Project, cli_files: Path) -> StackConfig:
    return config_of(project, (cli_files / "Pulumi.dev.yaml").read_text(encoding="utf-8"))


@pytest.fixture
def crypter(passphrase: str, cli_config: StackConfig) -> Crypter:
    return from_salt(cli_config.encryption_salt, passphrase)


class TestReading:
    def test_what_the_cli_wrote(self, cli_config: StackConfig, crypter: Crypter) -> None:
        assert cli_config.decrypted(crypter) == {
            "eng:key": "abc",
            "eng:region": "west",
            "ex:level": "3",
            "ex:o": '{"a":[5],"pw":"nested\\u0026"}',
            "ex:pw": "s3 <&>",
        }
        assert cli_config.secret_keys == ["eng:key", "ex:o", "ex:pw"]

    def test_a_provider_s_inputs_have_bare_keys_and_marked_secrets(
        self, cli_config: StackConfig, crypter: Crypter
    ) -> None:
        assert cli_config.for_namespace("eng", crypter) == {"key": Secret("abc"), "region": "west"}

    def test_the_history_s_form_keeps_secrets_encrypted(self, cli_config: StackConfig) -> None:
        entries = cli_config.as_json()
        assert entries["ex:level"] == "3"
        assert list(entries["ex:pw"]) == ["secure"]
        assert entries["ex:o"]["a"] == [5]
        assert list(entries["ex:o"]["pw"]) == ["secure"]

    def test_values_become_the_cli_s_strings(self, project: Project) -> None:
        config = config_of(
            project,
            "config:\n"
            "  number: 1.50\n  whole: 1.0\n  yes: yes\n  flag: true\n  empty:\n"
            "  ex:config:old: '007'\n"
            "  tree: {b: [1, null, 1.0], a: '<'}\n",
        )
        texts = config.decrypted(for_new_secrets())
        assert {key.removeprefix("ex:"): text for key, text in texts.items() if key.startswith("ex:")} == {
            "number": "1.5",
            "whole": "1",
            "yes": "yes",
            "flag": "true",
            "empty": "",
            "old": "007",
            "tree": '{"a":"\\u003c","b":[1,null,1]}',
            "level": "3",
        }

    def test_a_stack_overrides_a_default(self, project: Project) -> None:
        config = config_of(project, "config:\n  level: 4\n")
        assert config.decrypted(for_new_secrets()) == {"ex:level": "4", "eng:region": "west"}

    def test_a_stack_without_a_file_has_the_defaults(self, project: Project) -> None:
        config = load_stack_config(project, "other")
        assert config.own == {}
        assert config.decrypted(for_new_secrets()) == {"ex:level": "3", "eng:region": "west"}

    def test_a_file_that_was_named_must_exist(self, project: Project) -> None:
        with pytest.raises(EngineError, match=r"other\.yaml can't be read"):
            load_stack_config(project, "dev", project.root / "other.yaml")

    @pytest.mark.parametrize(
        ("declared", "set_by_stack", "message"),
        [
            ("a:\n    type: string\n", "", r"lacks the config ex:a, declared in Pulumi\.yaml; set it by"),
            ("a:\n    type: integer\n", "a: x", "ex:a is 'x'; wanted integer"),
            ("a:\n    type: boolean\n", "a: yes", "ex:a is 'yes'; wanted boolean"),
            ("a:\n    type: object\n", "a: [1]", "wanted object"),
            ("a:\n    type: array\n    items:\n      type: integer\n", "a: [1, x]", "wanted array<integer>"),
            ("a:\n    type: string\n    secret: true\n", "a: x", "in plain text, and declared a secret"),
        ],
    )
    def test_a_declaration_not_met_is_told(
        self, tmp_path: Path, declared: str, set_by_stack: str, message: str
    ) -> None:
        project = project_declaring(tmp_path, declared)
        config = config_of(project, f"config:\n  {set_by_stack}\n")
        with pytest.raises(EngineError, match=message):
            config.decrypted(for_new_secrets())

    @pytest.mark.parametrize(
        ("declared", "set_by_stack"),
        [
            ("a:\n    type: string\n", "a: 8"),
            ("a:\n    type: integer\n", "a: '-8'"),
            ("a:\n    type: boolean\n", "a: true"),
            ("a:\n    type: object\n", "a: {b: 1}"),
            ("a:\n    type: array\n    items:\n      type: integer\n", "a: [1, '2']"),
            ("a:\n    type: integer\n    default: 3\n", ""),
        ],
    )
    def test_a_declaration_met_is_not(self, tmp_path: Path, declared: str, set_by_stack: str) -> None:
        project = project_declaring(tmp_path, declared)
        config = config_of(project, f"config:\n  {set_by_stack}\n")
        assert list(config.decrypted(for_new_secrets())) == ["ex:a"]

    def test_a_secret_of_a_wrong_type_is_not_shown(self, tmp_path: Path, passphrase: str) -> None:
        project = project_declaring(tmp_path, "a:\n    type: integer\n")
        config = load_stack_config(project, "dev")
        crypter = config.crypter()
        config.set("a", passphrase, crypter)
        with pytest.raises(EngineError, match=r"ex:a is \[secret\]; wanted integer") as caught:
            config.decrypted(crypter)
        assert passphrase not in str(caught.value)

    @pytest.mark.parametrize("key", ["secretsprovider", "encryptedkey", "environment"])
    def test_what_only_the_cli_can_is_refused(self, project: Project, key: str) -> None:
        with pytest.raises(EngineError, match=rf"Pulumi\.dev\.yaml:1: {key} isn't supported"):
            config_of(project, f"{key}: x\n")


class TestWriting:
    def test_a_value_is_set_as_a_string(self, project: Project) -> None:
        config = config_of(project, "# mine\nconfig:\n  level: 3 # of five\n")
        config.set("level", "4")
        config.set("eng:region", "east")
        config.save()
        assert config.file.read_text(encoding="utf-8") == (
            '# mine\nconfig:\n  level: "4" # of five\n  eng:region: east\n'
        )
        assert load_stack_config(project, "dev").own == config.own == {"ex:level": "4", "eng:region": "east"}

    def test_a_first_secret_brings_the_salt(self, project: Project, passphrase: str) -> None:
        config = load_stack_config(project, "dev")
        config.set("pw", "not-base-64", config.crypter())
        config.save()
        text = config.file.read_text(encoding="utf-8")
        assert text.startswith("encryptionsalt: v1:")
        assert "not-base-64" not in text
        assert passphrase not in text
        again = load_stack_config(project, "dev")
        assert isinstance(again.own["ex:pw"], Ciphertext)
        assert again.get("pw", from_salt(again.encryption_salt, passphrase)) == "not-base-64"

    def test_a_further_secret_shares_the_salt(self, cli_config: StackConfig, crypter: Crypter) -> None:
        salt = cli_config.encryption_salt
        cli_config.set("more", "x", crypter)
        cli_config.save()
        again = load_stack_config(cli_config.project, "dev")
        assert again.encryption_salt == salt
        assert again.decrypted(crypter)["ex:more"] == "x"
        assert again.decrypted(crypter)["ex:pw"] == "s3 <&>"

    def test_a_key_is_taken_out_and_the_default_is_back(self, project: Project) -> None:
        config = config_of(project, "config:\n  level: 4\n  ex:other: 1\n")
        config.rm("ex:level")
        config.save()
        assert config.file.read_text(encoding="utf-8") == "config:\n  ex:other: 1\n"
        assert config.get("level", for_new_secrets()) == "3"

    def test_a_key_that_is_not_set_is_out_already(self, project: Project) -> None:
        config = config_of(project, "config:\n  ex:other: 1\n")
        config.rm("level")
        config.rm("other", ("inner",))
        assert config.own == {"ex:other": 1}
        assert config.get("nothing", for_new_secrets()) is None

    def test_nothing_is_written_before_save(self, project: Project) -> None:
        load_stack_config(project, "dev").set("a", "b")
        assert not project.config_file("dev").exists()
