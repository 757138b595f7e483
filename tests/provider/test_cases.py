"""Runs tests/cases; its README tells what a case is."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from operations.errors import OperationError
from operations.printed import print_shapes
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.printed import AsDeclared
from sandbox import databases
from sandbox.cluster import Cluster
from tests.provider.cases import (
    FOLDER,
    Case,
    Refusal,
    apply,
    create,
    decoded,
    delete,
    differences,
    kinds_on,
    load_cases,
    mend,
    prepared,
    printings,
)
from tests.provider.conftest import NewDatabase
from tests.provider.dumps import dump


@pytest.mark.parametrize("case", load_cases(with_file="declared.yaml"), ids=str)
def test_a_case_is_adopted_made_and_mended(
    case: Case, sandbox_cluster: Cluster, new_database: NewDatabase
) -> None:
    printed = printings(case, new_database)
    with new_database() as found, new_database() as made:
        apply(found, case.before, case.schema)
        assert differences(found, printed, case.declared) == {}, "adoption is not silent"

        apply(made, case.before)
        create(made, printed, case.declared)
        assert differences(made, printed, case.declared) == {}, "what was made differs"
        create(made, printed, case.declared)
        wanted = dump(sandbox_cluster, made)
        assert dump(sandbox_cluster, found) == wanted

        if case.changed:
            apply(found, case.changed)
            assert differences(found, printed, case.declared) == case.expected
            mend(found, printed, case.declared)
            assert differences(found, printed, case.declared) == {}, "what was mended differs"
            assert dump(sandbox_cluster, found) == wanted

        delete(made, printed, case.declared)


@pytest.mark.parametrize("case", load_cases(with_file="refused.yaml"), ids=str)
def test_a_declaration_is_refused(case: Case, sandbox_cluster: Cluster, new_database: NewDatabase) -> None:
    with new_database() as target:
        apply(target, case.before, case.schema, case.changed)
        untouched = dump(sandbox_cluster, target)
        for refusal in case.refused:
            with pytest.raises((ProviderError, OperationError, msgspec.ValidationError)) as raised:
                _try(refusal, target, lambda: prepared(case, new_database))
            assert str(raised.value) == refusal.message
            assert getattr(raised.value, "path", None) == refusal.path
        assert dump(sandbox_cluster, target) == untouched


def _try(
    refusal: Refusal, target: databases.Target, scratch: Callable[[], AbstractContextManager[Catalog]]
) -> None:
    if refusal.verb == "print":
        print_shapes(scratch, [decoded(refusal.declared)])
        return
    with kinds_on(target, AsDeclared()) as kinds:
        kind = kinds[refusal.shape.token]
        wanted = kind.check(decoded(refusal.declared))
        if refusal.verb == "update":
            kind.update(kind.read(wanted.id, wanted), wanted)
        else:
            kind.create(wanted)


FILES = {"before.sql", "schema.sql", "declared.yaml", "changed.sql", "expected.yaml", "refused.yaml"}


@pytest.mark.parametrize(
    "folder", sorted(FOLDER.glob("*/*")), ids=lambda folder: f"{folder.parent.name}/{folder.name}"
)
def test_a_case_is_complete(folder: Path) -> None:
    files = {path.name for path in folder.iterdir()}
    assert files <= FILES
    assert files & {"declared.yaml", "refused.yaml"}
    if "declared.yaml" in files:
        assert ("changed.sql" in files) == ("expected.yaml" in files)
        assert files & {"schema.sql", "before.sql"}


ONE = """
CREATE TABLE public.t (a int, b int);
GRANT SELECT (a) ON public.t TO anon;
GRANT SELECT (a) ON public.t TO PUBLIC;
"""


@pytest.mark.parametrize(
    ("other", "equal"),
    [
        (ONE, True),
        (ONE.replace("anon", "x").replace("PUBLIC", "anon").replace("TO x", "TO PUBLIC"), True),
        (ONE.replace("a int, b int", "b int, a int"), False),
        (ONE.replace("SELECT (a) ON public.t TO anon", "SELECT (b) ON public.t TO anon"), False),
        (ONE + "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO anon", False),
        (ONE + "COMMENT ON TABLE public.t IS ''", True),
        (ONE + "COMMENT ON TABLE public.t IS ' '", False),
        (ONE + "ALTER TABLE public.t OWNER TO service_role", False),
    ],
)
def test_the_observer_sees_every_difference_but_the_order_of_grants(
    sandbox_cluster: Cluster, new_database: NewDatabase, other: str, equal: bool
) -> None:
    with new_database() as left, new_database() as right:
        for target, script in ((left, ONE), (right, other)):
            apply(target, "GRANT CREATE ON SCHEMA public TO service_role", script)
        assert (dump(sandbox_cluster, left) == dump(sandbox_cluster, right)) == equal
