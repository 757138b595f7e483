"""What a user types beside the plain commands: it does what the CLI does, or is refused by its name.

`docs/engine.md` has the table (see `test_documentation.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.lifecycle import Project

UP = ("up", "--yes", "--skip-preview")
PROGRAM = """
group = Group("group")
a = Thing("a", {"value": config.get("value")}, Options(parent=group))
Thing("b", {"ref": a.id})
pulumi.export("id", a.id)
"""
A = "urn:pulumi:dev::test::test:index:Group$fake:index:Thing::a"
B = "urn:pulumi:dev::test::fake:index:Thing::b"

REFUSED_COMMANDS = (
    "about",
    "api",
    "config copy",
    "config env",
    "config refresh",
    "config remove-all",
    "config set-all",
    "console",
    "convert",
    "do",
    "env",
    "install",
    "login",
    "logout",
    "logs",
    "neo",
    "new",
    "org",
    "package",
    "plugin",
    "policy",
    "project",
    "schema",
    "stack change-secrets-provider",
    "stack graph",
    "stack migrate",
    "stack rename",
    "stack tag",
    "state edit",
    "state move",
    "state rename",
    "state repair",
    "state taint",
    "state upgrade",
    "template",
    "watch",
)
REFUSED_OPTIONS = (
    "--attach-debugger",
    "--continue-on-error",
    "--debug",
    "--exclude",
    "--exclude-dependents",
    "--exclude-protected",
    "--ignore-protect",
    "--neo",
    "--override-env",
    "--plan",
    "--policy-pack",
    "--replace",
    "--run-program",
    "--save-plan",
    "--secrets-provider",
    "--show-config",
    "--show-reads",
    "--show-replacement-steps",
    "--show-secrets",
    "--skip-config-validation",
    "--strict",
    "--target-replace",
    "--urns",
)
REFUSED_VARIABLES = (
    "PULUMI_CONTINUE_ON_ERROR",
    "PULUMI_DIY_BACKEND_GZIP",
    "PULUMI_DIY_BACKEND_LEGACY_LAYOUT",
    "PULUMI_DIY_BACKEND_ZSTD",
    "PULUMI_DISABLE_PROVIDER_PREVIEW",
    "PULUMI_ENABLE_STREAMING_JSON_PREVIEW",
    "PULUMI_RUN_PROGRAM",
)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without a stack, for what is refused before one is looked for."""
    return Project(tmp_path_factory.mktemp("bare"), None)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path, None)
    project.write_program(PROGRAM)
    project.write_behaviour({})
    assert project.run("stack", "init", "dev").code == 0
    return project


@pytest.fixture
def made(project: Project) -> Project:
    """The project with its resources made."""
    assert project.run(*UP).code == 0
    return project


class TestRefusals:
    @pytest.mark.parametrize("command", REFUSED_COMMANDS)
    def test_a_command_is_refused_by_its_name(self, bare: Project, command: str) -> None:
        refused = bare.run(*command.split())
        assert refused.code == 1
        assert f"there is no `pulumi {command}` here" in refused.output
        assert "install the Pulumi CLI" in refused.output

    @pytest.mark.parametrize("option", REFUSED_OPTIONS)
    @pytest.mark.parametrize("command", ["preview", "up", "refresh", "destroy"])
    def test_an_option_is_refused_by_its_name(self, bare: Project, command: str, option: str) -> None:
        refused = bare.run(command, option)
        assert refused.code == 1
        assert f"unrecognized arguments: {option}" in refused.output
        assert "install the Pulumi CLI" in refused.output

    @pytest.mark.parametrize("option", ["--logtostderr", "--tracing", "--profiling", "-v", "--emoji"])
    def test_so_is_one_of_all_commands(self, bare: Project, option: str) -> None:
        refused = bare.run("preview", option)
        assert refused.code == 1
        assert option in refused.output

    @pytest.mark.parametrize("variable", REFUSED_VARIABLES)
    def test_a_variable_that_asks_for_something_else_is_refused(self, bare: Project, variable: str) -> None:
        bare.environment[variable] = "true"
        try:
            refused = bare.run("stack", "ls")
        finally:
            del bare.environment[variable]
        assert refused.code == 1
        assert f"{variable} is set, which the embedded engine does not support" in refused.output

    def test_no_option_has_a_shorter_name(self, bare: Project) -> None:
        assert "unrecognized arguments: --skip-prev" in bare.run("up", "--skip-prev").output


