"""What the Pulumi CLI did in each scenario, committed, so that every run holds the embedded engine to it.

    PULUMI_CLI=<path> python -m tests.engine.recording [scenario ...]

plays the scenarios with that CLI and writes `fixtures/lifecycle/<scenario>/`:

* `runs.json`: for each run the steps that the CLI's event log tells, its counts, JSON that it printed, and
  the state that it left, both in a form that two runs share: secrets decrypted, without times, random IDs
  and places in the source;
* for a scenario with a handover also `state.json` and `Pulumi.dev.yaml`, as the CLI wrote them but for the
  stack traces, which tell of the machine, and `world.json`, the objects behind the provider.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from engine import gojson
from engine.deployment.steps import Event, Op, Step, StepFailed, StepStarted
from engine.display.summary import Tally
from engine.passphrase import from_salt
from engine.values import SECRET, SIGNATURE
from tests.engine.lifecycle import PASSPHRASE, Outcome, Project
from tests.engine.scenario import begin, play

SCENARIOS = Path(__file__).parent.parent / "lifecycle"
FIXTURES = Path(__file__).parent / "fixtures" / "lifecycle"
_TIMES = {"created", "modified", "time", "duration", "lastUpdate", "stackTrace", "salt"}
_RANDOM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PREFIX = "urn:pulumi:dev::test::"

Recorded = list[dict[str, Any]]


class Recorder:
    """Notes each run of a scenario while it is played."""

    def __init__(self) -> None:
        self.runs: Recorded = []
        self._state: Any = None

    def see(self, project: Project, run: Mapping[str, Any], outcome: Outcome) -> None:
        tell = _told_by_cli if project.cli else _told_here
        told = tell(outcome.events, run["do"])
        entry: dict[str, Any] = {"do": run["do"], **{key: value for key, value in told.items() if value}}
        if (printed := _as_json(outcome.printed)) is not None:
            entry["printed"] = printed
        state = comparable_state(project.deployment())
        if state != self._state:
            entry["state"] = self._state = state
        self.runs.append(entry)


# What was told of the steps


def _told_by_cli(events: Sequence[Mapping[str, Any]], _: str) -> dict[str, Any]:
    steps: list[str] = []
    refreshed: dict[str, dict[str, Any]] = {}
    counts: Mapping[str, int] = {}
    for event in events:
        if started := event.get("resourcePreEvent"):
            data = started["metadata"]
            if data["op"] == Op.REFRESH:
                refreshed[data["urn"]] = data
            else:
                steps.append(_step_of_cli(data["op"], data))
        elif done := event.get("resOutputsEvent"):
            # What a refresh finds is known at its end.
            data = done["metadata"]
            if data["urn"] in refreshed:
                steps.append(_step_of_cli(Op.REFRESH, refreshed.pop(data["urn"]) | data))
        elif failed := event.get("resOpFailedEvent"):
            data = failed["metadata"]
            steps.append(_step(f"failed {data['op']}", data["urn"]))
        elif summary := event.get("summaryEvent"):
            counts = summary["resourceChanges"]
    steps += [_step_of_cli(Op.REFRESH, data) for data in refreshed.values()]
    return {"steps": sorted(steps), "counts": counts}


def _step_of_cli(op: str, data: Mapping[str, Any]) -> str:
    changes = {path: change["diffKind"] for path, change in (data["detailedDiff"] or {}).items()}
    return _step(op, data["urn"], data.get("keys"), changes)


def _told_here(events: Sequence[Event], command: str) -> dict[str, Any]:
    started: list[Step] = []
    failed: list[str] = []
    tally = Tally(refreshing=command.startswith("refresh"))
    for event in events:
        tally.add(event)
        match event:
            case StepStarted(step):
                started.append(step)
            case StepFailed(step) if not command.startswith("preview"):
                failed.append(_step(f"failed {step.op}", step.urn))
    steps = sorted([_step_here(step) for step in started] + failed)
    return {"steps": steps, "counts": {op.value: count for op, count in tally.counts.items()}}


def _step_here(step: Step) -> str:
    changes = {path: change.kind for path, change in (step.detailed or {}).items()}
    return _step(step.op, step.urn, step.replace_keys, changes)


def _step(
    op: str, urn: str, keys: Sequence[str] | None = None, changes: Mapping[str, str] | None = None
) -> str:
    text = f"{op} {_RANDOM.sub('<id>', urn).removeprefix(_PREFIX)}"
    if keys:
        text += f" for {', '.join(sorted(keys))}"
    if changes:
        text += ": " + ", ".join(f"{kind} {path}" for path, kind in sorted(changes.items()))
    return text


# What both engines' files have in common


def comparable_state(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """A state's rows and operations, in an order that doesn't depend on what was done at once."""
    providers = deployment.get("secrets_providers") or {}
    decrypt = from_salt(providers["state"]["salt"], PASSPHRASE).decrypt if providers else str
    rows = [_comparable(row, decrypt) for row in deployment.get("resources") or []]
    rows.sort(key=lambda row: (row["urn"], bool(row.get("delete")), row.get("id", "")))
    state = {"rows": rows}
    if pending := deployment.get("pending_operations"):
        state["pending"] = [_comparable(operation, decrypt) for operation in pending]
    return state


def _as_json(printed: str) -> Any:
    """What a command printed as JSON, a state's encrypted values left out."""
    try:
        value = _comparable(gojson.loads(printed), lambda _: '"<encrypted>"')
    except json.JSONDecodeError:
        return None
    match value:
        case {"deployment": {"resources": list(rows)}}:
            rows.sort(key=lambda row: (row["urn"], bool(row.get("delete"))))
        case {"steps": list(steps)}:
            steps.sort(key=lambda step: (step["urn"], step["op"]))
            if not value.get("diagnostics", True):
                del value["diagnostics"]
    return value


