from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.deployment.importing import read_import_file
from engine.deployment.steps import Op, Step, StepStarted
from engine.display.import_file import ImportFile
from engine.errors import EngineError
from engine.rows import STACK_TYPE, Row

STACK_URN = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
THING = "fake:index:Thing"


def write(folder: Path, document: dict[str, Any]) -> Path:
    path = folder / "import.json"
    path.write_text(json.dumps(document))
    return path


def test_parents_come_first_and_names_become_urns(tmp_path: Path) -> None:
    document = {
        "nameTable": {"outer": "urn:pulumi:dev::p::p:index:Outer::o"},
        "resources": [
            {"type": THING, "name": "a", "id": "A", "parent": "g"},
            {"type": "p:index:Group", "name": "g", "component": True, "parent": "outer"},
            {"type": THING, "logicalName": "b", "id": "B"},
        ],
    }
    found = read_import_file(write(tmp_path, document), "dev", "p")
    assert [(entry.name, entry.urn) for entry in found] == [
        ("g", "urn:pulumi:dev::p::p:index:Outer$p:index:Group::g"),
        ("b", "urn:pulumi:dev::p::fake:index:Thing::b"),
        ("a", "urn:pulumi:dev::p::p:index:Outer$p:index:Group$fake:index:Thing::a"),
    ]
    assert found[1].parent == STACK_URN


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        ({"type": THING, "name": "a"}, "resource 'a' of type 'fake:index:Thing' has no ID"),
        ({"name": "a", "id": "A"}, "has no type"),
        ({"type": THING, "id": "A"}, "has no name"),
        (
            {"type": "p:index:G", "name": "g", "component": True, "id": "A"},
            "has an ID, but is marked as a component",
        ),
        ({"type": THING, "name": "a", "id": "A", "parent": "x"}, "'x' for resource 'a' .* has no name"),
        ({"type": THING, "name": "a", "id": "A", "outputs": {}}, "has outputs, which the embedded engine"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, resource: dict[str, Any], message: str) -> None:
    with pytest.raises(EngineError, match=message):
        read_import_file(write(tmp_path, {"resources": [resource]}), "dev", "p")


def test_a_name_that_two_resources_have_is_no_parent(tmp_path: Path) -> None:
    group = {"type": "p:index:Group", "name": "g", "component": True}
    child = {"type": THING, "name": "a", "id": "A", "parent": "g"}
    with pytest.raises(EngineError, match="ambiguous parent 'g'"):
        read_import_file(
            write(tmp_path, {"resources": [group, {**group, "logicalName": "h"}, child]}), "dev", "p"
        )


def test_what_a_preview_creates_can_be_imported() -> None:
    group = Row("urn:pulumi:dev::p::p:index:Group::x", False, "p:index:Group", parent=STACK_URN)
    known = Row("urn:pulumi:dev::p::p:index:Group::known", False, "p:index:Group", parent=STACK_URN)
    inside = Row("urn:pulumi:dev::p::p:index:Group$fake:index:Thing::x", True, THING, parent=group.urn)
    below_known = Row("urn:pulumi:dev::p::p:index:Group$fake:index:Thing::y", True, THING, parent=known.urn)
    file = ImportFile()
    file.show(StepStarted(Step(Op.CREATE, None, Row(STACK_URN, False, STACK_TYPE))))
    file.show(StepStarted(Step(Op.SAME, known, known)))
    for row in (group, inside, below_known):
        file.show(StepStarted(Step(Op.CREATE, None, row)))
    assert file.document() == {
        "nameTable": {"known": known.urn},
        "resources": [
            {"type": "p:index:Group", "name": "x", "component": True},
            {"type": THING, "name": "xThing", "id": "<PLACEHOLDER>", "parent": "x", "logicalName": "x"},
            {"type": THING, "name": "y", "id": "<PLACEHOLDER>", "parent": "known"},
        ],
    }
