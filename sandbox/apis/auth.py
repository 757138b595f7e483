"""A stand-in for Supabase's Auth: people sign up, sign in and change their address, in `auth.users`.

It writes as `supabase_auth_admin`, as the real one does, so that the triggers there fire as they do for it.
"""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, LiteralString

import bcrypt
import psycopg
from psycopg.rows import dict_row
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.apis.keys import signed, verified
from sandbox.apis.projects import Project, Projects
from sandbox.cluster import Cluster
from sandbox.databases import database_of

ROLE = "supabase_auth_admin"
SESSION_SECONDS = 3600
SHORTEST_PASSWORD = 6
LONGEST_PASSWORD_BYTES = 72
"""What bcrypt takes into account."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
NOBODYS_HASH = bcrypt.hashpw(b"nobody", bcrypt.gensalt(10))
"""Checked where there is no such user, so that the answer takes as long."""

_INSERT: LiteralString = """
INSERT INTO auth.users (
  instance_id, id, aud, role, email, encrypted_password, raw_app_meta_data, raw_user_meta_data,
  confirmation_token, recovery_token, email_change_token_new, email_change,
  email_confirmed_at, created_at, updated_at, last_sign_in_at
) VALUES (
  '00000000-0000-0000-0000-000000000000', gen_random_uuid(), 'authenticated', 'authenticated', %(email)s,
  %(password)s, '{"provider": "email", "providers": ["email"]}', %(data)s,
  '', '', '', '',
  now(), now(), now(), now()
) RETURNING *
"""
_SIGN_IN: LiteralString = """
UPDATE auth.users SET last_sign_in_at = now(), updated_at = now() WHERE id = %(id)s RETURNING *
"""
_CHANGE: LiteralString = """
UPDATE auth.users SET
  email = coalesce(%(email)s, email),
  encrypted_password = coalesce(%(password)s, encrypted_password),
  raw_user_meta_data = coalesce(raw_user_meta_data, '{}') || %(data)s,
  updated_at = now()