def _comparable(value: Any, decrypt: Callable[[str], str]) -> Any:
    match value:
        case {"ciphertext": text} if value.get(SIGNATURE) == SECRET:
            return {"secret": gojson.loads(decrypt(text))}
        case dict():
            return {
                key: _ordered(key, _comparable(item, decrypt))
                for key, item in value.items()
                if key not in _TIMES and not _is_elsewhere(key, item)
            }
        case list():
            return [_comparable(item, decrypt) for item in value]
        case str():
            return _RANDOM.sub("<id>", value)
    return value


def _ordered(key: str, value: Any) -> Any:
    """Dependencies in an order of their own: the SDK sends them from a set."""
    match key, value:
        case "dependencies", list():
            return sorted(value)
        case "propertyDependencies", dict():
            return {name: sorted(urns) for name, urns in value.items()}
        case "diagnostics", list():
            return [entry for entry in value if not _is_the_clis_own(entry)]
    return value


_EXIT_CODE = "error: an unhandled error occurred: program exited with"
"""Follows the error that the program has told itself."""
_PLUGIN_ON_PATH = "warning: using pulumi-resource-"
"""Tells of the machine: where it has the plugin of a package that only other programs use."""


def _is_the_clis_own(diagnostic: Mapping[str, str]) -> bool:
    return diagnostic["message"].startswith((_EXIT_CODE, _PLUGIN_ON_PATH))


def _is_elsewhere(key: str, value: Any) -> bool:
    """Whether this is a place in the source that isn't the program's, and so another one on each machine."""
    return key == "sourcePosition" and not str(value).startswith("project:///__main__.py")


# The fixtures


def scenarios() -> list[Path]:
    return sorted(SCENARIOS.glob("*.yaml"))


def load(path: Path) -> dict[str, Any]:
    scenario: dict[str, Any] = yaml.safe_load(path.read_text())
    return scenario


def recorded(name: str) -> Recorded:
    runs: Recorded = gojson.loads((FIXTURES / name / "runs.json").read_text())
    return runs


def record(path: Path, cli: str) -> None:
    """Play one scenario with the CLI, and write down what it did."""
    scenario = load(path)
    recorder = Recorder()
    with tempfile.TemporaryDirectory() as folder:
        project = begin(scenario, Path(folder), cli)
        play(scenario, project, recorder.see)
        target = FIXTURES / path.stem
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        _write(target / "runs.json", recorder.runs)
        if "handover" in scenario:
            _write_handover(project, target)


def _write_handover(project: Project, target: Path) -> None:
    state = json.loads(project.state_file.read_text())
    _write(target / "state.json", _without_traces(state))
    shutil.copy(project.folder / "Pulumi.dev.yaml", target)
    _write(target / "world.json", project.world.objects())


def _without_traces(value: Any) -> Any:
    match value:
        case dict():
            return {
                key: _without_traces(item)
                for key, item in value.items()
                if key != "stackTrace" and not _is_elsewhere(key, item)
            }
        case list():
            return [_without_traces(item) for item in value]
    return value


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def main(names: Sequence[str]) -> None:
    cli, wrong = os.environ["PULUMI_CLI"], []
    for path in scenarios():
        if "embedded only" not in load(path) and (not names or path.stem in names):
            sys.stderr.write(f"{path.stem}\n")
            try:
                record(path, cli)
            except AssertionError as error:
                wrong.append(path.stem)
                sys.stderr.write(f"{error}\n")
    if wrong:
        sys.exit(f"the CLI does otherwise than expected in {', '.join(wrong)}")


if __name__ == "__main__":
    main(sys.argv[1:])
