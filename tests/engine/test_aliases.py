from __future__ import annotations

import pytest

from engine.deployment.aliases import Aliases
from engine.deployment.goal import Alias, Goal
from engine.rows import Row

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
GROUP = "urn:pulumi:dev::p::x:y:Group::new"


@pytest.mark.parametrize(
    ("alias", "urn"),
    [
        (Alias(urn="urn:pulumi:s::q::t::n"), "urn:pulumi:s::q::t::n"),
        (Alias(name="old"), "urn:pulumi:dev::p::x:y:Group$fake:index:Thing::old"),
        (Alias(type="fake:index:Other"), "urn:pulumi:dev::p::x:y:Group$fake:index:Other::a"),
        (Alias(no_parent=True), "urn:pulumi:dev::p::fake:index:Thing::a"),
        (Alias(parent=STACK), "urn:pulumi:dev::p::fake:index:Thing::a"),
        (Alias(stack="prod", project="q"), "urn:pulumi:prod::q::x:y:Group$fake:index:Thing::a"),
    ],
)
def test_an_alias_names_a_former_urn(alias: Alias, urn: str) -> None:
    goal = Goal("fake:index:Thing", "a", custom=True, parent=GROUP, aliases=[alias])
    assert Aliases("dev", "p").candidates(goal) == [urn]


def test_children_of_a_renamed_parent_are_looked_for_below_its_former_name() -> None:
    aliases = Aliases("dev", "p", former={GROUP: "urn:pulumi:dev::p::x:y:Old::old"})
    goal = Goal("fake:index:Thing", "new-child", custom=True, parent=GROUP)
    assert aliases.candidates(goal) == ["urn:pulumi:dev::p::x:y:Old$fake:index:Thing::old-child"]


def test_the_own_urn_comes_before_an_alias() -> None:
    own = "urn:pulumi:dev::p::fake:index:Thing::a"
    former = "urn:pulumi:dev::p::fake:index:Thing::old"
    olds = {urn: Row(urn, True, "fake:index:Thing") for urn in (own, former)}
    aliases = Aliases("dev", "p")
    goal = Goal("fake:index:Thing", "a", custom=True, aliases=[Alias(name="old")])
    assert aliases.match(own, goal, olds) is olds[own]
    assert aliases.taken == {}
    del olds[own]
    assert aliases.match(own, goal, olds) is olds[former]
    assert aliases.taken == {former: own}
