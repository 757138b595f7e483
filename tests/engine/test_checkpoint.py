"""Against states that the CLI wrote, `state.json` and its like among the fixtures."""

import json
import re
from pathlib import Path

import pytest

from engine import checkpoint, urns
from engine.errors import EngineError
from engine.passphrase import Crypter, for_new_secrets, from_salt
from engine.rows import STACK_TYPE, PendingOperation, Row, Snapshot
from engine.values import UNKNOWN, ResourceReference, Secret

NAME = "organization/ex/dev"
THING = "urn:pulumi:dev::ex::eng:c:Comp$eng:x:Thing::"
MANIFEST = re.compile(r'"manifest": ?\{[^}]*\}')
CIPHERTEXT = re.compile(r'"ciphertext": ?"([^"]*)"')
SALT = "v1:38jP9G6incA=:v1:5lH8diLc0z9+xVNK:8OS6kwHV3ULn6hGitSN/Eueuf5UMcQ=="


def comparable(text: str) -> str:
    """Without the manifest, and with one ciphertext for all: equal secrets come to share one."""
    return CIPHERTEXT.sub('"ciphertext":"…"', MANIFEST.sub('"manifest":{}', text))


def decoded(path: Path) -> tuple[Snapshot, Crypter]:
    snapshot, crypter = checkpoint.decode(path.read_text(encoding="utf-8"), path.name)
    assert crypter is not None
    return snapshot, crypter


def rows_by_name(snapshot: Snapshot) -> dict[str, Row]:
    return {urns.name_of(row.urn): row for row in snapshot.rows}


@pytest.mark.usefixtures("passphrase")
class TestTheCliSFiles:
    @pytest.mark.parametrize("name", ["state.json", "interrupted.json"])
    def test_a_state_is_written_as_it_was_read(self, cli_files: Path, name: str) -> None:
        original = (cli_files / name).read_text(encoding="utf-8")
        written = checkpoint.encode(NAME, *decoded(cli_files / name))
        assert comparable(written) == comparable(original)
        assert set(CIPHERTEXT.findall(written)) <= set(CIPHERTEXT.findall(original))

    def test_a_second_writing_changes_nothing(self, cli_files: Path) -> None:
        written = checkpoint.encode(NAME, *decoded(cli_files / "state.json"))
        snapshot, crypter = checkpoint.decode(written, "again")
        assert crypter is not None
        again = checkpoint.encode(NAME, snapshot, crypter)
        assert MANIFEST.sub("", again) == MANIFEST.sub("", written)

    def test_rows_hold_what_the_file_says(self, cli_files: Path) -> None:
        rows = rows_by_name(decoded(cli_files / "state.json")[0])
        stack, a, b = rows["ex-dev"], rows["a"], rows["b"]
        assert stack.type == STACK_TYPE
        assert stack.outputs == {"id": "x-b", "n": 10**20, "token": Secret("t&a")}
        assert rows["c"].outputs["deep"] == Secret({"list": [1, 2.5, "<&>", None]})
        assert a.inputs["list"] == [True, {"b": "ü\u2028", "z": 1}]
        assert b.inputs == {
            "pw": Secret("s3 <&>"),
            "ref": "x-a",
            "whole": ResourceReference(THING + "a", "x-a"),
        }
        assert b.custom_timeouts == {"create": 300, "update": 90, "delete": 3600}
        assert b.property_dependencies == {"pw": [], "ref": [THING + "a"], "whole": [THING + "a"]}
        assert (b.retain_on_delete, b.deleted_with) == (True, THING + "a")
        assert b.extra == {"stackTrace": [{"sourcePosition": "project:///__main__.py#12"}, {}, {}]}

    def test_an_operation_that_was_cut_off(self, cli_files: Path) -> None:
        [operation] = decoded(cli_files / "interrupted.json")[0].pending_operations
        assert operation.kind == "creating"
        assert urns.name_of(operation.row.urn) == "stuck"
        assert operation.row.inputs == {"pw": Secret("in flight")}

    def test_an_export_is_printed_alike(self, cli_files: Path) -> None:
        snapshot, crypter = decoded(cli_files / "state.json")
        for name, show_secrets in (("exported.json", False), ("exported-with-secrets.json", True)):
            printed = (cli_files / name).read_text(encoding="utf-8")
            exported = checkpoint.export(snapshot, crypter, show_secrets=show_secrets)
            assert comparable(exported) == comparable(printed)

    @pytest.mark.parametrize("name", ["exported.json", "exported-with-secrets.json"])
    def test_an_export_is_imported(self, cli_files: Path, name: str) -> None:
        printed = (cli_files / name).read_text(encoding="utf-8")
        assert checkpoint.import_(printed, name, "dev") == decoded(cli_files / "state.json")[0]

    def test_rows_of_another_stack_are_imported_by_force_alone(self, cli_files: Path) -> None:
        printed = (cli_files / "exported.json").read_text(encoding="utf-8")
        with pytest.raises(EngineError, match="5 of the resources aren't of the stack other"):
            checkpoint.import_(printed, "exported.json", "other")
        assert len(checkpoint.import_(printed, "exported.json", "other", force=True).rows) == 5

    def test_a_wrong_passphrase_is_told(self, cli_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "guessed")
        with pytest.raises(EngineError, match="passphrase is wrong"):
            decoded(cli_files / "state.json")


