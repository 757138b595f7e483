"""The databases of a running cluster: the two environments, and scratch copies for tests and rehearsals."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg
from psycopg import errors, sql

from sandbox.apis import process, seeds
from sandbox.apis.projects import Project, Projects
from sandbox.apis.stripe import seeds as stripe_seeds
from sandbox.apis.stripe.books import Accounts
from sandbox.cluster import ADMIN, OWNER, READER, Cluster
from sandbox.errors import SandboxError
from sandbox.layout import write_private

# Each environment's project ref, as its hosted project has it.
ENVIRONMENTS = {"production": "mwcvlicipocoqcdypgsy", "staging": "odnwqnmgftgjrdkotlro"}

BLANK_SEED = "blank_seed"
REF_SETTING = "app.settings.project_ref"
REF_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class Target:
    """One database that stands in for a Supabase project."""

    ref: str
    name: str
    database_url: str = field(repr=False)
    reader_url: str = field(repr=False)
    management_url: str = ""
    """The Management API that knows the project."""
    access_token: str = field(default="", repr=False)
    stripe_url: str = ""
    """The stand-in for Stripe."""
    stripe_key: str = field(default="", repr=False)
    """The secret key of the account that belongs to the project."""
    api_url: str = ""
    """Where its functions and its Auth are; empty where nobody serves them."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What a hosted project's stack has in its config of what functions are told, by its keys."""

    def entry(self) -> dict[str, Any]:
        """What targets.json tells of it."""
        told = asdict(self)
        del told["ref"]
        return told


def seed_of(environment: str) -> str:
    return f"{environment}_seed"


def database_of(ref: str) -> str:
    """The name of the database that stands in for a project's."""
    return next((name for name, known in ENVIRONMENTS.items() if known == ref), f"scratch_{ref}")


@contextmanager
def admin(cluster: Cluster, database: str = "postgres") -> Iterator[psycopg.Connection]:
    """A superuser's connection that commits each statement: databases can't be made in a transaction."""
    try:
        opened = psycopg.connect(cluster.url(ADMIN, database), autocommit=True)
    except psycopg.OperationalError as error:
        raise SandboxError(
            f"The sandbox's Postgres refuses: {error}. Its log: {cluster.layout.log}"
        ) from None
    with opened as connection:
        yield connection


def targets(cluster: Cluster) -> list[Target]:
    """Every target, told from the server's other databases by its project ref."""
    query = sql.SQL(
        "SELECT substr(setting, length({prefix}) + 1), datname"
        " FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) AS setting"
        " WHERE setrole = 0 AND starts_with(setting, {prefix}) ORDER BY datname"
    ).format(prefix=sql.Literal(f"{REF_SETTING}="))
    with admin(cluster) as connection:
        rows = connection.execute(query).fetchall()
    return [_target(cluster, ref, name) for ref, name in rows]


def publish(cluster: Cluster) -> None:
    """Writes targets.json, by which the rest of the project finds every target. Call under the lock."""
    document = {target.ref: target.entry() for target in targets(cluster)}
    write_private(cluster.layout.targets, json.dumps(document, indent=2) + "\n")


def reset(cluster: Cluster) -> None:
    """Makes both environments anew, ending their sessions; scratch databases stay. Call under the lock."""
    with admin(cluster) as connection:
        for environment, ref in ENVIRONMENTS.items():
            _drop(connection, environment)
            _create(connection, environment, seed_of(environment), ref)
            Projects(cluster.layout).remove(ref)
            accounts(cluster).remove(ref)
    seed_projects(cluster)


def seed_projects(cluster: Cluster) -> None:
    """Deploys what each environment was found to serve, where nothing is known of it. Call under the lock."""
    projects = Projects(cluster.layout)
    known = accounts(cluster)
    for environment, ref in ENVIRONMENTS.items():
        if not known.file(ref).exists():
            stripe_seeds.as_built(known, environment, ref)
        if projects.read(ref) is None:
            projects.write(seeds.as_built(projects, environment, ref, known.key(ref)))


def accounts(cluster: Cluster) -> Accounts:
    """The accounts at the stand-in for Stripe."""
    return Accounts(cluster.layout, process.token(cluster.layout))


def copy(cluster: Cluster, source: str, ref: str, *, from_seed: bool = False) -> Target:
    """A scratch copy, under a ref of its own, of a target (given by name or ref) as it is now.

    With from_seed, of the environment as it was built: nobody's sessions can be in the way of that.
    """
    if from_seed:
        if source not in ENVIRONMENTS:
            raise SandboxError(
                f"Only {' and '.join(ENVIRONMENTS)} have a seed; {source!r} has none. Leave --from-seed out."
            )
        return _scratch(
            cluster,
            ref,
            seed_of(source),
            lambda projects, key: seeds.as_built(projects, source, ref, key),
            lambda accounts: stripe_seeds.as_built(accounts, source, ref),
        )
    original = _find(cluster, source)
    _end_idle(cluster, original)
    return _scratch(
        cluster,
        ref,
        original.name,
        lambda projects, key: seeds.copied(projects, original.ref, ref, key),
        lambda accounts: stripe_seeds.copied(accounts, original.ref, ref),
    )