class TestRuns:
    @pytest.mark.parametrize(
        "option",
        [
            "--suppress-progress",
            "--show-full-output",
            "--suppress-permalink=true",
            "--skip-plugin-pre-install",
        ],
    )
    def test_what_is_so_in_any_case_is_accepted(self, project: Project, option: str) -> None:
        assert project.run("preview", option).steps == {"+ group", "+ a", "+ b"}

    def test_what_does_not_change_is_shown_on_demand(self, made: Project) -> None:
        assert "Thing a" not in made.run("preview").output
        assert "    fake:index:Thing a\n" in made.run("preview", "--show-sames").output
        assert "fake:index:Thing: (same)" in made.run("preview", "--show-sames", "--diff").output
        digest = json.loads(made.run("preview", "--show-sames", "--json").output)
        assert [step["op"] for step in digest["steps"]] == ["same"] * 4

    def test_outputs_are_left_out_on_demand(self, project: Project) -> None:
        assert "Outputs:" in project.run("preview").output
        assert "Outputs:" not in project.run("preview", "--suppress-outputs").output

    def test_a_key_given_with_a_run_may_lead_into_an_object(self, project: Project) -> None:
        assert project.run("preview", "--config-path", "-c", "list[0].on=true").code == 0
        assert project.run("config", "get", "list").output == '[{"on":true}]\n'

    @pytest.mark.parametrize(("alias", "command"), [("pre", "preview"), ("update", "up"), ("dn", "destroy"),
                                                     ("down", "destroy")])  # fmt: skip
    def test_a_command_s_other_names(self, project: Project, alias: str, command: str) -> None:
        words = () if command == "preview" else ("--yes", "-f")
        assert project.run(alias, *words).code == 0

    def test_a_variable_may_confirm(self, project: Project) -> None:
        project.environment["PULUMI_SKIP_CONFIRMATIONS"] = "true"
        assert project.run("up").code == 0
        assert len(project.rows()) == 3

    def test_a_variable_may_say_how_much_is_done_at_once(self, project: Project) -> None:
        project.environment["PULUMI_PARALLEL"] = "much"
        assert "argument -p/--parallel: invalid int value: 'much'" in project.run("preview").output
        for number in ("-1", "0", "1", "8"):
            project.environment["PULUMI_PARALLEL"] = number
            assert project.run("preview").code == 0

    def test_a_destroyed_stack_is_removed_on_demand(self, made: Project) -> None:
        assert made.run("destroy", "--yes", "--remove").code == 0
        assert not (made.folder / "Pulumi.dev.yaml").exists()
        assert made.run("preview", "--stack", "dev").code == 6

    def test_one_that_could_not_be_destroyed_is_not(self, made: Project) -> None:
        made.write_behaviour({"*": {"fail": {"delete:b": "no"}}})
        assert made.run("destroy", "--yes", "--remove").code == 1
        assert made.run("preview", "--stack", "dev").code == 0

    def test_a_preview_alone_needs_no_yes(self, made: Project) -> None:
        assert made.run("destroy", "--preview-only").code == 0
        assert "cannot be used together" in made.run("destroy", "--preview-only", "--yes").output

    def test_the_version_is_told(self, bare: Project) -> None:
        assert bare.run("--version").output == bare.run("version").output


