"""Both seeds hold the rows that the environment comparison found, and behave as it says."""

from __future__ import annotations

import csv

import psycopg
import pytest
from psycopg import sql

from sandbox import sources
from tests.sandbox.reading import act_as, one, rows, values


@pytest.mark.parametrize(
    ("environment", "table", "count"),
    [
        ("production", "auth.users", 14),
        ("production", "public.profiles", 14),
        ("production", "public.lerg_codes", 440),
        ("production", "supabase_migrations.schema_migrations", 19),
        ("staging", "auth.users", 4),
        ("staging", "public.profiles", 4),
        ("staging", "public.active_sessions", 2),
        ("staging", "public.enhanced_lerg", 450),
        ("staging", "supabase_migrations.schema_migrations", 58),
    ],
)
def test_row_counts(request: pytest.FixtureRequest, environment: str, table: str, count: int) -> None:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(*table.split(".")))
    assert one(request.getfixturevalue(environment), query) == count


def test_no_row_points_nowhere(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    # The rows are loaded without foreign key checks.
    for connection in (production, staging):
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        orphans = "SELECT id FROM public.profiles WHERE id NOT IN (SELECT id FROM auth.users)"
        assert values(connection, orphans) == []
    orphans = "SELECT id FROM public.active_sessions WHERE user_id NOT IN (SELECT id FROM public.profiles)"
    assert values(staging, orphans) == []


def test_productions_users_are_varied(production: psycopg.Connection) -> None:
    facts = {
        "roles": "SELECT role FROM public.profiles",
        "statuses": "SELECT subscription_status FROM public.profiles",
        "customers": "SELECT count(stripe_customer_id) FROM public.profiles",
        "without email": "SELECT phone IS NOT NULL FROM auth.users WHERE email IS NULL",
        "longest": "SELECT max(length(user_agent)) FROM public.profiles",
        "not ascii": "SELECT count(*) FROM auth.users WHERE raw_user_meta_data::text ~ '[^\\x01-\\x7f]'",
        "expired": "SELECT count(*) FROM public.profiles WHERE plan_expires_at < '2025-10-13'",
    }
    found = {name: values(production, query) for name, query in facts.items()}
    assert sorted(map(str, found["roles"])) == ["None"] * 2 + ["admin"] + ["user"] * 11
    assert {"trial", "active", "expired", "canceled", "past_due", None} == set(found["statuses"])
    assert found["customers"] == [1]
    assert found["without email"] == [True]
    assert found["longest"][0] > 2000
    assert found["not ascii"][0] >= 6
    assert found["expired"][0] >= 8


SIGN_UP = """
    INSERT INTO auth.users (id, email, raw_app_meta_data, raw_user_meta_data)
    VALUES ('9e5dd7b5-7b14-4b2f-8f0c-000000000001', 'new@example.com',
            '{"provider": "google"}', '{"user_agent": "Browser/1.0"}')
"""
NEW_PROFILE = "SELECT {} FROM public.profiles WHERE id = '9e5dd7b5-7b14-4b2f-8f0c-000000000001'"


def test_a_sign_up_in_production_meets_both_triggers(production: psycopg.Connection) -> None:
    production.execute(SIGN_UP)
    made = rows(
        production,
        NEW_PROFILE.format("role, user_agent, signup_method, subscription_status, plan_expires_at::text"),
    )
    assert made == [("user", "Browser/1.0", "google", "trial", "2025-07-31 23:59:59+00")]
    assert "'2025-05-23 23:59:59 UTC'" in one(
        production, "SELECT prosrc FROM pg_proc WHERE proname = 'handle_new_user'"
    )


def test_a_sign_up_in_staging_gets_seven_days_and_no_email(staging: psycopg.Connection) -> None:
    staging.execute(SIGN_UP)
    trial = (
        "role, subscription_status, billing_period, email, total_uploads, plan_expires_at - now() = '7 days'"
    )
    assert rows(staging, NEW_PROFILE.format(trial)) == [("user", "trial", None, None, 0, True)]
    staging.execute("UPDATE auth.users SET email = 'newer@example.com' WHERE email = 'new@example.com'")
    assert rows(staging, NEW_PROFILE.format("email")) == [("newer@example.com",)]


def test_area_codes_are_the_reference_data(
    production: psycopg.Connection, staging: psycopg.Connection
) -> None:
    with sources.NPA_TABLE.open(encoding="utf-8", newline="") as handle:
        reference = {row["npa"]: row for row in csv.DictReader(handle)}
    columns = ["country_code", "country_name", "state_province_code", "state_province_name", "region"]
    stored = rows(staging, "SELECT npa, to_jsonb(enhanced_lerg) FROM public.enhanced_lerg")
    assert {npa: {name: row[name] for name in columns} for npa, row in stored} == {
        npa: {name: row[name] for name in columns} for npa, row in reference.items()
    }
    simple = rows(production, "SELECT npa, country, state FROM public.lerg_codes ORDER BY id")
    assert simple == sorted(simple)
    assert all(
        (reference[n]["country_code"], reference[n]["state_province_code"]) == (c, s) for n, c, s in simple
    )


def test_the_comparisons_sample_rows(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    simple = """
        SELECT npa, state, country FROM public.lerg_codes WHERE npa IN ('201', '204', '264', '438') ORDER BY 1
    """
    assert rows(production, simple) == [("201", "NJ", "US"), ("204", "MB", "CA"), ("264", "AI", "AI")]
    enhanced = """
        SELECT npa, country_code, country_name, state_province_code, state_province_name, region
        FROM public.enhanced_lerg WHERE npa IN ('201', '204', '264', '438') ORDER BY 1
    """
    assert rows(staging, enhanced) == [
        ("201", "US", "United States", "NJ", "New Jersey", "US"),
        ("204", "CA", "Canada", "MB", "Manitoba", "CA"),
        ("264", "AI", "Anguilla", "AI", "Anguilla", "Caribbean"),
        ("438", "CA", "Canada", "QC", "Quebec", "CA"),
    ]


def test_get_npa_info(staging: psycopg.Connection) -> None:
    info = "SELECT display_location, full_location, category, confidence_score FROM public.get_npa_info('{}')"
    assert rows(staging, info.format("201")) == [
        ("New Jersey", "New Jersey, United States", "us-domestic", 1)
    ]
    assert rows(staging, info.format("264")) == [("Anguilla", "Anguilla", "caribbean", 1)]
    staging.execute("UPDATE public.enhanced_lerg SET is_active = false WHERE npa = '264'")
    assert rows(staging, info.format("264")) == rows(staging, info.format("000")) == []


def test_an_update_of_an_area_code_is_timed(staging: psycopg.Connection) -> None:
    staging.execute("UPDATE public.enhanced_lerg SET notes = 'checked' WHERE npa = '201'")
    assert one(staging, "SELECT updated_at = now() FROM public.enhanced_lerg WHERE npa = '201'")


def test_stale_sessions_are_cleaned_up(staging: psycopg.Connection) -> None:
    staging.execute(
        "UPDATE public.active_sessions SET last_heartbeat = now() WHERE session_token LIKE '%admin%'"
    )
    staging.execute("SELECT public.cleanup_stale_sessions()")
    assert values(staging, "SELECT session_token FROM public.active_sessions") == ["sandbox-session-admin-1"]


def test_uploads_are_counted(staging: psycopg.Connection) -> None:
    before = one(staging, "SELECT total_uploads FROM public.profiles WHERE role = 'admin'")
    call = "SELECT (public.increment_upload_count(id, 3)).* FROM public.profiles WHERE role = 'admin'"
    assert [row[:2] for row in rows(staging, call)] == [(True, before + 3)]
    unknown = "SELECT success, total_uploads FROM public.increment_upload_count(gen_random_uuid(), 1)"
    assert rows(staging, unknown) == [(False, 0)]
    staging.execute("SELECT public.reset_monthly_uploads()")
    assert one(staging, "SELECT total_uploads FROM public.profiles WHERE role = 'admin'") == before + 3


# Migrations ---------------------------------------------------------------------------------------

MIGRATIONS = "SELECT version || '_' || name FROM supabase_migrations.schema_migrations ORDER BY 1"


def test_migration_records(production: psycopg.Connection, staging: psycopg.Connection) -> None:
    before, after = values(production, MIGRATIONS), values(staging, MIGRATIONS)
    assert before[-1] == "20250530043401_update_trial_periods_july_2025"
    assert after[-1] == "20251005073335_fix_handle_new_user_trigger_v2"
    assert len(after) - len(before) == 39
    only_in_staging = sorted(set(after) - set(before))
    assert len(only_in_staging) == 41
    assert not [name for name in only_in_staging if "assumed" in name]
    assert all("_assumed_" in name for name in before[:-1])


# Who sees what ------------------------------------------------------------------------------------


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_users_see_their_own_profile_and_nobody_elses(
    request: pytest.FixtureRequest, environment: str
) -> None:
    connection = request.getfixturevalue(environment)
    someone = one(connection, "SELECT id FROM public.profiles WHERE role = 'user' LIMIT 1")
    act_as(connection, "authenticated", sub=str(someone))
    assert values(connection, "SELECT id FROM public.profiles") == [someone]
    assert connection.execute("UPDATE public.profiles SET updated_at = now()").rowcount == 1


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_strangers_see_nothing(request: pytest.FixtureRequest, environment: str) -> None:
    connection = request.getfixturevalue(environment)
    act_as(connection, "anon")
    assert one(connection, "SELECT count(*) FROM public.profiles") == 0


def test_productions_administrator_sees_all_profiles_and_changes_area_codes(
    production: psycopg.Connection,
) -> None:
    admin = one(production, "SELECT id FROM public.profiles WHERE role = 'admin'")
    metadata = one(
        production,
        "SELECT raw_app_meta_data FROM auth.users JOIN public.profiles p USING (id) WHERE p.role = 'admin'",
    )
    act_as(production, "authenticated", sub=str(admin), app_metadata=metadata)
    assert one(production, "SELECT count(*) FROM public.profiles") == 14
    assert production.execute("UPDATE public.lerg_codes SET state = 'NY' WHERE npa = '201'").rowcount == 1
    assert production.execute("DELETE FROM public.lerg_codes WHERE npa = '201'").rowcount == 1


def test_productions_users_read_area_codes_and_change_none(production: psycopg.Connection) -> None:
    someone = one(production, "SELECT id FROM public.profiles WHERE role = 'user' LIMIT 1")
    act_as(production, "authenticated", sub=str(someone))
    assert one(production, "SELECT count(*) FROM public.lerg_codes") == 440
    assert production.execute("DELETE FROM public.lerg_codes").rowcount == 0


def test_stagings_users_see_active_area_codes_and_own_sessions(staging: psycopg.Connection) -> None:
    staging.execute("UPDATE public.enhanced_lerg SET is_active = false WHERE npa = '201'")
    someone = one(staging, "SELECT user_id FROM public.active_sessions LIMIT 1")
    act_as(staging, "authenticated", sub=str(someone))
    assert one(staging, "SELECT count(*) FROM public.enhanced_lerg") == 449
    assert staging.execute("UPDATE public.enhanced_lerg SET notes = ''").rowcount == 0
    assert values(staging, "SELECT user_id FROM public.active_sessions") == [someone]


def test_the_service_role_sees_and_changes_all(staging: psycopg.Connection) -> None:
    act_as(staging, "service_role")
    assert one(staging, "SELECT count(*) FROM public.profiles") == 4
    assert staging.execute("UPDATE public.enhanced_lerg SET notes = ''").rowcount == 450
