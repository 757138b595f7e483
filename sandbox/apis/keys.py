"""A project's tokens, signed with its own secret, and what its functions find in their environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt

from sandbox.apis.projects import Project
from sandbox.cluster import OWNER, Cluster
from sandbox.databases import database_of

ALGORITHM = "HS256"
KEY_SECONDS = 10 * 365 * 24 * 3600


def signed(project: Project, claims: Mapping[str, Any]) -> str:
    """A token of a project."""
    return jwt.encode(dict(claims), project.jwt_secret, ALGORITHM)


def verified(project: Project, token: str) -> dict[str, Any] | None:
    """The claims of a token, if it is one of this project's and still holds."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token, project.jwt_secret, [ALGORITHM], options={"verify_aud": False, "require": ["exp"]}
        )
    except jwt.PyJWTError:
        return None
    return claims


def reserved(project: Project, cluster: Cluster, url: str) -> dict[str, str]:
    """What Supabase itself sets, under names that nobody else can take."""
    return {
        "SUPABASE_URL": url,
        "SUPABASE_ANON_KEY": _key(project, "anon"),
        "SUPABASE_SERVICE_ROLE_KEY": _key(project, "service_role"),
        "SUPABASE_DB_URL": cluster.url(OWNER, database_of(project.ref)),
    }


def environment(project: Project, cluster: Cluster, url: str, stripe_url: str) -> dict[str, str]:
    """All that a project's functions find; here, where the stand-in for Stripe is too."""
    secrets = {name: secret.value for name, secret in project.secrets.items()}
    return {"STRIPE_API_URL": stripe_url, **secrets, **reserved(project, cluster, url)}


def _key(project: Project, role: str) -> str:
    # Of the project's age and not of this moment: a key is the same whenever it is asked for.
    issued = project.created_at // 1000
    claims = {"iss": "supabase", "ref": project.ref, "role": role, "iat": issued, "exp": issued + KEY_SECONDS}
    return signed(project, claims)
