"""What a project serves, by way of the engine: made, changed, kept, retired, and no secret told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provider.schema.bundle import bundle, digest
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target
from tests.fix_project import Project, Run

PROGRAM = """
import json
from pathlib import Path
import pulumi
from provider.schema import supabase
from resources.declared import Declared

for kind, fields in json.loads(Path("wanted.json").read_text("utf-8")):
    Declared(getattr(supabase, kind).from_wire(fields), pulumi.ResourceOptions())
"""

CANARY = "canary-of-a-secret-value"


class Edge:
    """A project of its own program, whose functions lie beside it."""

    def __init__(self, project: Project, projects: Projects, ref: str) -> None:
        self.project = project
        self.projects = projects
        self.ref = ref
        self.folder = project.root / "functions"
        (project.root / "__main__.py").unlink()
        (project.root / "__main__.py").write_text(PROGRAM, "utf-8")
        self.folder.unlink()
        (self.folder / "_shared").mkdir(parents=True)
        (self.folder / "deno.json").write_text("{}", "utf-8")
        assert project.pulumi("stack", "init", "staging", "--no-select").code == 0

    def write(self, slug: str, text: str) -> None:
        (self.folder / slug).mkdir(exist_ok=True)
        (self.folder / slug / "index.ts").write_text(text, "utf-8")

    def function(self, slug: str, verify_jwt: bool = True) -> tuple[str, dict[str, Any]]:
        return "Function", {
            "slug": slug,
            "bundle": digest(bundle(self.folder, slug)),
            "entrypoint": f"{slug}/index.ts",
            "importMap": "deno.json",
            "verifyJwt": verify_jwt,
        }

    def want(self, *wanted: tuple[str, dict[str, Any]]) -> None:
        (self.project.root / "wanted.json").write_text(json.dumps(wanted), "utf-8")

    def up(self, code: int = 0) -> Run:
        run = self.project.pulumi("up", "--stack", "staging", "--yes", "--diff")
        assert run.code == code, run.text
        return run

    def preview(self, *options: str) -> Run:
        run = self.project.pulumi("preview", "--stack", "staging", *options)
        assert run.code == 0, run.text
        return run

    @property
    def live(self) -> dict[str, bool]:
        project = self.projects.read(self.ref)
        assert project
        return {slug: each.source.verify_jwt for slug, each in project.functions.items()}


@pytest.fixture
def edge(project: Project, blank_database: Target, sandbox_cluster: Cluster) -> Edge:
    project.point("staging", blank_database)
    project.set("staging", "voip:landmark", "auth.users")
    return Edge(project, Projects(sandbox_cluster.layout), blank_database.ref)


def served(text: str) -> str:
    """A function that answers, since a deployment sees to that."""
    return f"Deno.serve(() => new Response({text!r}));\n"


def secret(value: str) -> tuple[str, dict[str, Any]]:
    return "Secret", {"name": "SESSION_SECRET", "value": value}


def test_what_is_declared_is_reached_and_stays(edge: Edge) -> None:
    edge.write("one", served("1"))
    edge.write("two", served("2"))
    edge.want(secret(CANARY), edge.function("one"), edge.function("two", verify_jwt=False))
    edge.up()
    assert edge.live == {"one": True, "two": False}
    edge.preview("--expect-no-changes")

    edge.write("one", served("3"))
    edge.want(secret(CANARY + "2"), edge.function("one"), edge.function("two", verify_jwt=True))
    shown = edge.preview("--diff").out
    assert "~ bundle" in shown
    assert "~ verifyJwt: false => true" in shown
    edge.up()
    assert edge.live == {"one": True, "two": True}
    edge.preview("--expect-no-changes")


def test_a_secret_is_told_nowhere(edge: Edge, sandbox_cluster: Cluster) -> None:
    edge.want(secret(CANARY))
    told = [edge.preview("--diff").text, edge.preview("--json").text, edge.up().text]
    edge.want(secret(CANARY + " of later"))
    told += [edge.preview("--diff").text, edge.preview("--json").text, edge.up().text]
    told.append(edge.project.pulumi("refresh", "--stack", "staging", "--yes").text)
    edge.want()
    told.append(edge.up(code=1).text)
    files = [path for path in (edge.project.root / ".sandbox").rglob("*") if path.is_file()]
    told += [path.read_text("utf-8", "replace") for path in files]
    told.append((sandbox_cluster.layout.directory / "apis.log").read_text("utf-8"))
    assert any("SESSION_SECRET" in text for text in told)
    assert not [text for text in told if CANARY in text]


def test_what_is_not_declared_any_more_is_kept_until_it_is_retired(edge: Edge) -> None:
    edge.write("one", served("1"))
    edge.want(edge.function("one"))
    edge.up()
    edge.want()
    run = edge.up(code=1)
    assert "the function one is live and not declared as retired, so it is kept" in run.text
    assert edge.live == {"one": True}
    edge.want(("Retirement", {"name": "edge/retired", "absent": ["voip:supabase:Function::one"]}))
    edge.up()
    assert edge.live == {}
    edge.preview("--expect-no-changes")


def test_an_import_takes_over_what_is_live(edge: Edge) -> None:
    edge.write("one", served("1"))
    edge.want(edge.function("one"), secret(CANARY))
    edge.up()
    pulumi = edge.project.pulumi
    forgetting = ("stack", "rm", "staging", "--yes", "--force", "--preserve-config")
    for command in (forgetting, ("stack", "init", "staging", "--no-select")):
        assert pulumi(*command).code == 0
    entries = [
        {"type": f"voip:supabase:{kind}", "name": name, "logicalName": name, "id": name}
        for kind, name in (("Function", "one"), ("Secret", "SESSION_SECRET"))
    ]
    file = edge.project.root / "import.json"
    file.write_text(json.dumps({"resources": entries}), "utf-8")
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    run = pulumi("import", "--stack", "staging", "--file", str(file), *options)
    assert run.code == 0, run.text
    edge.preview("--expect-no-changes")
    edge.want(edge.function("one", verify_jwt=False), secret(CANARY + "2"))
    shown = edge.preview("--diff").out
    assert "~ verifyJwt: true => false" in shown
    assert "value" in shown