def put_back(cluster: Cluster, ref: str, source: str) -> None:
    """Makes a scratch copy anew as another target is now, under its own ref, ending its sessions."""
    target, original = _find(cluster, ref), _find(cluster, source)
    _refuse_environment(target)
    _end_idle(cluster, original)
    with admin(cluster) as connection:
        _drop(connection, target.name)
        _create(connection, target.name, original.name, ref)
    projects, known = Projects(cluster.layout), accounts(cluster)
    stripe_seeds.copied(known, original.ref, ref)
    projects.write(seeds.copied(projects, original.ref, ref, known.key(ref)))


def blank(cluster: Cluster, ref: str) -> Target:
    """A scratch database that holds what a new Supabase project does."""
    return _scratch(
        cluster,
        ref,
        BLANK_SEED,
        lambda *_: seeds.blank(ref),
        lambda accounts: stripe_seeds.blank(accounts, ref),
    )


def restored(cluster: Cluster, environment: str, ref: str, restore: Callable[[str], None]) -> Target:
    """A scratch database that `restore` fills by a superuser's URL; all else is as it was found."""
    target = _scratch(
        cluster,
        ref,
        "template0",
        lambda projects, key: seeds.as_built(projects, environment, ref, key),
        lambda accounts: stripe_seeds.as_built(accounts, environment, ref),
    )
    try:
        restore(cluster.url(ADMIN, target.name))
    except BaseException:
        drop(cluster, ref)
        raise
    return target


def drop(cluster: Cluster, ref: str) -> None:
    """Drops a scratch database, ending its sessions."""
    target = _find(cluster, ref)
    _refuse_environment(target)
    with admin(cluster) as connection:
        _drop(connection, target.name)
    Projects(cluster.layout).remove(ref)
    accounts(cluster).remove(ref)
    with cluster.layout.locked():
        publish(cluster)


def log_statements(cluster: Cluster, target: Target, *, enabled: bool) -> None:
    """Whether sessions that open from now on have their statements written to postgres.log."""
    with admin(cluster) as connection:
        connection.execute(
            sql.SQL("ALTER DATABASE {} SET log_statement = {}").format(
                sql.Identifier(target.name), sql.Literal("all" if enabled else "none")
            )
        )


def _find(cluster: Cluster, name_or_ref: str) -> Target:
    known = targets(cluster)
    for target in known:
        if name_or_ref in (target.name, target.ref):
            return target
    names = ", ".join(f"{target.name} ({target.ref})" for target in known)
    raise SandboxError(f"The sandbox has no database {name_or_ref!r}. It has: {names}.")


def _refuse_environment(target: Target) -> None:
    if target.name in ENVIRONMENTS:
        raise SandboxError(f"{target.name} is no scratch database. To have it anew: python -m sandbox reset")


def _target(cluster: Cluster, ref: str, name: str) -> Target:
    urls = (cluster.url(OWNER, name), cluster.url(READER, name))
    apis = process.running(cluster.layout)
    if apis is None:
        return Target(ref, name, *urls)
    known = accounts(cluster)
    key = known.key(ref) if known.file(ref).exists() else ""
    secrets = _secrets(Projects(cluster.layout).read(ref))
    return Target(ref, name, *urls, apis.url, apis.token, apis.url, key, apis.api_url(ref), secrets)


def _secrets(project: Project | None) -> Mapping[str, str]:
    return {"jwtSecret": project.jwt_secret, **project.config} if project else {}


def _scratch(
    cluster: Cluster,
    ref: str,
    template: str,
    deployed: Callable[[Projects, str], Project],
    opened: Callable[[Accounts], None],
) -> Target:
    if not REF_PATTERN.fullmatch(ref):
        raise SandboxError(f"{ref!r} can't be a project ref: give 1 to 40 of a-z, 0-9 and _, a letter first.")
    target = _target(cluster, ref, database_of(ref))
    try:
        with admin(cluster) as connection:
            _create(connection, target.name, template, ref)
    except errors.DuplicateDatabase:
        raise SandboxError(
            f"There is a database {target.name} already. Drop it: python -m sandbox drop {ref}"
        ) from None
    except errors.ObjectInUse:
        raise SandboxError(
            f"{template} has open connections, and Postgres copies only a database that nobody uses. "
            "Close them, or copy the seed: --from-seed"
        ) from None
    projects = Projects(cluster.layout)
    opened(accounts(cluster))
    projects.write(deployed(projects, accounts(cluster).key(ref)))
    with cluster.layout.locked():
        publish(cluster)
    return _target(cluster, ref, target.name)


def _end_idle(cluster: Cluster, target: Target) -> None:
    """End what the target's functions keep open between requests; they open it anew."""
    project = Projects(cluster.layout).read(target.ref)
    with admin(cluster) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = %s AND state = 'idle' AND application_name = ANY(%s)",
            (target.name, list(project.functions) if project else []),
        )


def _create(connection: psycopg.Connection, name: str, template: str, ref: str) -> None:
    create_from(connection, name, template)
    # Settings of a database aren't copied with it, so a copy never passes for its original.
    connection.execute(
        sql.SQL("ALTER DATABASE {} SET {} = {}").format(
            sql.Identifier(name), sql.Identifier(*REF_SETTING.split(".")), sql.Literal(ref)
        )
    )


def create_from(connection: psycopg.Connection, name: str, template: str) -> None:
    """Copies a whole database."""
    connection.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY FILE_COPY").format(
            sql.Identifier(name), sql.Identifier(template), sql.Identifier(OWNER)
        )
    )


def _drop(connection: psycopg.Connection, name: str) -> None:
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
