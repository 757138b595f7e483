"""Fills a new cluster: Supabase's roles, a blank project, and the two environments that are copied from."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from sandbox.cluster import LOGIN_ROLES, OWNER, Cluster
from sandbox.databases import BLANK_SEED, ENVIRONMENTS, admin, create_from, seed_of
from sandbox.sources import BASE, NPA_TABLE, NPAS_MISSING_IN_PRODUCTION, SEED

# Staging's 450 rows came with 20250628112621_seed_enhanced_lerg_data, production's when its table was made.
NPA_ROWS_SINCE = {"production": "2025-03-03 08:40:10+00", "staging": "2025-06-28 11:26:21+00"}


def build(cluster: Cluster) -> None:
    """Roles and the seed databases, on a server that holds nothing yet."""
    with admin(cluster) as connection:
        _run(connection, BASE / "roles.sql")
        _set_passwords(connection, cluster)
        create_from(connection, BLANK_SEED, "template0")
        _build_blank(cluster)
        _close(connection, BLANK_SEED)
        for environment in ENVIRONMENTS:
            create_from(connection, seed_of(environment), BLANK_SEED)
            _build_environment(cluster, environment)
            _close(connection, seed_of(environment))


def _build_blank(cluster: Cluster) -> None:
    with admin(cluster, BLANK_SEED) as connection:
        for name in ("database.sql", "auth.sql", "supautils.sql"):
            _run(connection, BASE / name)


def _build_environment(cluster: Cluster, environment: str) -> None:
    seed = seed_of(environment)
    with psycopg.connect(cluster.url(OWNER, seed)) as connection:
        _run(connection, SEED / f"{environment}.sql")
    with admin(cluster, seed) as connection:
        # The rows are as they were found; the sign-up triggers must not make others for them.
        connection.execute("SET session_replication_role = replica")
        for path in sorted((SEED / environment).glob("*.csv")):
            _load_file(connection, path)
        _load_npas(connection, environment)
        connection.execute("VACUUM ANALYZE")


def _load_npas(connection: psycopg.Connection, environment: str) -> None:
    since = NPA_ROWS_SINCE[environment]
    if environment == "staging":
        _load_rows(connection, sql.Identifier("public", "enhanced_lerg"), list(_enhanced_rows(since)))
    else:
        _load_rows(connection, sql.Identifier("public", "lerg_codes"), list(_simple_rows(since)))


def _enhanced_rows(since: str) -> Iterator[dict[str, str]]:
    for row in npa_rows():
        del row["source"]
        yield row | {"created_at": since, "updated_at": since}


def _simple_rows(since: str) -> Iterator[dict[str, str]]:
    lines = NPAS_MISSING_IN_PRODUCTION.read_text(encoding="utf-8").splitlines()
    missing = {line.strip() for line in lines if not line.startswith("#")}
    for row in npa_rows():
        if row["npa"] not in missing:
            state, country = row["state_province_code"], row["country_code"]
            yield {"npa": row["npa"], "state": state, "country": country, "last_updated": since}


def npa_rows() -> list[dict[str, str]]:
    """Every area code, in order, by the columns of sql/data/enhanced_lerg.csv."""
    with NPA_TABLE.open(encoding="utf-8", newline="") as handle:
        return sorted(csv.DictReader(handle), key=lambda row: row["npa"])


def _load_file(connection: psycopg.Connection, path: Path) -> None:
    """Rows of the table the file is named after. An empty field is NULL, a quoted empty one an empty text."""
    schema, table, _ = path.name.split(".")
    content = path.read_bytes()
    header = content.split(b"\n", 1)[0].decode().split(",")
    statement = sql.SQL("COPY {} ({}) FROM STDIN WITH (FORMAT csv, HEADER match)").format(
        sql.Identifier(schema, table), sql.SQL(", ").join(map(sql.Identifier, header))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(content)


def _load_rows(connection: psycopg.Connection, table: sql.Identifier, rows: list[dict[str, str]]) -> None:
    """An empty value is NULL."""
    columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
    with (
        connection.cursor() as cursor,
        cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(table, columns)) as copy,
    ):
        for row in rows:
            copy.write_row([value or None for value in row.values()])


def _set_passwords(connection: psycopg.Connection, cluster: Cluster) -> None:
    for role in LOGIN_ROLES:
        # Hashed here: the server's log must not see the password itself.
        verifier = connection.pgconn.encrypt_password(
            cluster.passwords[role].encode(), role.encode(), b"scram-sha-256"
        )
        connection.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier.decode()))
        )


def _close(connection: psycopg.Connection, seed: str) -> None:
    # A template can only be copied while nobody is connected to it, so nobody may be.
    connection.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(sql.Identifier(seed)))


def _run(connection: psycopg.Connection, path: Path) -> None:
    connection.execute(path.read_bytes())
