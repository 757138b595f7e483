"""What a preview leaves on its target: nothing, under a role that can only read, beside others' locks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

import psycopg
import pytest

from sandbox import databases
from sandbox.cluster import OWNER, READER, Cluster
from sandbox.databases import Target
from tests.acceptance.digest import shown
from tests.fix_project import STACKS, Project
from tests.fix_rollout import Stop, Stops

_LOGGED = re.compile(
    r"^\S+ \S+ \S+ \[\d+\] (?P<role>\w+)@(?P<database>\w+) [^:]*: "
    r"LOG:  (?:statement|execute [^:]*): (?P<text>.*(?:\n\t.*)*)",
    re.MULTILINE,
)

READING = {"BEGIN", "COMMIT", "DEALLOCATE", "RELEASE", "ROLLBACK", "SAVEPOINT", "SELECT", "SET", "WITH"}
"""How a statement begins that writes nothing. A savepoint bounds a question that may have no answer."""

USER_TABLES: LiteralString = """
SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
WHERE schemaname IN ('auth', 'public')
"""

# Committed in pieces: all at once would take more locks than the server has room for.
TEN_THOUSAND_OBJECTS: LiteralString = """
DO $$
BEGIN
  FOR number IN 1..2500 LOOP
    EXECUTE format('CREATE TABLE public.many_%1$s (id integer CONSTRAINT positive CHECK (id > 0))', number);
    EXECUTE format('CREATE INDEX many_%1$s_id ON public.many_%1$s (id)', number);
    EXECUTE format('CREATE POLICY own ON public.many_%1$s TO authenticated USING (id = 1)', number);
    IF number % 100 = 0 THEN COMMIT; END IF;
  END LOOP;
END $$
"""


class Statement(NamedTuple):
    """One statement that the server was sent, and who sent it."""

    role: str
    text: str


@dataclass(frozen=True)
class Log:
    """The server's log of one database."""

    cluster: Cluster
    target: Target

    @contextmanager
    def statements(self) -> Iterator[list[Statement]]:
        """Filled at the end with all that was sent in the meantime."""
        sent: list[Statement] = []
        databases.log_statements(self.cluster, self.target, enabled=True)
        begin = self.cluster.layout.log.stat().st_size
        yield sent
        databases.log_statements(self.cluster, self.target, enabled=False)
        text = self.cluster.layout.log.read_bytes()[begin:].decode()
        sent.extend(
            Statement(found["role"], found["text"].strip())
            for found in _LOGGED.finditer(text)
            if found["database"] == self.target.name
        )


@dataclass(frozen=True)
class Environment:
    """One adopted stack with its database and the server's log of it."""

    stack: str
    project: Project
    target: Target
    log: Log


@pytest.fixture(scope="module", params=STACKS)
def environment(
    request: pytest.FixtureRequest,
    sandbox_cluster: Cluster,
    stops: Stops,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Environment]:
    """One for all tests that leave it as it was."""
    stack: str = request.param
    with stops.at(Stop(stack), tmp_path_factory.mktemp("footprint") / "a project") as (project, target):
        yield Environment(stack, project, target, Log(sandbox_cluster, target))


@pytest.fixture
def of_staging(staging: Project, staging_copy: Target, sandbox_cluster: Cluster) -> Environment:
    return Environment("staging", staging, staging_copy, Log(sandbox_cluster, staging_copy))


def planned(digest: dict[str, Any]) -> dict[str, Any]:
    """Every step in full, but for what the order of parallel registrations decides."""
    return {
        step["urn"]: (
            step["op"],
            step["detailedDiff"],
            step.get("oldState", {}).get("outputs"),
            _inputs(step),
        )
        for step in digest["steps"]
    }


def _inputs(step: dict[str, Any]) -> Any:
    return step.get("newState", {}).get("inputs")


def verbs(statements: list[Statement]) -> set[str]:
    # A semicolon within a text begins no statement.
    plain = (re.sub(r"'[^']*'", "''", statement.text) for statement in statements)
    parts = (part.strip() for text in plain for part in text.split(";"))
    return {part.split()[0].upper() for part in parts if part}


def test_a_role_that_can_only_read_previews_the_same(environment: Environment) -> None:
    stack, project = environment.stack, environment.project
    with environment.log.statements() as by_owner:
        before = project.preview(stack)
    project.set(stack, "voip:databaseUrl", environment.target.reader_url, secret=True)
    with environment.log.statements() as by_reader:
        after = project.preview(stack)
    assert project.pulumi("config", "rm", "--stack", stack, "voip:databaseUrl").code == 0

    assert planned(after) == planned(before)
    assert {statement.role for statement in by_owner} == {OWNER}
    assert {statement.role for statement in by_reader} == {READER}


def test_a_preview_sends_no_statement_that_writes(environment: Environment) -> None:
    with environment.log.statements() as sent:
        environment.project.preview(environment.stack)
    assert verbs(sent) <= READING
    reading = [statement for statement in sent if "pg_policy" in statement.text]
    assert reading, "the log shows what is sent"
    assert not [statement for statement in sent if "advisory" in statement.text]


def test_a_preview_takes_no_lock_that_anybody_waits_for(environment: Environment) -> None:
    before = shown(environment.project.preview(environment.stack))
    with psycopg.connect(environment.log.cluster.url("supabase_admin", environment.target.name)) as other:
        other.execute("SET lock_timeout = '1s'")
        ((tables,),) = other.execute(USER_TABLES).fetchall()
        # EXCLUSIVE lets nothing but ACCESS SHARE through.
        other.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE".encode())
        assert shown(environment.project.preview(environment.stack)) == before


def test_a_preview_behind_a_lock_that_it_needs_ends_and_says_so(of_staging: Environment) -> None:
    with psycopg.connect(of_staging.target.database_url) as other:
        other.execute("LOCK TABLE public.enhanced_lerg IN ACCESS EXCLUSIVE MODE")
        run = of_staging.project.pulumi("preview", "--stack", of_staging.stack)
    assert run.code == 1
    assert "a table that must be read is locked by another session for more than 5 s" in run.text


def test_a_preview_sends_as_much_however_many_objects_there_are(of_staging: Environment) -> None:
    stack, project = of_staging.stack, of_staging.project
    with of_staging.log.statements() as sent_to_few:
        few = project.preview(stack)
    with psycopg.connect(of_staging.target.database_url, autocommit=True) as connection:
        connection.execute(TEN_THOUSAND_OBJECTS)
    with of_staging.log.statements() as sent_to_many:
        many = project.preview(stack)

    assert shown(many) == shown(few)
    assert len(sent_to_many) == len(sent_to_few)
