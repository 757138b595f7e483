"""North American area codes: the enhanced table, and the simple one that it succeeds."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence

from components.access import open_function, open_sequence, open_table
from components.declaration import Declaration, since
from components.domain import Domain
from components.functions import Served, served
from components.templates import FOLDER, render
from provider.schema.postgres import (
    Argument,
    Column,
    Constraint,
    Function,
    Index,
    Policy,
    Predecessor,
    Rows,
    Table,
    Trigger,
)
from provider.schema.supabase import Function as EdgeFunction
from settings import Settings

LEGACY_UNTIL = 8
"""Where the comparison lets the simple table go, once the enhanced one has proven stable."""

ENHANCED_LERG = Table(
    name="enhanced_lerg",
    columns={
        "npa": Column(type="varchar(3)", null="refused"),
        "country_code": Column(type="varchar(2)", null="refused"),
        "country_name": Column(type="varchar(100)", null="refused"),
        "state_province_code": Column(type="varchar(2)", null="refused"),
        "state_province_name": Column(type="varchar(100)", null="refused"),
        "region": Column(type="varchar(50)"),
        "notes": Column(type="text"),
        "created_at": Column(type="timestamptz", default="CURRENT_TIMESTAMP"),
        "updated_at": Column(type="timestamptz", default="CURRENT_TIMESTAMP"),
        "is_active": Column(type="boolean", default="true"),
    },
    row_security=True,
)

UPDATE_UPDATED_AT = Function(
    name="update_updated_at_column",
    returns="trigger",
    body=render("lerg/update_updated_at_column.sql"),
    security_definer=True,
    settings={"search_path": "public"},
)

GET_NPA_INFO = Function(
    name="get_npa_info",
    arguments=[Argument(name="p_npa", type="character varying")],
    returns=(
        "TABLE(npa character varying, display_location text, full_location text, "
        "category text, confidence_score numeric)"
    ),
    language="sql",
    body=render("lerg/get_npa_info.sql"),
    security_definer=True,
    volatility="stable",
    settings={"search_path": "public"},
)

LERG_CODES = Table(
    name="lerg_codes",
    columns={
        "id": Column(type="integer", null="refused", identity="by default"),
        "npa": Column(type="char(3)", null="refused"),
        "state": Column(type="char(2)", null="refused"),
        "country": Column(type="char(2)", null="refused"),
        "last_updated": Column(type="timestamptz", default="CURRENT_TIMESTAMP"),
    },
    row_security=True,
)


FUNCTIONS = (
    Served("get-enhanced-lerg-data", 2),
    Served("get-npa-location", 2),
    Served("add-enhanced-lerg-record", 3),
    Served("update-enhanced-lerg-record", 3),
    Served("upload-lerg", 3, found=True),
)
LEGACY_FUNCTIONS = "legacy"
"""The group of those that know the simple table alone: what a stack may exclude once nobody asks them."""


class Lerg(Domain):
    """`enhanced_lerg` from phase 2; `lerg_codes` until phase 8, if the stack consents to drop it."""

    name = "lerg"

    @staticmethod
    def declarations(settings: Settings) -> Sequence[Declaration]:
        """Both tables with what belongs to them, the reference rows, and who hands them out."""
        return [
            *served(_enhanced(settings.overwrite_rows), FUNCTIONS),
            *_legacy(LEGACY_UNTIL if settings.drop_legacy_lerg else None),
            *_legacy_functions(LEGACY_UNTIL if LEGACY_FUNCTIONS in settings.excluded_functions else None),
        ]


def _enhanced(overwrite: bool) -> Iterator[Declaration]:
    table = ENHANCED_LERG.name
    yield since(2, ENHANCED_LERG)
    yield since(2, open_table(ENHANCED_LERG))
    yield since(2, Constraint(table=table, name="enhanced_lerg_pkey", definition="PRIMARY KEY (npa)"))
    for name, definition in (
        ("valid_npa", "CHECK (npa ~ '^[0-9]{3}$')"),
        ("valid_country_code", "CHECK (country_code ~ '^[A-Z]{2}$')"),
        ("valid_state_code", "CHECK (state_province_code ~ '^[A-Z]{2}$')"),
    ):
        yield since(2, Constraint(table=table, name=name, definition=definition))
    for name, definition in (
        ("idx_enhanced_lerg_active", "btree (is_active) WHERE is_active = true"),
        ("idx_enhanced_lerg_country", "btree (country_code)"),
        ("idx_enhanced_lerg_state", "btree (state_province_code)"),
    ):
        yield since(2, Index(table=table, name=name, definition=definition))
    yield from _enhanced_policies(table)
    yield since(2, UPDATE_UPDATED_AT)
    yield since(2, open_function(UPDATE_UPDATED_AT))
    yield since(
        2,
        Trigger(
            table=table,
            name="update_enhanced_lerg_updated_at",
            timing="BEFORE",
            events=["UPDATE"],
            function=UPDATE_UPDATED_AT.id,
        ),
    )
    yield since(2, GET_NPA_INFO, after=(f"{Table.token}::{ENHANCED_LERG.id}",))
    yield since(2, open_function(GET_NPA_INFO))
    key = f"{Constraint.token}::public.enhanced_lerg/enhanced_lerg_pkey"
    yield since(2, reference(overwrite), after=(key,))


def reference(overwrite: bool) -> Rows:
    """The 450 area codes, and how production's simple table tells the same."""
    return Rows(
        table=ENHANCED_LERG.name,
        rows=reference_rows(),
        overwrite=overwrite,
        predecessor=Predecessor(
            table=LERG_CODES.id,
            key="npa",
            columns={"npa": "npa", "state_province_code": "state", "country_code": "country"},
            derived=["country_name", "state_province_name", "region"],
        ),
    )