class TestState:
    def test_protection_is_given_and_taken(self, made: Project) -> None:
        assert made.run("state", "protect", A, B, "--yes").output == "2 resources protected\n"
        blocked = made.run("destroy", "--yes", "--skip-preview")
        assert blocked.code == 1
        assert f"pulumi state unprotect '{B}'" in blocked.output
        assert made.run("state", "unprotect", "--all").output == "All resources unprotected\n"
        assert made.run("destroy", "--yes", "--skip-preview").code == 0

    def test_a_resource_is_forgotten_and_stays(self, made: Project) -> None:
        assert made.run("state", "delete", B).output == "Resource deleted\n"
        assert made.calls() == []
        assert "b-1" in made.world.objects()
        assert made.run("preview").steps == {"+ b"}

    def test_what_others_need_goes_with_them_alone(self, made: Project) -> None:
        refused = made.run("state", "delete", A)
        assert refused.code == 1
        assert B in refused.output
        assert made.run("state", "delete", A, "--target-dependents").output == "2 resources deleted\n"

    def test_what_is_protected_goes_by_force_alone(self, made: Project) -> None:
        assert made.run("state", "protect", B).code == 0
        assert "it is protected" in made.run("state", "delete", B).output
        assert made.run("state", "delete", B, "--force").code == 0

    @pytest.mark.parametrize("command", ["protect", "unprotect", "delete"])
    def test_a_resource_that_is_not_there_is_told(self, made: Project, command: str) -> None:
        refused = made.run("state", command, "urn:nothing")
        assert refused.code == 1
        assert 'No such resource "urn:nothing"' in refused.output
        assert "no resource is named" in made.run("state", command).output


class TestStack:
    def test_what_it_holds_is_a_tree(self, made: Project) -> None:
        shown = made.run("stack", "--show-urns", "--show-ids").output
        start = shown.index("Current stack resources")
        assert shown[start : shown.index("          ID: ", start)] == (
            "Current stack resources (5):\n"
            "    TYPE                      NAME\n"
            "    pulumi:pulumi:Stack       test-dev\n"
            "    │  URN: urn:pulumi:dev::test::pulumi:pulumi:Stack::test-dev\n"
            "    ├─ test:index:Group       group\n"
            "    │  │  URN: urn:pulumi:dev::test::test:index:Group::group\n"
            "    │  └─ fake:index:Thing    a\n"
            f"    │        URN: {A}\n"
            "    │        ID: a-1\n"
            "    ├─ fake:index:Thing       b\n"
            f"    │     URN: {B}\n"
            "    │     ID: b-1\n"
            "    └─ pulumi:providers:fake  default\n"
            "          URN: urn:pulumi:dev::test::pulumi:providers:fake::default\n"
        )
        assert shown.endswith("Current stack outputs (1):\n    OUTPUT  VALUE\n    id      a-1\n")

    def test_an_empty_one(self, project: Project) -> None:
        assert "No resources currently in this stack" in project.run("stack").output
        assert project.run("stack", "--show-name").output == "dev\n"

    def test_its_history_is_listed_the_last_update_first(self, made: Project) -> None:
        assert made.run("config", "set", "--secret", "pw", "hunter2").code == 0
        assert made.run("destroy", "--yes", "--skip-preview", "--message", "no more").code == 0
        entries: list[dict[str, Any]] = json.loads(made.run("stack", "history", "--json").output)
        assert [entry["kind"] for entry in entries] == ["destroy", "update"]
        assert entries[0]["config"] == {"test:pw": {"secret": True}}
        assert entries[1]["resourceChanges"] == {"create": 4}
        text = made.run("stack", "history", "--page-size", "1").output
        assert "UpdateKind: destroy\nStatus: succeeded\nMessage: no more\n+0 -4 ~0" in text
        assert "UpdateKind: update" not in text

    def test_it_is_unselected(self, made: Project) -> None:
        assert made.run("stack", "unselect").code == 0
        assert "no stack is selected" in made.run("preview").output


