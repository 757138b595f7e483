"""Resource names: `urn:pulumi:<stack>::<project>::<qualified type>::<name>`, and references to providers."""

from __future__ import annotations

from engine.rows import PROVIDER_PREFIX, STACK_TYPE


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """The URN of a resource; `parent` is a URN or empty, and the stack's own type is no part of the chain."""
    chain = qualified_type(parent) if parent else ""
    qualified = f"{chain}${type_}" if chain and chain != STACK_TYPE else type_
    return f"urn:pulumi:{stack}::{project}::{qualified}::{name}"


def stack_urn(stack: str, project: str) -> str:
    return make(stack, project, "", STACK_TYPE, f"{project}-{stack}")


def qualified_type(urn: str) -> str:
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    return qualified_type(urn).rsplit("$", 1)[-1]


def name_of(urn: str) -> str:
    # The name comes last and may hold the separator itself.
    return urn.split("::", 3)[3]


def package_of(token: str) -> str:
    """`voip` for `voip:postgres:Table` and for `pulumi:providers:voip`."""
    return token.removeprefix(PROVIDER_PREFIX).split(":", 1)[0]


def reference(urn: str, identifier: str) -> str:
    """How a resource names its provider."""
    return f"{urn}::{identifier}"


def reference_urn(provider: str) -> str:
    return provider.rsplit("::", 1)[0]


def reference_id(provider: str) -> str:
    return provider.rsplit("::", 1)[1]
