"""Section 14's flows, through the gateway, on production as the rollout has made it: each as four callers.

One project is led to the goal for all of them; each flow has users of its own.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from components.rollout import declarations
from provider.schema.supabase import Function
from sandbox.databases import Target
from settings import LAST_PHASE
from tests.components.test_functions import of
from tests.fix_rollout import Stop, Stops

PRODUCTION = of("production")
PASSWORD = "correct horse battery staple"
NEW_NPA = {
    "npa": "299",
    "country_code": "US",
    "country_name": "United States",
    "state_province_code": "NJ",
    "state_province_name": "New Jersey",
    "region": "US",
}

UPLOADED = "npa,country_code,country_name,state_province_code,state_province_name,region,notes"


@dataclass(frozen=True)
class Caller:
    """One who calls, with a token or without."""

    client: httpx.Client
    id: str = ""
    email: str = ""
    token: str = ""

    def call(self, slug: str, json: Any = None, **given: Any) -> httpx.Response:
        """A POST of JSON unless something else is given."""
        headers = given.pop("headers", {})
        if self.token:
            headers = {**headers, "authorization": f"Bearer {self.token}"}
        if "content" not in given:
            given["json"] = {} if json is None else json
        return self.client.post(f"/functions/v1/{slug}", headers=headers, **given)

    def told(self, slug: str, json: Any = None, **given: Any) -> Any:
        """The answer to a call that must be granted."""
        answer = self.call(slug, json, **given)
        assert answer.is_success, f"{slug}: {answer.status_code} {answer.text}"
        return answer.json()


@dataclass(frozen=True)
class Served:
    """The project at its goal."""

    target: Target
    client: httpx.Client

    @property
    def nobody(self) -> Caller:
        return Caller(self.client)

    def sign_up(self) -> Caller:
        """A new user."""
        email = f"{uuid.uuid4().hex}@example.com"
        told = self.client.post("/auth/v1/signup", json={"email": email, "password": PASSWORD})
        assert told.status_code == 200, told.text
        session = told.json()
        return Caller(self.client, session["user"]["id"], email, session["access_token"])

    def admin(self) -> Caller:
        """A new user whom the database knows as an administrator."""
        caller = self.sign_up()
        self.query("UPDATE public.profiles SET role = 'admin' WHERE id = %s", caller.id)
        return caller

    def query(self, text: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.target.database_url, autocommit=True) as connection:
            cursor = connection.execute(text.encode(), values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def served(stops: Stops, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    goal = Stop("production", LAST_PHASE)
    root = tmp_path_factory.mktemp("flows") / "a project"
    with (
        stops.at(goal, root) as (_, target),
        httpx.Client(base_url=target.api_url, trust_env=False, timeout=60) as gateway,
    ):
        yield Served(target, gateway)


@pytest.fixture(scope="module")
def four(served: Served) -> dict[str, Caller]:
    """Nobody, a user, another user and an administrator."""
    return {
        "nobody": served.nobody,
        "user": served.sign_up(),
        "other": served.sign_up(),
        "admin": served.admin(),
    }


def statuses(four: dict[str, Caller], slug: str, json: Any = None) -> dict[str, int]:
    return {name: caller.call(slug, json).status_code for name, caller in four.items()}


def test_every_deployed_function_answers(served: Served) -> None:
    slugs = [
        each.first.id
        for _, each in declarations(PRODUCTION)
        if isinstance(each.first, Function) and each.at(PRODUCTION.goal)
    ]
    assert len(slugs) == 24
    answers = {slug: served.client.options(f"/functions/v1/{slug}").status_code for slug in slugs}
    assert set(answers.values()) <= {200, 204}, answers
    assert served.client.options("/functions/v1/debug-auth").status_code == 404


def test_a_sign_up_makes_one_profile_with_a_trial_of_seven_days(served: Served) -> None:
    user = served.sign_up()
    ((role, status, left, email),) = served.query(
        "SELECT role, subscription_status, plan_expires_at - now(), email FROM public.profiles WHERE id = %s",
        user.id,
    )
    assert (role, status, email) == ("user", "trial", user.email)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    changed = served.client.put(
        "/auth/v1/user",
        json={"email": f"new.{user.email}"},
        headers={"authorization": f"Bearer {user.token}"},
    )
    assert changed.status_code == 200
    assert served.query("SELECT email FROM public.profiles WHERE id = %s", user.id) == [
        (f"new.{user.email}",)
    ]


def test_area_codes_are_for_users_and_kept_by_administrators(served: Served, four: dict[str, Caller]) -> None:
    seen = {"nobody": 401, "user": 200, "other": 200, "admin": 200}
    assert statuses(four, "get-enhanced-lerg-data") == seen
    assert statuses(four, "get-npa-location", {"npa": "201"}) == seen
    user, admin = four["user"], four["admin"]
    assert user.told("get-enhanced-lerg-data")["statistics"]["total"] == 450
    assert user.told("get-npa-location", {"npa": "201"})["full_location"] == "New Jersey, United States"
    assert user.call("get-npa-location", {"npa": "000"}).status_code == 404
    assert user.call("get-npa-location", {"npa": "1'; --"}).status_code == 400

    kept = {"nobody": 401, "user": 403, "other": 403, "admin": 200}
    assert statuses(four, "add-enhanced-lerg-record", NEW_NPA) == {**kept, "admin": 201}
    assert admin.call("add-enhanced-lerg-record", NEW_NPA).status_code == 409
    assert statuses(four, "update-enhanced-lerg-record", {"npa": "299", "notes": "tried"}) == kept
    served.query("DELETE FROM public.enhanced_lerg WHERE npa = '299'")


def test_a_file_of_area_codes_is_taken_whole_or_not_at_all(served: Served, four: dict[str, Caller]) -> None:
    def upload(name: str, *lines: str) -> httpx.Response:
        text = "\r\n".join([UPLOADED, *lines, ""])
        return four[name].call(
            "upload-lerg", content=f"\ufeff{text}".encode(), headers={"content-type": "text/csv"}
        )

    def notes() -> list[tuple[Any, ...]]:
        return served.query("SELECT npa, notes FROM public.enhanced_lerg WHERE npa LIKE '29_' ORDER BY npa")

    good = ('298,US,United States,NJ,New Jersey,US,"by, file"', "299,US,United States,NJ,New Jersey,US,")
    for name, status in {"nobody": 401, "user": 403, "other": 403}.items():
        assert upload(name, *good).status_code == status
    refused = upload("admin", *good, "2x7,US,United States,NJ,New Jersey,US,", "297,us,United States,NJ,,US,")
    assert refused.status_code == 422
    assert {each["at"] for each in refused.json()["error"]["details"]} == {4, 5}
    assert notes() == []

    granted = {"added": 2, "changed": 0, "unchanged": 0, "repeated": 0}
    assert upload("admin", *good).json() == granted
    assert notes() == [("298", "by, file"), ("299", None)]
    assert four["user"].told("get-npa-location", {"npa": "298"})["display_location"] == "New Jersey"
    assert upload("admin", *good).json() == {**granted, "added": 0, "unchanged": 2}
    served.query("DELETE FROM public.enhanced_lerg WHERE npa IN ('298', '299')")


def test_sessions_are_started_kept_and_ended_by_their_user(served: Served, four: dict[str, Caller]) -> None:
    user, other, admin = four["user"], four["other"], four["admin"]
    assert served.nobody.call("manage-session", {"action": "start"}).status_code == 401
    assert served.nobody.told("pre-login-check", {"email": "nobody@example.com"}) == {
        "allowed": True,
        "reason": None,
    }
    first, second = (user.told("manage-session", {"action": "start"}) for _ in range(2))
    assert first["session_id"] != second["session_id"]
    ((stored,),) = served.query(
        "SELECT session_token FROM public.active_sessions WHERE id = %s", first["session_id"]
    )
    assert first["token"] not in stored, "only what it is told by is kept"

    beat = user.told("manage-session", {"action": "heartbeat", "token": first["token"]})
    assert datetime.fromisoformat(beat["last_heartbeat"]) > datetime.fromisoformat(first["created_at"])
    assert other.call("check-session", {"token": first["token"]}).status_code == 401
    assert user.told("check-session", {"token": first["token"]})["session_id"] == first["session_id"]
    assert user.told("manage-session", {"action": "end", "token": first["token"]})["ended"] is True
    assert user.call("check-session", {"token": first["token"]}).status_code == 401

    served.query(
        "UPDATE public.active_sessions SET last_heartbeat = %s WHERE id = %s",
        datetime.now(UTC) - timedelta(minutes=6),
        second["session_id"],
    )
    assert user.call("check-session", {"token": second["token"]}).status_code == 401
    assert statuses(four, "cleanup-session") == {"nobody": 401, "user": 403, "other": 403, "admin": 403}

    for _ in range(2):
        user.told("manage-session", {"action": "start"})
    assert other.call("force-logout", {"user_id": user.id}).status_code == 403
    assert admin.told("force-logout", {"user_id": user.id})["ended"] >= 2
    assert served.query("SELECT FROM public.active_sessions WHERE user_id = %s", user.id) == []


def test_administrators_look_after_users(served: Served, four: dict[str, Caller]) -> None:
    for slug in ("get-all-users", "get-user-activity"):
        assert statuses(four, slug) == {"nobody": 401, "user": 403, "other": 403, "admin": 200}
    admin, user = four["admin"], served.sign_up()
    listed = admin.told("get-all-users", {"search": user.email})
    assert [each["id"] for each in listed["users"]] == [user.id]
    promotion = {"user_id": user.id, "role": "admin"}
    assert user.call("update-user-profile", promotion).status_code == 403
    assert admin.told("update-user-profile", {"user_id": user.id, "role": "user"})["user"]["role"] == "user"

    user.told("manage-session", {"action": "start"})
    closed = admin.told("toggle-user-status", {"user_id": user.id, "active": False})
    assert (closed["active"], closed["sessions_ended"]) == (False, 1)
    sign_in = {"email": user.email, "password": PASSWORD}
    refused = served.client.post("/auth/v1/token", params={"grant_type": "password"}, json=sign_in)
    assert refused.status_code == 400
    assert user.call("manage-session", {"action": "start"}).status_code in {401, 403}
    admin.told("toggle-user-status", {"user_id": user.id, "active": True})

    assert user.told("delete-user-account") == {"deleted": True}
    assert served.query("SELECT FROM public.profiles WHERE id = %s", user.id) == []


def test_uploads_are_counted_and_shown(served: Served, four: dict[str, Caller]) -> None:
    user = served.sign_up()
    assert served.nobody.call("track-upload").status_code == 401
    assert [user.told("track-upload", {"file_count": 2})["total_uploads"] for _ in range(2)] == [2, 4]
    shown = four["admin"].told("get-all-users", {"search": user.email})
    assert shown["users"][0]["total_uploads"] == 4


@pytest.mark.parametrize(
    "token", [lambda token: f"{token}x", lambda token: token.rpartition(".")[0] + ".", lambda _: "a.b.c"]
)
def test_a_forged_token_opens_nothing(
    served: Served, four: dict[str, Caller], token: Callable[[str], str]
) -> None:
    forger = Caller(served.client, token=token(four["admin"].token))
    assert forger.call("get-all-users").status_code == 401


def test_pages_of_other_origins_are_refused(four: dict[str, Caller]) -> None:
    def from_page(origin: str) -> int:
        return four["user"].call("get-npa-location", {"npa": "201"}, headers={"origin": origin}).status_code

    assert from_page("https://app.voip-accelerator.example") == 200
    assert from_page("https://elsewhere.example") == 403
