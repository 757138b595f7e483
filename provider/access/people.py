"""Users to try with, made for the occasion as a sign-up makes them: nobody's own account is touched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import psycopg

from provider.access.relations import Connection
from provider.errors import ProviderError
from provider.postgres.compose import declared
from provider.schema.access import Caller

BYSTANDER = Caller(name="other", role="authenticated", signed_in=True)
"""The user whose rows are another's to everybody."""

_SIGN_UP = """
INSERT INTO auth.users
  (instance_id, id, aud, role, email, raw_app_meta_data, raw_user_meta_data, created_at, updated_at)
VALUES ('00000000-0000-0000-0000-000000000000', %(user)s, 'authenticated', 'authenticated', %(email)s,
  '{"provider": "email", "providers": ["email"]}', '{}', now(), now())
"""


@dataclass(frozen=True)
class Person:
    """A caller, with its account if it has one."""

    caller: Caller
    user: str | None

    @property
    def email(self) -> str:
        return f"{self.user}@access.invalid"

    @property
    def claims(self) -> str:
        """The token's content, as the API hands it to Postgres."""
        own = {"sub": self.user, "aud": "authenticated", "email": self.email} if self.user else {}
        return json.dumps({**own, "role": self.caller.role, **self.caller.claims})


def signed_up(connection: Connection, callers: Sequence[Caller]) -> list[Person]:
    """Each caller as a person; those who sign in get an account, and whatever a sign-up makes beside it."""
    people = [Person(caller, str(uuid4()) if caller.signed_in else None) for caller in callers]
    for person in people:
        if person.user:
            _run(connection, _SIGN_UP, person)
    return people


def become(connection: Connection, people: Sequence[Person]) -> None:
    """Make each user what its caller is."""
    for person in people:
        for statement in person.caller.made:
            _run(connection, statement, person)


def _run(connection: Connection, statement: str, person: Person) -> None:
    try:
        connection.execute(declared(statement), {"user": person.user, "email": person.email})
    except psycopg.Error as error:
        raise ProviderError(
            f"no user can be made to try the access of {person.caller.name} with: "
            f"{str(error).splitlines()[0]}; mend the sign-up first"
        ) from None
