"""`command:local:Command`: the embedded provider does what the official plugin does.

PULUMI_COMMAND_PLUGIN=<the folder of the official `pulumi-resource-command`> holds that one to the same.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import grpc
import pytest
from google.protobuf import empty_pb2

from engine.children import Nursery
from engine.deployment.diffs import PropertyDiff
from engine.deployment.outcomes import ResourceError
from engine.deployment.plugin import Plugin
from engine.deployment.plugin_process import EMBEDDED, PluginProcess, find_plugin
from engine.deployment.workspace import Workspace
from engine.errors import EngineError
from engine.proto import engine_pb2_grpc
from engine.values import UNKNOWN, Properties, Secret
from tests.engine.processes import is_running, wait_for

T = TypeVar("T")

OFFICIAL = os.environ.get("PULUMI_COMMAND_PLUGIN")
URN = "urn:pulumi:dev::test::command:local:Command::say"
SAY = {"create": "echo hi"}
SHOW_FORMER = "echo [$PULUMI_COMMAND_STDOUT][$PULUMI_COMMAND_STDERR]"


@dataclass
class Log(engine_pb2_grpc.EngineServicer):
    """An engine that only listens."""

    lines: list[str] = field(default_factory=list)

    async def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        assert (request.urn, request.ephemeral) == (URN, True)
        self.lines.append(request.message)
        return empty_pb2.Empty()


class Served:
    """A running provider, asked from a test that is not asynchronous."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.root = root
        self._log = Log()
        self._runner = asyncio.Runner()
        self.plugin = self.wait(self._start(folder))

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    async def _start(self, folder: Path) -> Plugin:
        self._engine = grpc.aio.server()
        address = f"127.0.0.1:{self._engine.add_insecure_port('127.0.0.1:0')}"
        engine_pb2_grpc.add_EngineServicer_to_server(self._log, self._engine)
        await self._engine.start()
        nursery = Nursery(Path(sys.executable))
        workspace = Workspace(self.root, "test", self.root, {"command": folder}, {}, nursery)
        process = await PluginProcess.start(
            workspace, "command", "", {}, address, lambda line, _: self._log.lines.append(line)
        )
        plugin = Plugin("command", process)
        await plugin.greet(address)
        await plugin.configure("urn:pulumi:dev::test::pulumi:providers:command::default", "x", {})
        return plugin

    def stop(self) -> None:
        async def stop() -> None:
            await self.plugin.stop()
            await self._engine.stop(None)

        self.wait(stop())
        self._runner.close()

    def check(self, inputs: Properties) -> tuple[Properties, list[str]]:
        checked, failures = self.wait(self.plugin.check(URN, {}, inputs, b""))
        return checked, [failure.property for failure in failures]

    def changes(
        self, olds: Properties, news: Properties, ignore: tuple[str, ...] = ()
    ) -> dict[str, PropertyDiff]:
        state = {**olds, "stdout": "", "stderr": ""}
        work = self.plugin.diff(
            URN, "say1", old_inputs=olds, old_outputs=state, news=news, ignore_changes=[*ignore]
        )
        diff = self.wait(work)
        detailed = diff.detailed or {}
        assert diff.changed == bool(detailed)
        assert set(diff.changed_keys) == {path.split(".")[0].split("[")[0] for path in detailed}
        return detailed

    def create(self, inputs: Properties, *, preview: bool = False, timeout: float = 0.0) -> Properties:
        identifier, outputs = self.wait(self.plugin.create(URN, inputs, timeout, preview))
        assert identifier.startswith("say")
        assert len(identifier) == len("say") + 8
        assert {key: outputs[key] for key in inputs} == inputs
        return outputs

    def output(self, inputs: Properties) -> tuple[Any, Any]:
        outputs = self.create(inputs)
        return outputs["stdout"], outputs["stderr"]

    def update(
        self, olds: Properties, news: Properties, *, preview: bool = False, ignore: tuple[str, ...] = ()
    ) -> Properties:
        state = {"stdout": "out", "stderr": "err", **olds}
        return self.wait(
            self.plugin.update(
                URN,
                "say1",
                old_inputs=olds,
                old_outputs=state,
                news=news,
                timeout=0.0,
                ignore_changes=[*ignore],
                preview=preview,
            )
        )

    def delete(self, state: Properties) -> None:
        outputs = {"stdout": "out", "stderr": "err", **state}
        self.wait(self.plugin.delete(URN, "say1", inputs={}, outputs=outputs, timeout=0.0))

    def logged(self) -> list[str]:
        lines, self._log.lines = self._log.lines, []
        return sorted(lines)


