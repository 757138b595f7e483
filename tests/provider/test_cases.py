"""Runs tests/cases; its README tells what a case is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import msgspec
import pytest

from operations.errors import OperationError
from operations.printed import print_shapes
from provider.errors import ProviderError
from provider.postgres.catalog import Catalog
from provider.printed import AsDeclared, Printed
from provider.schema.postgres import DefaultPrivileges, Privileges, Retirement
from provider.schema.shape import Shape
from sandbox import databases
from sandbox.cluster import Cluster
from tests.provider.cases import (
    FOLDER,
    Case,
    Expected,
    Refusal,
    apply,
    catalog_on,
    decoded,
    key_of,
    kinds_on,
    load_cases,
)
from tests.provider.conftest import NewDatabase
from tests.provider.dumps import dump

LEFT_BEHIND = (DefaultPrivileges, Privileges, Retirement)
"""Kinds that are forgotten, not dropped: grants go with their object, and what is gone stays gone."""


@pytest.mark.parametrize("case", load_cases(with_file="declared.yaml"), ids=str)
def test_a_case_is_adopted_made_and_mended(
    case: Case, sandbox_cluster: Cluster, new_database: NewDatabase
) -> None:
    printed = _printed(case, new_database)
    with new_database() as found, new_database() as made:
        apply(found, case.before, case.schema)
        assert _differences(found, printed, case.declared) == {}, "adoption is not silent"

        apply(made, case.before)
        _create(made, printed, case.declared)
        assert _differences(made, printed, case.declared) == {}, "what was made differs"
        _create(made, printed, case.declared)
        wanted = dump(sandbox_cluster, made)
        assert dump(sandbox_cluster, found) == wanted

        if case.changed:
            apply(found, case.changed)
            assert _differences(found, printed, case.declared) == case.expected
            _mend(found, printed, case.declared)
            assert _differences(found, printed, case.declared) == {}, "what was mended differs"
            assert dump(sandbox_cluster, found) == wanted

        _delete(made, printed, case.declared)


@pytest.mark.parametrize("case", load_cases(with_file="refused.yaml"), ids=str)
def test_a_declaration_is_refused(case: Case, sandbox_cluster: Cluster, new_database: NewDatabase) -> None:
    with new_database() as target:
        apply(target, case.before, case.schema, case.changed)
        untouched = dump(sandbox_cluster, target)
        for refusal in case.refused:
            with pytest.raises((ProviderError, OperationError, msgspec.ValidationError)) as raised:
                _try(refusal, target, lambda: _prepared(case, new_database))
            assert str(raised.value) == refusal.message
            assert getattr(raised.value, "path", None) == refusal.path
        assert dump(sandbox_cluster, target) == untouched


def _printed(case: Case, new_database: NewDatabase) -> Printed:
    return Printed(print_shapes(lambda: _prepared(case, new_database), case.declared), "printed.json")


@contextmanager
def _prepared(case: Case, new_database: NewDatabase) -> Iterator[Catalog]:
    with new_database() as target:
        apply(target, case.before)
        with catalog_on(target) as catalog:
            yield catalog


def _differences(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> Expected:
    """What differs for a new provider process that can only read."""
    found: Expected = {}
    with kinds_on(target, printed, reader=True) as kinds:
        for shape in declared:
            kind = kinds[shape.token]
            wanted = kind.check(shape)
            live = kind.read(wanted.id, wanted)
            if live is None:
                found[key_of(shape)] = "missing"
            elif different := kind.diff(live, wanted):
                found[key_of(shape)] = {difference.path: difference.sign for difference in different}
    return found


def _create(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in declared:
            kinds[shape.token].create(kinds[shape.token].check(shape))


def _mend(target: databases.Target, printed: Printed, declared: Iterable[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in declared:
            kind = kinds[shape.token]
            wanted = kind.check(shape)
            live = kind.read(wanted.id, wanted)
            if live is None:
                kind.create(wanted)
            elif kind.diff(live, wanted):
                kind.update(live, wanted)


def _delete(target: databases.Target, printed: Printed, declared: Sequence[Shape]) -> None:
    with kinds_on(target, printed) as kinds:
        for shape in reversed(declared):
            kinds[shape.token].delete(shape, scratch=True)
        for shape in declared:
            if not isinstance(shape, LEFT_BEHIND):
                assert kinds[shape.token].read(shape.id, shape) is None


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
