"""Both seeds have the tables, policies, triggers and functions that the environment comparison found."""

from __future__ import annotations

import psycopg
import pytest

from tests.sandbox.reading import one, rows, values

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid)
    FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    WHERE attrelid = '{}'::regclass AND attnum > 0 ORDER BY attnum
"""
CONSTRAINTS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '{}'::regclass ORDER BY 1"
)
INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = '{}' ORDER BY 1"
)
POLICIES = """
    SELECT policyname, cmd, roles::text[], qual, with_check FROM pg_policies
    WHERE schemaname = 'public' AND tablename = '{}' ORDER BY 1
"""
TRIGGERS = """
    SELECT tgname, tgrelid::regclass::text, tgfoid::regproc::text, pg_get_triggerdef(oid)
    FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1
"""
FUNCTIONS = """
    SELECT proname, pg_get_function_arguments(oid), pg_get_function_result(oid), prosecdef, proconfig
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1
"""

TEXT = ("text", False, None)
TIME = ("timestamp with time zone", False, None)


def test_production_has_two_tables_and_staging_three(
    production: psycopg.Connection, staging: psycopg.Connection
) -> None:
    assert values(production, TABLES) == ["lerg_codes", "profiles"]
    assert values(staging, TABLES) == ["active_sessions", "enhanced_lerg", "profiles"]


def test_everything_in_public_is_owned_by_postgres_and_protected_by_policies(
    production: psycopg.Connection, staging: psycopg.Connection
) -> None:
    for connection in (production, staging):
        owners = "SELECT DISTINCT tableowner || ' ' || rowsecurity FROM pg_tables WHERE schemaname = 'public'"
        assert values(connection, owners) == ["postgres true"]
        owners = (
            "SELECT DISTINCT proowner::regrole::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
        assert values(connection, owners) == ["postgres"]


# profiles -----------------------------------------------------------------------------------------

PRODUCTION_PROFILES = {
    "id": ("uuid", True, None),
    "role": TEXT,
    "plan_expires_at": TIME,
    "stripe_customer_id": TEXT,
    "subscription_status": TEXT,
    "user_agent": TEXT,
    "signup_method": TEXT,
    "created_at": ("timestamp with time zone", False, "now()"),
    "updated_at": ("timestamp with time zone", False, "now()"),
}
ADDED_IN_STAGING = {
    "email": TEXT,
    "subscription_id": TEXT,
    "current_period_start": TIME,
    "current_period_end": TIME,
    "cancel_at": TIME,
    "canceled_at": TIME,
    "last_payment_date": TIME,
    "total_uploads": ("integer", False, "0"),
    "cancel_at_period_end": ("boolean", False, "false"),
    "billing_period": TEXT,
}
STAGING_PROFILES = (
    {
        name: column
        for name, column in PRODUCTION_PROFILES.items()
        if name not in ("user_agent", "signup_method")
    }
    | {"role": ("text", True, "'user'::text")}
    | ADDED_IN_STAGING
)


@pytest.mark.parametrize(
    ("environment", "wanted"), [("production", PRODUCTION_PROFILES), ("staging", STAGING_PROFILES)]
)
def test_profiles_columns(
    request: pytest.FixtureRequest, environment: str, wanted: dict[str, tuple[str, bool, str | None]]
) -> None:
    found = rows(request.getfixturevalue(environment), COLUMNS.format("public.profiles"))
    assert {name: tuple(rest) for name, *rest in found} == wanted


def test_profiles_constraints(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    common = [
        ("profiles_id_fkey", "FOREIGN KEY (id) REFERENCES auth.users(id) ON DELETE CASCADE"),
        ("profiles_pkey", "PRIMARY KEY (id)"),
    ]
    assert rows(production, CONSTRAINTS.format("public.profiles")) == common
    assert rows(staging, CONSTRAINTS.format("public.profiles")) == sorted(
        [
            *common,
            ("profiles_role_check", "CHECK ((role = ANY (ARRAY['user'::text, 'admin'::text])))"),
            (
                "profiles_billing_period_check",
                "CHECK ((billing_period = ANY (ARRAY['monthly'::text, 'annual'::text])))",
            ),
        ]
    )


def test_profiles_indexes(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    pkey = ("profiles_pkey", "CREATE UNIQUE INDEX profiles_pkey ON public.profiles USING btree (id)")
    on = "ON public.profiles USING btree"
    assert rows(production, INDEXES.format("profiles")) == [pkey]
    assert rows(staging, INDEXES.format("profiles")) == [
        (
            "idx_profiles_billing_period",
            f"CREATE INDEX idx_profiles_billing_period {on} (billing_period)"
            " WHERE (billing_period IS NOT NULL)",
        ),
        ("idx_profiles_role", f"CREATE INDEX idx_profiles_role {on} (role) WHERE (role = 'admin'::text)"),
        ("idx_profiles_total_uploads", f"CREATE INDEX idx_profiles_total_uploads {on} (total_uploads DESC)"),
        pkey,
    ]


def test_profiles_comments(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    comments = """
        SELECT attname, description FROM pg_description
        LEFT JOIN pg_attribute ON attrelid = objoid AND attnum = objsubid AND attnum > 0
        WHERE objoid = 'public.profiles'::regclass
    """
    assert dict(rows(staging, comments)) == {
        None: "Migration 20250930171728: Subscription simplification in progress",
        "billing_period": (
            "Billing period for Accelerator Plan: monthly ($99) or annual ($999). NULL for trials."
        ),
        "total_uploads": (
            "Total upload count for admin analytics (no limit enforcement). Incremented on each upload."
        ),
    }
    assert dict(rows(production, comments)).keys() == {"user_agent", "signup_method"}


OWN = "(auth.uid() = id)"
ADMIN = "(((auth.jwt() -> 'app_metadata'::text) ->> 'role'::text) = 'admin'::text)"
OWN_OR_SERVICE = "((auth.uid() = id) OR (auth.role() = 'service_role'::text))"


def test_productions_eight_policies_on_profiles_are_four_pairs(production: psycopg.Connection) -> None:
    assert rows(production, POLICIES.format("profiles")) == [
        ("Allow admin select access", "SELECT", ["public"], ADMIN, None),
        ("Allow admin update access", "UPDATE", ["public"], ADMIN, None),
        ("Allow individual read access", "SELECT", ["public"], OWN, None),
        ("Allow individual update access", "UPDATE", ["public"], OWN, None),
        ("select_all", "SELECT", ["authenticated"], ADMIN, None),
        ("select_own", "SELECT", ["authenticated"], OWN, None),
        ("update_any", "UPDATE", ["authenticated"], ADMIN, None),
        ("update_own", "UPDATE", ["authenticated"], OWN, None),
    ]


def test_stagings_four_policies_on_profiles(staging: psycopg.Connection) -> None:
    assert rows(staging, POLICIES.format("profiles")) == [
        (
            "consolidated_delete_policy",
            "DELETE",
            ["authenticated"],
            "(auth.role() = 'service_role'::text)",
            None,
        ),
        ("consolidated_insert_policy", "INSERT", ["authenticated"], None, OWN_OR_SERVICE),
        ("simple_select_policy", "SELECT", ["authenticated"], OWN_OR_SERVICE, None),
        ("simple_update_policy", "UPDATE", ["authenticated"], OWN_OR_SERVICE, None),
    ]


# Sign-up ------------------------------------------------------------------------------------------


def test_triggers(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    assert [row[:3] for row in rows(production, TRIGGERS)] == [
        ("on_auth_user_created", "auth.users", "handle_new_user"),
        ("on_auth_user_created_set_trial", "auth.users", "handle_new_user_trial"),
    ]
    assert [row[:3] for row in rows(staging, TRIGGERS)] == [
        ("on_auth_user_created", "auth.users", "handle_new_user"),
        ("sync_email_on_user_update", "auth.users", "sync_email_to_profiles"),
        ("update_enhanced_lerg_updated_at", "enhanced_lerg", "update_updated_at_column"),
    ]
    [_, sync, touch] = [row[3] for row in rows(staging, TRIGGERS)]
    assert "WHEN (((old.email)::text IS DISTINCT FROM (new.email)::text))" in sync
    assert "BEFORE UPDATE ON public.enhanced_lerg FOR EACH ROW" in touch


def test_functions(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    path = ["search_path=public"]
    assert rows(production, FUNCTIONS) == [
        ("handle_new_user", "", "trigger", True, None),
        ("handle_new_user_trial", "", "trigger", True, None),
    ]
    assert rows(staging, FUNCTIONS) == [
        ("cleanup_stale_sessions", "", "void", True, None),
        (
            "get_npa_info",
            "p_npa character varying",
            "TABLE(npa character varying, display_location text, full_location text, category text,"
            " confidence_score numeric)",
            True,
            path,
        ),
        ("handle_new_user", "", "trigger", True, path),
        ("handle_new_user_trial", "", "trigger", True, None),
        (
            "increment_upload_count",
            "p_user_id uuid, p_file_count integer",
            "TABLE(success boolean, total_uploads integer, message text)",
            True,
            path,
        ),
        ("reset_monthly_uploads", "", "void", True, path),
        ("sync_email_to_profiles", "", "trigger", True, path),
        ("update_updated_at_column", "", "trigger", True, path),
    ]


def test_both_environments_have_the_same_trial_function(
    production: psycopg.Connection, staging: psycopg.Connection
) -> None:
    body = "SELECT prosrc FROM pg_proc WHERE proname = 'handle_new_user_trial'"
    assert one(production, body) == one(staging, body)


# Area codes ---------------------------------------------------------------------------------------


def test_lerg_codes(production: psycopg.Connection) -> None:
    assert rows(production, COLUMNS.format("public.lerg_codes")) == [
        ("id", "integer", True, None),
        ("npa", "character(3)", True, None),
        ("state", "character(2)", True, None),
        ("country", "character(2)", True, None),
        ("last_updated", "timestamp with time zone", False, "CURRENT_TIMESTAMP"),
    ]
    identity = "SELECT is_identity FROM information_schema.columns WHERE table_name = 'lerg_codes'"
    assert values(production, f"{identity} AND column_name = 'id'") == ["YES"]
    assert [name for name, _ in rows(production, INDEXES.format("lerg_codes"))] == [
        "idx_lerg_country",
        "idx_lerg_state",
        "lerg_codes_npa_unique",
        "lerg_codes_pkey",
    ]
    assert rows(production, CONSTRAINTS.format("public.lerg_codes")) == [
        ("lerg_codes_npa_unique", "UNIQUE (npa)"),
        ("lerg_codes_pkey", "PRIMARY KEY (id)"),
    ]
    assert [row[:3] for row in rows(production, POLICIES.format("lerg_codes"))] == [
        ("Allow admin delete access", "DELETE", ["authenticated"]),
        ("Allow admin update access", "UPDATE", ["authenticated"]),
        ("Allow authenticated read access", "SELECT", ["authenticated"]),
        ("Allow authenticated select access", "SELECT", ["authenticated"]),
    ]


def test_enhanced_lerg(staging: psycopg.Connection) -> None:
    assert rows(staging, COLUMNS.format("public.enhanced_lerg")) == [
        ("npa", "character varying(3)", True, None),
        ("country_code", "character varying(2)", True, None),
        ("country_name", "character varying(100)", True, None),
        ("state_province_code", "character varying(2)", True, None),
        ("state_province_name", "character varying(100)", True, None),
        ("region", "character varying(50)", False, None),
        ("notes", "text", False, None),
        ("created_at", "timestamp with time zone", False, "CURRENT_TIMESTAMP"),
        ("updated_at", "timestamp with time zone", False, "CURRENT_TIMESTAMP"),
        ("is_active", "boolean", False, "true"),
    ]
    assert rows(staging, CONSTRAINTS.format("public.enhanced_lerg")) == [
        ("enhanced_lerg_pkey", "PRIMARY KEY (npa)"),
        ("valid_country_code", "CHECK (((country_code)::text ~ '^[A-Z]{2}$'::text))"),
        ("valid_npa", "CHECK (((npa)::text ~ '^[0-9]{3}$'::text))"),
        ("valid_state_code", "CHECK (((state_province_code)::text ~ '^[A-Z]{2}$'::text))"),
    ]
    assert [name for name, _ in rows(staging, INDEXES.format("enhanced_lerg"))] == [
        "enhanced_lerg_pkey",
        "idx_enhanced_lerg_active",
        "idx_enhanced_lerg_country",
        "idx_enhanced_lerg_state",
    ]
    assert rows(staging, POLICIES.format("enhanced_lerg")) == [
        ("Allow authenticated read access", "SELECT", ["authenticated"], "(is_active = true)", None),
        ("Allow service role full access", "ALL", ["service_role"], "true", "true"),
    ]


# Sessions and uploads -----------------------------------------------------------------------------


def test_active_sessions(staging: psycopg.Connection) -> None:
    assert rows(staging, COLUMNS.format("public.active_sessions")) == [
        ("id", "uuid", True, "gen_random_uuid()"),
        ("user_id", "uuid", False, None),
        ("session_token", "text", True, None),
        ("created_at", "timestamp with time zone", False, "now()"),
        ("last_heartbeat", "timestamp with time zone", False, "now()"),
        ("user_agent", "text", False, None),
        ("ip_address", "inet", False, None),
        ("browser_info", "jsonb", False, None),
        ("is_active", "boolean", False, "true"),
    ]
    assert rows(staging, CONSTRAINTS.format("public.active_sessions")) == [
        ("active_sessions_pkey", "PRIMARY KEY (id)"),
        ("active_sessions_session_token_key", "UNIQUE (session_token)"),
        ("active_sessions_user_id_fkey", "FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE"),
    ]
    assert [name for name, _ in rows(staging, INDEXES.format("active_sessions"))] == [
        "active_sessions_pkey",
        "active_sessions_session_token_key",
        "idx_active_sessions_user_id",
    ]
    assert rows(staging, POLICIES.format("active_sessions")) == [
        ("Users can manage own sessions", "ALL", ["authenticated"], "(user_id = auth.uid())", None)
    ]
