"""Who comes through the API, for trying what each may do."""

from __future__ import annotations

from provider.schema.access import Caller

_ADMINISTRATOR = "UPDATE public.profiles SET role = 'admin' WHERE id = %(user)s"

CALLERS = (
    Caller(name="anon", role="anon"),
    # Users write their own user_metadata, so each may claim there whatever it likes.
    Caller(name="user", role="authenticated", signed_in=True, claims={"user_metadata": {"role": "admin"}}),
    Caller(
        name="admin",
        role="authenticated",
        signed_in=True,
        claims={"app_metadata": {"role": "admin"}},
        made=[_ADMINISTRATOR],
    ),
    # A token outlives the ban of its user by up to an hour.
    Caller(
        name="banned admin",
        role="authenticated",
        signed_in=True,
        claims={"app_metadata": {"role": "admin"}},
        made=[
            _ADMINISTRATOR,
            "UPDATE auth.users SET banned_until = 'infinity' WHERE id = %(user)s",
        ],
    ),
    Caller(name="service", role="service_role"),
)