WHERE id = %(id)s RETURNING *
"""
_BY_EMAIL: LiteralString = """
SELECT * FROM auth.users WHERE lower(email) = %(email)s AND NOT is_sso_user AND deleted_at IS NULL
"""
_BY_ID: LiteralString = "SELECT * FROM auth.users WHERE id = %(id)s AND deleted_at IS NULL"

User = dict[str, Any]


class AuthError(Exception):
    """A refusal, with the code by which clients tell it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Auth:
    """The endpoints below `/auth`, for one project each."""

    def __init__(self, projects: Projects, cluster: Callable[[], Cluster | None]) -> None:
        self._projects = projects
        self._cluster = cluster

    def routes(self) -> list[Route]:
        """All of them."""
        return [
            Route("/{ref}/v1/signup", self._answering(self._sign_up), methods=["POST"]),
            Route("/{ref}/v1/token", self._answering(self._sign_in), methods=["POST"]),
            Route("/{ref}/v1/user", self._answering(self._read), methods=["GET"]),
            Route("/{ref}/v1/user", self._answering(self._change), methods=["PUT"]),
            Route("/{ref}/v1/logout", self._answering(self._sign_out), methods=["POST"]),
        ]

    def _answering(self, work: Callable[[Project, Request, Mapping[str, Any]], Any]) -> Any:
        async def answer(request: Request) -> Response:
            project = self._projects.read(request.path_params["ref"])
            if project is None:
                raise AuthError(404, "not_found", "There is no such project")
            given = _object(await request.body())
            # The database and bcrypt take their time, and others are to be answered meanwhile.
            told = await run_in_threadpool(work, project, request, given)
            return Response(status_code=204) if told is None else JSONResponse(told)

        return answer

    def _sign_up(self, project: Project, request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {
            "email": _email(given),
            "password": _hashed(given),
            "data": json.dumps(given.get("data") or {}),
        }
        try:
            user = self._one(project, _INSERT, values)
        except psycopg.errors.UniqueViolation:
            raise AuthError(422, "user_already_exists", "User already registered") from None
        except psycopg.Error as error:
            raise _failed(error, "Database error saving new user") from None
        assert user
        return _session(project, user)

    def _sign_in(self, project: Project, request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
        grant = request.query_params.get("grant_type")
        if grant != "password":
            raise AuthError(400, "unsupported_grant_type", f"The sandbox knows no grant {grant!r}")
        user = self._one(project, _BY_EMAIL, {"email": str(given.get("email", "")).lower()})
        if not _matches(str(given.get("password", "")), user) or user is None:
            raise AuthError(400, "invalid_credentials", "Invalid login credentials")
        if (banned := user["banned_until"]) and banned > datetime.now(UTC):
            raise AuthError(400, "user_banned", "User is banned")
        signed_in = self._one(project, _SIGN_IN, {"id": user["id"]})
        return _session(project, signed_in or user)

    def _read(self, project: Project, request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
        return _told(self._caller(project, request))

    def _change(self, project: Project, request: Request, given: Mapping[str, Any]) -> dict[str, Any]:
        caller = self._caller(project, request)
        values = {
            "id": caller["id"],
            "email": _email(given) if "email" in given else None,
            "password": _hashed(given) if "password" in given else None,
            "data": json.dumps(given.get("data") or {}),
        }
        try:
            changed = self._one(project, _CHANGE, values)
        except psycopg.errors.UniqueViolation:
            message = "A user with this email address has already been registered"
            raise AuthError(422, "email_exists", message) from None
        except psycopg.Error as error:
            raise _failed(error, "Error updating user") from None
        return _told(changed or caller)

    def _sign_out(self, project: Project, request: Request, given: Mapping[str, Any]) -> None:
        self._caller(project, request)

    def _caller(self, project: Project, request: Request) -> User:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        claims = verified(project, token)
        if claims is None:
            raise AuthError(403, "bad_jwt", "The token is not valid")
        user = self._one(project, _BY_ID, {"id": claims["sub"]}) if "sub" in claims else None
        if user is None:
            raise AuthError(403, "user_not_found", "User from sub claim in JWT does not exist")
        return user

    def _one(self, project: Project, statement: LiteralString, values: Mapping[str, Any]) -> User | None:
        cluster = self._cluster()
        if cluster is None:
            raise AuthError(500, "unexpected_failure", "The sandbox's database isn't there")
        url = cluster.url(ROLE, database_of(project.ref))
        with psycopg.connect(url, row_factory=dict_row, connect_timeout=5) as connection:
            return connection.execute(statement, values).fetchone()


async def refused(_: Request, error: Exception) -> Response:
    """The answer to a request that can't be granted, in Auth's own form."""
    assert isinstance(error, AuthError)
    return JSONResponse({"code": error.status, "error_code": error.code, "msg": str(error)}, error.status)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        given = json.loads(body or b"{}")
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise AuthError(400, "bad_json", "Could not parse request body as JSON")
    return given


def _email(given: Mapping[str, Any]) -> str:
    email = str(given.get("email", "")).strip().lower()
    if len(email) > 255 or not EMAIL.fullmatch(email):
        raise AuthError(400, "validation_failed", "Unable to validate email address: invalid format")
    return email


def _hashed(given: Mapping[str, Any]) -> str:
    password = given.get("password")
    if not isinstance(password, str) or len(password) < SHORTEST_PASSWORD:
        message = f"Password should be at least {SHORTEST_PASSWORD} characters."
        raise AuthError(422, "weak_password", message)
    if len(password.encode()) > LONGEST_PASSWORD_BYTES:
        message = f"Password cannot be longer than {LONGEST_PASSWORD_BYTES} characters"
        raise AuthError(422, "validation_failed", message)
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(10)).decode()


def _matches(password: str, user: User | None) -> bool:
    known = (user or {}).get("encrypted_password") or ""
    given = password.encode()[:LONGEST_PASSWORD_BYTES]
    try:
        return bcrypt.checkpw(given, known.encode() or NOBODYS_HASH) and bool(known)
    except ValueError:
        return False  # no hash, as an import may leave one


def _session(project: Project, user: User) -> dict[str, Any]:
    now = int(time.time())
    claims = {
        "iss": "supabase/auth",
        "sub": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "session_id": str(uuid.uuid4()),
        "is_anonymous": user["is_anonymous"],
        "aal": "aal1",
        "iat": now,
        "exp": now + SESSION_SECONDS,
    }
    return {
        "access_token": signed(project, claims),
        "token_type": "bearer",
        "expires_in": SESSION_SECONDS,
        "expires_at": now + SESSION_SECONDS,
        "user": _told(user),
    }


def _told(user: User) -> dict[str, Any]:
    moments = ("email_confirmed_at", "confirmed_at", "last_sign_in_at", "created_at", "updated_at")
    return {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "phone": user["phone"] or "",
        "app_metadata": user["raw_app_meta_data"] or {},
        "user_metadata": user["raw_user_meta_data"] or {},
        "is_anonymous": user["is_anonymous"],
        **{name: user[name].isoformat() for name in moments if user[name]},
    }


def _failed(error: psycopg.Error, message: str) -> AuthError:
    # What the database says may quote a user's data; its code doesn't.
    return AuthError(500, "unexpected_failure", f"{message} ({error.sqlstate})")