def _enhanced_policies(table: str) -> Iterator[Declaration]:
    yield since(
        2,
        Policy(
            table=table,
            name="Allow authenticated read access",
            command="SELECT",
            roles=["authenticated"],
            using="is_active = true",
        ),
    )
    yield since(
        2,
        Policy(
            table=table,
            name="Allow service role full access",
            roles=["service_role"],
            using="true",
            check="true",
        ),
    )


def _legacy(until: int | None) -> Iterator[Declaration]:
    table = LERG_CODES.name
    yield since(0, LERG_CODES, until=until)
    yield since(0, open_table(LERG_CODES), until=until)
    table_key = f"{Table.token}::{LERG_CODES.id}"
    yield since(0, open_sequence("public.lerg_codes_id_seq"), until=until, after=(table_key,))
    for name, definition in (
        ("lerg_codes_pkey", "PRIMARY KEY (id)"),
        ("lerg_codes_npa_unique", "UNIQUE (npa)"),
    ):
        yield since(0, Constraint(table=table, name=name, definition=definition), until=until)
    for name, definition in (("idx_lerg_state", "btree (state)"), ("idx_lerg_country", "btree (country)")):
        yield since(0, Index(table=table, name=name, definition=definition), until=until)
    for policy in LEGACY_POLICIES:
        yield since(0, policy, until=until)


def _legacy_functions(until: int | None) -> Iterator[Declaration]:
    for slug in ("get-lerg-data", "add-lerg-record"):
        yield since(0, EdgeFunction(slug=slug), until=until)


_BY_ADMINISTRATORS = (
    "EXISTS (SELECT 1 FROM public.profiles WHERE profiles.id = auth.uid() AND profiles.role = 'admin')"
)

LEGACY_POLICIES = (
    *(
        Policy(
            table=LERG_CODES.name,
            name=f"Allow authenticated {verb} access",
            command="SELECT",
            roles=["authenticated"],
            using="true",
        )
        for verb in ("select", "read")
    ),
    Policy(
        table=LERG_CODES.name,
        name="Allow admin update access",
        command="UPDATE",
        roles=["authenticated"],
        using=_BY_ADMINISTRATORS,
    ),
    Policy(
        table=LERG_CODES.name,
        name="Allow admin delete access",
        command="DELETE",
        roles=["authenticated"],
        using=_BY_ADMINISTRATORS,
    ),
)


def reference_rows() -> dict[str, str]:
    """The 450 area codes by NPA, each as one JSON object; the column `source` stays in the file."""
    with (FOLDER / "data" / "enhanced_lerg.csv").open(encoding="utf-8", newline="") as file:
        return {row["npa"]: _reference_row(row) for row in csv.DictReader(file)}


def _reference_row(row: dict[str, str]) -> str:
    declared = {name: row[name] or None for name in row if name != "source"}
    return json.dumps(declared, sort_keys=True, ensure_ascii=False)