class TestEncoding:
    def row_of(self, row: Row) -> dict[str, object]:
        document = json.loads(checkpoint.encode(NAME, Snapshot([row]), for_new_secrets()))
        found: dict[str, object] = document["checkpoint"]["latest"]["resources"][0]
        return found

    def test_an_empty_state_needs_no_passphrase(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)
        text = checkpoint.encode(NAME, Snapshot(), for_new_secrets())
        assert MANIFEST.sub('"manifest":{}', text) == (
            '{"version":3,"checkpoint":{"stack":"organization/ex/dev",'
            '"latest":{"manifest":{},"metadata":{}}}}'
        )
        assert checkpoint.decode(text, "state.json") == (Snapshot(), None)

    def test_the_salt_of_a_state_stays_though_nothing_is_secret(self) -> None:
        text = checkpoint.encode(NAME, Snapshot(), from_salt(SALT))
        latest = json.loads(text)["checkpoint"]["latest"]
        assert latest["secrets_providers"] == {"type": "passphrase", "state": {"salt": SALT}}

    def test_empty_fields_are_left_out(self) -> None:
        assert self.row_of(Row("u", False, "t")) == {"urn": "u", "custom": False, "type": "t"}

    def test_keys_come_in_the_checkpoint_s_order(self) -> None:
        row = Row("u", True, "t", id="i", created="c", protect=True, extra={"later": 1, "taint": True})
        assert list(self.row_of(row)) == [
            "urn",
            "custom",
            "id",
            "type",
            "protect",
            "taint",
            "created",
            "later",
        ]

    def test_values_that_json_lacks(self) -> None:
        row = Row("u", False, "t", inputs={"b": UNKNOWN, "a": ResourceReference("v", None)})
        assert self.row_of(row)["inputs"] == {
            "a": {
                "4dabf18193072939515e22adb298388d": "5cf8f73096256a8f31e491e813e4eb8e",
                "packageVersion": "",
                "urn": "v",
            },
            "b": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        }

    def test_whole_timeouts_have_no_fraction(self) -> None:
        text = checkpoint.encode(
            NAME,
            Snapshot([Row("u", False, "t", custom_timeouts={"delete": 90.0, "create": 1.5})]),
            from_salt(SALT),
        )
        assert '"customTimeouts":{"create":1.5,"delete":90}' in text

    @pytest.mark.usefixtures("passphrase")
    def test_everything_comes_back(self) -> None:
        inner = Secret({"deep": [Secret("inner"), UNKNOWN, None, 1.5, ResourceReference("u", "i")]})
        row = Row(
            "urn:u", True, "t", id="i", inputs={"s": inner}, extra={"replacementTrigger": Secret("again")}
        )
        snapshot = Snapshot([row], [PendingOperation(row, "updating")])
        crypter = from_salt(SALT)
        text = checkpoint.encode(NAME, snapshot, crypter)
        assert "inner" not in text
        assert "again" not in text
        assert checkpoint.decode(text, "state.json")[0] == snapshot

    def test_what_is_no_property_value_is_a_fault_of_the_program(self) -> None:
        with pytest.raises(TypeError, match="Path is not a property value"):
            checkpoint.encode(NAME, Snapshot([Row("u", False, "t", inputs={"p": Path()})]), from_salt(SALT))


