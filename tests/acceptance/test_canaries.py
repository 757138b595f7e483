"""A database's password is nowhere but encrypted in the state, and where the sandbox itself keeps it."""

from __future__ import annotations

from sandbox.apis.process import log_of
from sandbox.cluster import OWNER, Cluster
from sandbox.databases import Target
from tests.beside import Processes
from tests.fix_project import Project


def test_no_password_is_told(project: Project, production_copy: Target, sandbox_cluster: Cluster) -> None:
    stack, password = ("--stack", "production"), sandbox_cluster.passwords[OWNER]
    project.point("production", production_copy)
    # Told as an argument, which is the test's own doing.
    project.set("production", "voip:databaseUrl", production_copy.database_url, secret=True)
    processes = Processes()
    with processes.watched():
        project.adopt("production")
        texts = [project.pulumi("preview", *stack, *how).text for how in (("--diff",), ("--json",))]
        # A phase whose step takes a backup, the database's dump among it.
        texts.append(project.step("production", 1).text)
        texts += [
            project.pulumi(*command, *stack).text
            for command in (("stack", "export"), ("stack", "history"), ("config",), ("stack", "output"))
        ]
        texts += [project.operations(command, *stack).text for command in ("doctor", "backup")]
    assert "pre_migration" in " ".join(str(path) for path in project.root.rglob("backups/**/*"))
    assert any("pg_dump" in command for command in processes.commands)

    places = {f"output {number}": text for number, text in enumerate(texts)}
    places |= {f"command {command}": command for command in processes.commands}
    files = [path for path in project.root.rglob("*") if path.is_file() and path.name != "targets.json"]
    logs = [log_of(sandbox_cluster.layout), sandbox_cluster.layout.log]
    places |= {str(path): path.read_text("utf-8", "replace") for path in [*files, *logs]}
    assert any(password in path.read_text("utf-8") for path in project.root.rglob("targets.json"))
    assert [place for place, text in places.items() if password in text] == []
