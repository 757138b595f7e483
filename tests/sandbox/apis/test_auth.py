"""Auth's stand-in, on real copies of both environments."""

from __future__ import annotations

import time
from typing import Any

import httpx
import jwt
import psycopg
import pytest
from psycopg.rows import dict_row

from sandbox.apis.process import Apis
from sandbox.apis.projects import Projects
from sandbox.cluster import Cluster
from sandbox.databases import Target

PASSWORD = "correct horse"


class People:
    """Auth of one project, as its clients see it."""

    def __init__(self, apis: Apis, target: Target, secret: str) -> None:
        self.url = f"{apis.url}/auth/{target.ref}/v1"
        self.secret = secret

    def ask(self, method: str, path: str, json: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.request(method, self.url + path, json=json, headers=headers, trust_env=False)

    def sign_up(self, email: str, password: Any = PASSWORD, **given: Any) -> httpx.Response:
        return self.ask("POST", "/signup", {"email": email, "password": password, **given})

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        return self.ask("POST", "/token?grant_type=password", {"email": email, "password": password})

    def token(self, **claims: Any) -> str:
        return jwt.encode({"exp": time.time() + 60, **claims}, self.secret, "HS256")


@pytest.fixture
def staging_people(apis: Apis, sandbox_cluster: Cluster, staging_copy: Target) -> People:
    return people_of(apis, sandbox_cluster, staging_copy)


def people_of(apis: Apis, cluster: Cluster, target: Target) -> People:
    project = Projects(cluster.layout).read(target.ref)
    assert project
    return People(apis, target, project.jwt_secret)


def row(target: Target, query: str, *values: object) -> dict[str, Any]:
    with psycopg.connect(target.database_url, row_factory=dict_row) as connection:
        found = connection.execute(query.encode(), values).fetchone()
    assert found
    return found


def refusal(answer: httpx.Response) -> tuple[int, str]:
    told = answer.json()
    assert told["code"] == answer.status_code
    assert told["msg"]
    return answer.status_code, told["error_code"]


class TestSignUp:
    @pytest.mark.parametrize("environment", ["production", "staging"])
    def test_a_new_user_has_a_profile_and_a_token(
        self, request: pytest.FixtureRequest, apis: Apis, sandbox_cluster: Cluster, environment: str
    ) -> None:
        target: Target = request.getfixturevalue(f"{environment}_copy")
        people = people_of(apis, sandbox_cluster, target)
        answer = people.sign_up("New.Person@Example.com", data={"user_agent": "Ünï"})
        assert answer.status_code == 200
        session = answer.json()
        claims = jwt.decode(session["access_token"], people.secret, ["HS256"], audience="authenticated")
        assert claims["sub"] == session["user"]["id"]
        assert (claims["role"], claims["email"]) == ("authenticated", "new.person@example.com")
        assert 0 < claims["exp"] - time.time() <= session["expires_in"] == 3600
        user = row(target, "SELECT * FROM auth.users WHERE id = %s", claims["sub"])
        assert user["raw_user_meta_data"] == {"user_agent": "Ünï"}
        assert user["email_confirmed_at"]
        profile = row(target, "SELECT * FROM public.profiles WHERE id = %s", claims["sub"])
        assert (profile["role"], profile["subscription_status"]) == ("user", "trial")

    def test_it_writes_as_the_real_service_does(self, staging_people: People, staging_copy: Target) -> None:
        with psycopg.connect(staging_copy.database_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE public.seen (who text)")
            connection.execute("GRANT INSERT ON public.seen TO supabase_auth_admin")
            connection.execute(
                "CREATE FUNCTION public.see() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN INSERT INTO public.seen VALUES (current_user); RETURN NEW; END $$"
            )
            connection.execute(
                "CREATE TRIGGER see AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.see()"
            )
        assert staging_people.sign_up("a@example.com").status_code == 200
        assert row(staging_copy, "SELECT who FROM public.seen") == {"who": "supabase_auth_admin"}

    @pytest.mark.parametrize(
        ("email", "password", "expected"),
        [
            ("li.wei@example.com", PASSWORD, (422, "user_already_exists")),
            ("no address", PASSWORD, (400, "validation_failed")),
            ("'; DROP TABLE auth.users; --", PASSWORD, (400, "validation_failed")),
            ("a" * 250 + "@example.com", PASSWORD, (400, "validation_failed")),
            ("b@example.com", "short", (422, "weak_password")),
            ("b@example.com", None, (422, "weak_password")),
            ("b@example.com", "x" * 73, (422, "validation_failed")),
        ],
    )
    def test_what_cant_be_is_refused(
        self, staging_people: People, email: str, password: Any, expected: tuple[int, str]
    ) -> None:
        staging_people.sign_up("li.wei@example.com")
        assert refusal(staging_people.sign_up(email, password)) == expected

    def test_a_trigger_that_fails_lets_nobody_in(self, staging_people: People, staging_copy: Target) -> None:
        with psycopg.connect(staging_copy.database_url) as connection:
            connection.execute("ALTER TABLE public.profiles ADD CHECK (id IS NULL) NOT VALID")
        answer = staging_people.sign_up("a@example.com")
        assert refusal(answer) == (500, "unexpected_failure")
        assert answer.json()["msg"] == "Database error saving new user (23514)"
        assert refusal(staging_people.sign_in("a@example.com")) == (400, "invalid_credentials")


class TestSignIn:
    def test_who_knows_the_password_comes_in(self, staging_people: People, staging_copy: Target) -> None:
        first = staging_people.sign_up("a@example.com").json()
        second = staging_people.sign_in("A@Example.com")
        assert second.status_code == 200
        assert second.json()["user"]["id"] == first["user"]["id"]
        told = staging_people.ask("GET", "/user", token=second.json()["access_token"])
        assert told.json()["email"] == "a@example.com"
        assert staging_people.ask("POST", "/logout", token=first["access_token"]).status_code == 204

    @pytest.mark.parametrize(
        ("email", "password"),
        [
            ("a@example.com", "wrong"),
            ("a@example.com", "x" * 100),
            ("nobody@example.com", PASSWORD),
            ("", ""),
        ],
    )
    def test_others_are_told_alike(self, staging_people: People, email: str, password: str) -> None:
        staging_people.sign_up("a@example.com")
        answer = staging_people.sign_in(email, password)
        assert refusal(answer) == (400, "invalid_credentials")
        assert answer.json()["msg"] == "Invalid login credentials"

    def test_a_banned_one_stays_outside(self, staging_people: People, staging_copy: Target) -> None:
        user = staging_people.sign_up("a@example.com").json()["user"]["id"]
        row(
            staging_copy,
            "UPDATE auth.users SET banned_until = now() + interval '1 day' WHERE id = %s RETURNING id",
            user,
        )
        assert refusal(staging_people.sign_in("a@example.com")) == (400, "user_banned")

    def test_there_is_no_other_way_in(self, staging_people: People) -> None:
        answer = staging_people.ask("POST", "/token?grant_type=refresh_token", {"refresh_token": "x"})
        assert refusal(answer) == (400, "unsupported_grant_type")


class TestChange:
    def test_an_address_follows_into_the_profile(self, staging_people: People, staging_copy: Target) -> None:
        session = staging_people.sign_up("a@example.com").json()
        changed = staging_people.ask("PUT", "/user", {"email": "B@example.com"}, session["access_token"])
        assert changed.json()["email"] == "b@example.com"
        profile = row(staging_copy, "SELECT email FROM public.profiles WHERE id = %s", session["user"]["id"])
        assert profile == {"email": "b@example.com"}
        assert staging_people.sign_in("b@example.com").status_code == 200

    def test_a_password_and_data_are_changed_too(self, staging_people: People) -> None:
        token = staging_people.sign_up("a@example.com", data={"x": 1}).json()["access_token"]
        given = {"password": "another one", "data": {"y": 2}}
        changed = staging_people.ask("PUT", "/user", given, token)
        assert changed.json()["user_metadata"] == {"x": 1, "y": 2}
        assert refusal(staging_people.sign_in("a@example.com")) == (400, "invalid_credentials")
        assert staging_people.sign_in("a@example.com", "another one").status_code == 200

    def test_anothers_address_is_refused(self, staging_people: People) -> None:
        staging_people.sign_up("a@example.com")
        token = staging_people.sign_up("b@example.com").json()["access_token"]
        assert refusal(staging_people.ask("PUT", "/user", {"email": "a@example.com"}, token)) == (
            422,
            "email_exists",
        )


class TestTokens:
    def test_only_this_projects_own_count(self, staging_people: People) -> None:
        user = staging_people.sign_up("a@example.com").json()["user"]["id"]
        valid = staging_people.token(sub=user)
        assert staging_people.ask("GET", "/user", token=valid).status_code == 200
        for token in (
            None,
            "x",
            valid[:-3] + "abc",
            jwt.encode({"sub": user, "exp": time.time() + 60}, "another secret of the same length!", "HS256"),
            jwt.encode({"sub": user, "exp": time.time() + 60}, "", "none"),
            staging_people.token(sub=user, exp=time.time() - 1),
            jwt.encode({"sub": user}, staging_people.secret, "HS256"),
        ):
            assert refusal(staging_people.ask("GET", "/user", token=token)) == (403, "bad_jwt")

    @pytest.mark.parametrize("claims", [{}, {"sub": "00000000-0000-0000-0000-000000000000"}])
    def test_who_is_not_there_is_nobody(self, staging_people: People, claims: dict[str, str]) -> None:
        token = staging_people.token(**claims)
        assert refusal(staging_people.ask("GET", "/user", token=token)) == (403, "user_not_found")


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"x"'])
def test_what_is_no_object_is_refused(staging_people: People, body: bytes) -> None:
    answer = httpx.post(f"{staging_people.url}/signup", content=body, trust_env=False)
    assert refusal(answer) == (400, "bad_json")


def test_a_project_that_is_not_there_has_no_people(apis: Apis) -> None:
    answer = httpx.post(f"{apis.url}/auth/nobody/v1/signup", json={}, trust_env=False)
    assert refusal(answer) == (404, "not_found")