def state(**latest: object) -> str:
    return json.dumps({"version": 3, "checkpoint": {"stack": NAME, "latest": latest}})


DAMAGED = {
    "no JSON": ("{\n", r"state\.json:2: the state is not JSON"),
    "no object": ("[]", "the state is a list; wanted an object"),
    "no checkpoint": ('{"version": 3, "checkpoint": [1]}', "damaged: checkpoint is a list; wanted an object"),
    "no deployment": (
        '{"version": 3, "checkpoint": {"latest": "x"}}',
        "damaged: latest is a string; wanted an object",
    ),
    "newer": (
        json.dumps({"version": 4, "features": ["hooks", "taint"], "checkpoint": {"latest": {}}}),
        "version 4 and needs hooks, taint; this engine reads version 3: use the Pulumi CLI",
    ),
    "older": (
        json.dumps({"version": 2, "checkpoint": {"latest": {}}}),
        "version 2; this engine reads version 3",
    ),
    "magic": (state(manifest={"version": "v3.260.0", "magic": "00"}), "magic number doesn't fit"),
    "secrets provider": (
        state(secrets_providers={"type": "cloud", "state": {}}),
        "kept by cloud; wanted passphrase: use the Pulumi CLI",
    ),
    "no row": (state(resources=[1]), r"damaged: resources\[0\] is a number; wanted an object; restore it"),
    "row": (
        state(resources=[{"urn": "u", "custom": False}]),
        r"damaged: resources\[0\]\.type is null; wanted a string",
    ),
    "field": (
        state(resources=[{"urn": "u", "custom": False, "type": "t", "inputs": ["x"]}]),
        r"damaged: resources\[0\]\.inputs is a list; wanted an object",
    ),
    "needed": (
        state(resources=[{"urn": "u", "custom": False, "type": "t", "propertyDependencies": {"a": 1}}]),
        r"damaged: resources\[0\]\.propertyDependencies\.a is a number; wanted a list",
    ),
    "operation": (
        state(pending_operations=[{"type": "creating"}]),
        r"damaged: pending_operations\[0\]\.resource is null; wanted an object",
    ),
    "salt's place": (
        state(secrets_providers={"type": "passphrase", "state": None}),
        "damaged: a value isn't of its kind",
    ),
    "rows": (state(resources="none"), "damaged: resources is a string; wanted a list"),
    "order": (
        state(resources=[{"urn": "u", "custom": False, "type": "t", "parent": "v"}]),
        "the state isn't sound: u refers to its parent v",
    ),
    "asset": (
        state(
            resources=[
                {
                    "urn": "u",
                    "custom": False,
                    "type": "t",
                    "inputs": {
                        "a": {
                            "4dabf18193072939515e22adb298388d": "c44067f5952c0a294b673a41bacd8c17",
                            "text": "x",
                        }
                    },
                }
            ]
        ),
        "unsupported kind c44067f5952c0a294b673a41bacd8c17",
    ),
    "salt": (
        state(
            resources=[
                {
                    "urn": "u",
                    "custom": False,
                    "type": "t",
                    "inputs": {
                        "a": {
                            "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                            "ciphertext": "v1:a:b",
                        }
                    },
                }
            ]
        ),
        "holds secrets, and not the salt",
    ),
}


@pytest.mark.parametrize(("text", "message"), DAMAGED.values(), ids=DAMAGED)
def test_a_state_that_can_t_be_used_is_refused(text: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        checkpoint.decode(text, "state.json")


def test_a_stack_that_was_just_made_is_empty() -> None:
    assert checkpoint.decode('{"version":0,"checkpoint":{"stack":"organization/ex/dev"}}', "state.json") == (
        Snapshot(),
        None,
    )