class TestConfig:
    @pytest.mark.parametrize(
        ("commands", "text"),
        [
            (["names[0] a", "names[1] true", "names[2] 012", "names[3] 12", "names[4] 1.5"],
             "  test:names:\n    - a\n    - true\n    - \"012\"\n    - 12\n    - \"1.5\"\n"),
            (["data.active true", "data.deep.er[0].x 1", "data.deep.er[0].y z", "test:data.other v"],
             "  test:data:\n    active: true\n    deep:\n      er:\n        - x: 1\n          \"y\": z\n"
             "    other: v\n"),
            (['["a.b"].c v', 'test:["a.b"].d w'], "  test:a.b:\n    c: v\n    d: w\n"),
            (["plain 5", "plain.now 6"], "  test:plain:\n    now: 6\n"),
            (["only 5"], '  test:only: "5"\n'),
        ],
    )  # fmt: skip
    def test_a_value_is_set_within_a_structure(
        self, project: Project, commands: list[str], text: str
    ) -> None:
        for command in commands:
            assert project.run("config", "set", "--path", *command.split()).code == 0
        config = (project.folder / "Pulumi.dev.yaml").read_text()
        assert config.partition("config:\n")[2] == text

    @pytest.mark.parametrize(
        ("command", "message"),
        [
            ("list[5] x", "[5] is beyond the list's end; it has 1 items"),
            ("list.x y", "is not an object"),
            ("list[0].x y", "is not an object"),
            ("object[0] y", "is not a list"),
            ("lone.secure y", "would be taken for a secret"),
            ("[0] y", "names no config key"),
            ("a[ y", "is not a property path"),
        ],
    )
    def test_a_path_that_does_not_fit_is_told(self, project: Project, command: str, message: str) -> None:
        for key in ("list[0]", "object.x"):
            assert project.run("config", "set", "--path", key, "1").code == 0
        before = (project.folder / "Pulumi.dev.yaml").read_text()
        refused = project.run("config", "set", "--path", *command.split())
        assert refused.code == 1
        assert message in refused.output
        assert (project.folder / "Pulumi.dev.yaml").read_text() == before

    def test_a_secret_within_a_structure(self, project: Project) -> None:
        assert project.run("config", "set", "--path", "data.on", "true").code == 0
        assert project.run("config", "set", "--path", "--secret", "data.pw", "hunter2").code == 0
        assert project.run("config", "get", "--path", "data.pw").output == "hunter2\n"
        assert project.run("config", "get", "data").output == '{"on":true,"pw":"hunter2"}\n'
        assert json.loads(project.run("config", "get", "--json", "data").output) == {
            "value": '{"on":true,"pw":"hunter2"}',
            "objectValue": {"on": True, "pw": "hunter2"},
            "secret": True,
        }
        assert 'data  {"on":true,"pw":"[secret]"}\n' in project.run("config").output
        assert "hunter2" not in (project.folder / "Pulumi.dev.yaml").read_text()

    def test_what_is_within_a_structure_is_taken_out(self, project: Project) -> None:
        for key in ("data.list[0]", "data.list[1]", "data.x"):
            assert project.run("config", "set", "--path", key, "1").code == 0
        assert project.run("config", "rm", "--path", "data.list[0]").code == 0
        assert project.run("config", "rm", "--path", "data.nothing.there").code == 0
        assert project.run("config", "get", "data").output == '{"list":[1],"x":1}\n'
        assert project.run("config", "get", "--path", "data.nothing").code == 1

    @pytest.mark.parametrize(
        ("kind", "text", "value"),
        [("int", "5", 5), ("float", "1.50", 1.5), ("bool", "true", True), ("string", "true", "true")],
    )
    def test_a_type_is_given(self, project: Project, kind: str, text: str, value: object) -> None:
        assert project.run("config", "set", "--type", kind, "key", text).code == 0
        assert project.run("config", "set", "--path", "--type", kind, "object.key", text).code == 0
        entry = json.loads(project.run("config", "get", "--json", "object").output)
        assert entry["objectValue"] == {"key": value}

    @pytest.mark.parametrize("words", [("--type", "int", "key", "x"), ("--type", "bool", "key", "1"),
                                       ("--type", "int", "--secret", "key", "1")])  # fmt: skip
    def test_a_type_that_does_not_fit_is_told(self, project: Project, words: tuple[str, ...]) -> None:
        assert project.run("config", "set", *words).code == 1
