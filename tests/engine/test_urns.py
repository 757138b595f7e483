from __future__ import annotations

from engine import urns

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
CHILD = "urn:pulumi:dev::p::p:index:Group$fake:index:Thing::a::with::colons"


def test_the_stack_is_no_part_of_a_type_chain() -> None:
    assert urns.make("dev", "p", STACK, "p:index:Group", "g") == "urn:pulumi:dev::p::p:index:Group::g"


def test_parents_types_make_a_chain() -> None:
    parent = "urn:pulumi:dev::p::x:y:A$x:y:B::g"
    assert urns.make("dev", "p", parent, "x:y:C", "c") == "urn:pulumi:dev::p::x:y:A$x:y:B$x:y:C::c"


def test_parts_of_a_urn() -> None:
    assert urns.type_of(CHILD) == "fake:index:Thing"
    assert urns.qualified_type(CHILD) == "p:index:Group$fake:index:Thing"
    assert urns.name_of(CHILD) == "a::with::colons"
    assert urns.stack_urn("dev", "p") == STACK


def test_a_provider_reference() -> None:
    reference = urns.reference(CHILD, "the-id")
    assert urns.reference_urn(reference) == CHILD
    assert urns.reference_id(reference) == "the-id"


def test_packages_of_tokens() -> None:
    assert urns.package_of("voip:postgres:Table") == "voip"
    assert urns.package_of("pulumi:providers:voip") == "voip"