def served(folder: Path, root: Path) -> Iterator[Served]:
    provider = Served(folder, root)
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    yield from served(EMBEDDED["command"], tmp_path_factory.mktemp("embedded").resolve())


@pytest.fixture(scope="module")
def official(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if OFFICIAL is None:
        pytest.skip("PULUMI_COMMAND_PLUGIN names no plugin")
    yield from served(Path(OFFICIAL), tmp_path_factory.mktemp("official").resolve())


@pytest.fixture(params=["embedded", "official"])
def plugin(request: pytest.FixtureRequest) -> Served:
    provider: Served = request.getfixturevalue(request.param)
    provider.logged()
    return provider


class TestCheck:
    @pytest.mark.parametrize(
        "inputs",
        [
            {},
            {"create": "a", "update": "b", "delete": "c", "dir": "/", "logging": "none"},
            {"interpreter": ["sh"], "addPreviousOutputInEnv": False},
            {"triggers": [1, "a", {"b": Secret(1)}]},
            {"environment": Secret({"A": "b"}), "stdin": Secret("x")},
            {"create": UNKNOWN, "environment": {"A": UNKNOWN}, "triggers": UNKNOWN},
        ],
    )
    def test_what_is_right_stays_as_it_is(self, plugin: Served, inputs: Properties) -> None:
        assert plugin.check(inputs) == (inputs, [])

    @pytest.mark.parametrize(
        ("inputs", "place"),
        [
            ({"create": 5}, "create"),
            ({"create": Secret(5)}, "create"),
            ({"environment": "x"}, "environment"),
            ({"environment": {"A": 5}}, "environment"),
            ({"environment": Secret({"A": 5})}, "environment"),
            ({"interpreter": "sh"}, "interpreter"),
            ({"interpreter": ["sh", 1]}, "interpreter[1]"),
            ({"triggers": "x"}, "triggers"),
            ({"addPreviousOutputInEnv": "true"}, "addPreviousOutputInEnv"),
            ({"comand": "x"}, "comand"),
        ],
    )
    def test_what_is_not_is_named(self, plugin: Served, inputs: Properties, place: str) -> None:
        [failure] = plugin.check(inputs)[1]
        assert failure.startswith(place)

    def test_no_value_is_none(self, plugin: Served) -> None:
        assert plugin.check({"create": "x", "dir": None}) == ({"create": "x"}, [])

    @pytest.mark.parametrize("key", ["assetPaths", "archivePaths"])
    def test_assets_are_refused(self, embedded: Served, key: str) -> None:
        [failure] = embedded.wait(embedded.plugin.check(URN, {}, {key: ["*"]}, b""))[1]
        assert failure.property == key
        assert "the embedded engine does not support" in failure.reason

    def test_the_package_s_other_resources_are_refused(self, embedded: Served) -> None:
        urn = URN.replace("local:Command", "remote:CopyFile")
        with pytest.raises(ResourceError, match="command:remote:CopyFile needs the Pulumi CLI"):
            embedded.wait(embedded.plugin.check(urn, {}, {}, b""))

    def test_its_functions_are_refused(self, embedded: Served) -> None:
        with pytest.raises(ResourceError, match="command:local:run needs the Pulumi CLI"):
            embedded.wait(embedded.plugin.invoke("command:local:run", {"command": "date"}, False))


class TestDiff:
    def test_nothing(self, plugin: Served) -> None:
        assert plugin.changes(SAY, SAY) == {}

    @pytest.mark.parametrize(
        ("olds", "news", "changes"),
        [
            (SAY, {"create": "echo ho"}, {"create": "update"}),
            (SAY, {"create": UNKNOWN}, {"create": "update"}),
            ({"environment": {"A": "1"}}, {"environment": {"A": "2", "B C": "1"}},
             {"environment.A": "update", 'environment["B C"]': "add"}),
            ({"stdin": "x"}, {"stdin": Secret("x")}, {"stdin": "update"}),
            ({"stdin": Secret("x")}, {"stdin": Secret("y")}, {"stdin": "update"}),
            ({"environment": Secret({"A": "1"})}, {"environment": Secret({"A": "2"})},
             {"environment": "update"}),
            ({}, {"triggers": [1]}, {"triggers": "add-replace"}),
            ({"triggers": [1]}, {}, {"triggers": "delete-replace"}),
            ({}, {"triggers": UNKNOWN}, {"triggers": "add-replace"}),
            # Items replace by `replaceOnChanges`, which the SDK sets to triggers[*].
            ({"triggers": [1]}, {"triggers": [2, 3]}, {"triggers[0]": "update", "triggers[1]": "add"}),
        ],
    )  # fmt: skip
    def test_changes(
        self, plugin: Served, olds: Properties, news: Properties, changes: dict[str, str]
    ) -> None:
        assert {path: change.kind for path, change in plugin.changes(olds, news).items()} == changes

    def test_the_engine_s_own_inputs_are_none(self, plugin: Served) -> None:
        assert plugin.changes(SAY, {**SAY, "version": "1.2.1", "__internal": {}}) == {}

    def test_what_is_ignored_is_no_change(self, plugin: Served) -> None:
        assert plugin.changes({"dir": "x"}, {"dir": "y"}, ("dir",)) == {}


class TestCreate:
    def test_both_outputs_are_kept_and_logged(self, plugin: Served) -> None:
        assert plugin.output({"create": "echo hi; echo oh >&2"}) == ("hi", "oh")
        assert plugin.logged() == ["hi", "oh"]

    def test_without_a_command_nothing_runs(self, plugin: Served) -> None:
        assert plugin.output({"delete": "false"}) == ("", "")

    @pytest.mark.parametrize(
        ("inputs", "stdout"),
        [
            ({"create": "printf 'a\\n\\n'"}, "a\n"),
            ({"create": "printf 'a\\r\\nb'"}, "a\r\nb"),
            ({"create": "cat", "stdin": "given"}, "given"),
            ({"create": "cat"}, ""),
            ({"create": "head -c 1", "stdin": "x" * 1_000_000}, "x"),
            ({"create": "print(6 * 7)", "interpreter": [sys.executable, "-c"]}, "42"),
            ({"create": "echo a", "interpreter": []}, "a"),
            ({"create": "echo $A", "environment": {"A": "it"}}, "it"),
            ({"create": SHOW_FORMER}, "[][]"),
            ({"create": "pwd", "dir": "/"}, "/"),
        ],
    )
    def test_what_a_command_gets(self, plugin: Served, inputs: Properties, stdout: str) -> None:
        assert plugin.output(inputs) == (stdout, "")

    def test_it_runs_in_the_project_s_folder(self, plugin: Served) -> None:
        assert plugin.output({"create": "pwd"}) == (str(plugin.root), "")

    @pytest.mark.parametrize(
        ("logging", "lines"),
        [("stdout", ["a"]), ("stderr", ["b"]), ("stdoutAndStderr", ["a", "b"]), ("none", [])],
    )
    def test_logging(self, plugin: Served, logging: str, lines: list[str]) -> None:
        assert plugin.output({"create": "echo a; echo b >&2", "logging": logging}) == ("a", "b")
        assert plugin.logged() == lines

    @pytest.mark.parametrize(
        ("inputs", "messages"),
        [
            ({"create": 'echo "it broke"; exit 3'},
             ["exit status 3", 'running "echo \\"it broke\\"; exit 3":\nit broke\n']),
            ({"create": "kill -9 $$"}, ["signal", "kill"]),
            ({"create": "pwd", "dir": "/not/there"}, ["o such file or directory", "/not/there"]),
            ({"create": "pwd", "interpreter": ["/not/there"]}, ["o such file or directory", "/not/there"]),
            ({"create": "pwd", "interpreter": ["not-there"]}, ["not-there"]),
        ],
    )  # fmt: skip
    def test_failures(self, plugin: Served, inputs: Properties, messages: list[str]) -> None:
        with pytest.raises(ResourceError) as raised:
            plugin.create(inputs)
        for message in messages:
            assert message.lower() in str(raised.value).lower()

    def test_a_timeout_kills_it(self, plugin: Served) -> None:
        with pytest.raises(ResourceError, match="signal"):
            plugin.create({"create": "exec sleep 60"}, timeout=1.0)

    def test_a_preview_runs_nothing(self, plugin: Served) -> None:
        inputs = {"create": UNKNOWN, "environment": {"A": UNKNOWN, "B": "c"}}
        outputs = plugin.create(inputs, preview=True)
        assert outputs == {**inputs, "stdout": UNKNOWN, "stderr": UNKNOWN}

    def test_output_that_is_no_text_does_not_lose_the_resource(self, embedded: Served) -> None:
        assert embedded.output({"create": "printf '\\377'"}) == ("\N{REPLACEMENT CHARACTER}", "")


class TestUpdate:
    def test_the_former_output_is_at_hand(self, plugin: Served) -> None:
        outputs = plugin.update(SAY, {"create": SHOW_FORMER})
        assert (outputs["stdout"], outputs["stderr"]) == ("[out][err]", "")

    def test_unless_it_is_not_wanted(self, plugin: Served) -> None:
        outputs = plugin.update(SAY, {"create": SHOW_FORMER, "addPreviousOutputInEnv": False})
        assert outputs["stdout"] == "[][]"

    def test_a_command_of_its_own_goes_first(self, plugin: Served) -> None:
        assert plugin.update(SAY, {**SAY, "update": "echo new"})["stdout"] == "new"

    def test_without_a_command_the_outputs_stay(self, plugin: Served) -> None:
        assert plugin.update(SAY, {"delete": "x"}) == {"delete": "x", "stdout": "out", "stderr": "err"}

    def test_what_is_ignored_stays(self, plugin: Served) -> None:
        outputs = plugin.update({"dir": "/"}, {"create": "pwd", "dir": "/not/there"}, ignore=("dir",))
        assert (outputs["stdout"], outputs["dir"]) == ("/", "/")

    @pytest.mark.parametrize(
        ("olds", "news", "known"),
        [
            (SAY, SAY, True),
            ({**SAY, "dir": "/"}, {**SAY, "dir": "/usr"}, False),
            ({**SAY, "dir": "/"}, SAY, False),
            ({**SAY, "dir": "/"}, {**SAY, "dir": UNKNOWN}, False),
            # The official plugin's own rule: what was not there before changes nothing.
            (SAY, {**SAY, "dir": "/"}, True),
        ],
    )
    def test_a_preview_knows_the_outputs_if_nothing_changes(
        self, plugin: Served, olds: Properties, news: Properties, known: bool
    ) -> None:
        stdout, stderr = ("out", "err") if known else (UNKNOWN, UNKNOWN)
        assert plugin.update(olds, news, preview=True) == {**news, "stdout": stdout, "stderr": stderr}


class TestDelete:
    def test_its_command_runs_with_what_the_state_holds(self, plugin: Served) -> None:
        plugin.delete({**SAY, "delete": "echo $A $PULUMI_COMMAND_STDOUT", "environment": {"A": "b"}})
        assert plugin.logged() == ["b out"]

    def test_without_a_command_nothing_runs(self, plugin: Served) -> None:
        plugin.delete({"create": "false"})
        assert plugin.logged() == []

    def test_a_failure_is_told(self, plugin: Served) -> None:
        with pytest.raises(ResourceError, match="exit status 2"):
            plugin.delete({"delete": "exit 2"})


class TestSecrets:
    ENVIRONMENT: Properties = {"environment": {"PASSWORD": Secret('can"ary')}}  # noqa: RUF012  never changed

    def test_none_is_logged(self, embedded: Served) -> None:
        embedded.logged()
        embedded.create(
            {"create": 'echo "is $PASSWORD"; cat', **self.ENVIRONMENT, "stdin": Secret("canary2")}
        )
        assert embedded.logged() == ["[secret]", "is [secret]"]

    def test_none_is_in_an_error(self, embedded: Served) -> None:
        with pytest.raises(ResourceError) as raised:
            embedded.create({"create": Secret('echo "$PASSWORD" can\\"ary; false'), **self.ENVIRONMENT})
        assert str(raised.value) == 'exit status 1: running "[secret]":\n[secret] [secret]\n'

    def test_none_is_in_an_argument(self, embedded: Served) -> None:
        stdout, _ = embedded.output(
            {"create": "ps -o args= -p $$ || cat /proc/$$/cmdline", **self.ENVIRONMENT}
        )
        assert "ps -o args" in stdout

    def test_an_output_that_holds_one_is_secret(self, embedded: Served) -> None:
        assert embedded.output({"create": 'echo "is $PASSWORD"', **self.ENVIRONMENT}) == (
            Secret('is can"ary'), "",
        )  # fmt: skip

    def test_a_former_output_s_secret_is_one(self, embedded: Served) -> None:
        outputs = embedded.update({"stdout": Secret("canary")}, {"create": SHOW_FORMER})
        assert outputs["stdout"] == Secret("[canary][err]")


def test_a_cancel_kills_what_runs_with_all_that_it_started(tmp_path: Path) -> None:
    provider = Served(EMBEDDED["command"], tmp_path)
    file = tmp_path / "pid"

    async def cancel() -> None:
        running = asyncio.create_task(
            provider.plugin.create(
                URN,
                {"create": f"sleep 60 & echo $! > '{file}.new'; mv '{file}.new' '{file}'; wait"},
                0.0,
                False,
            )
        )
        while not file.exists():
            await asyncio.sleep(0.05)
        await provider.plugin.cancel()
        with pytest.raises(ResourceError, match="signal"):
            await running
        with pytest.raises(ResourceError, match="cancel"):
            await provider.plugin.create(URN, SAY, 0.0, False)

    provider.wait(cancel())
    provider.stop()
    pid = int(file.read_text())
    wait_for(lambda: not is_running(pid), "the end of what the command had started")


class TestPlugin:
    @pytest.fixture
    def workspace(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
        monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
        return Workspace(tmp_path, "test", tmp_path, {}, {}, Nursery(Path(sys.executable)))

    def test_the_embedded_one_is_the_last_resort(self, workspace: Workspace) -> None:
        assert find_plugin(workspace, "command", "1.2.1") == ("provider", EMBEDDED["command"])

    @pytest.mark.parametrize(
        "place",
        ["home/plugins/resource-command-v1.2.1/pulumi-resource-command", "bin/pulumi-resource-command"],
    )
    def test_an_installed_one_comes_first(self, workspace: Workspace, place: str) -> None:
        file = workspace.root / place
        file.parent.mkdir(parents=True)
        file.touch(mode=0o755)
        assert find_plugin(workspace, "command", "1.2.1") == ("command", file)

    def test_another_package_is_refused(self, workspace: Workspace) -> None:
        with pytest.raises(EngineError, match=r"no plugin for the package random 1\.0\.0"):
            find_plugin(workspace, "random", "1.0.0")
