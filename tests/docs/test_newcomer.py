"""The example of docs/newcomer.md is what the program would take."""

from __future__ import annotations

import re

from components.declaration import since
from provider.schema.postgres import Column, Constraint, Policy, Table
from tests.fix_project import ROOT


def test_its_table_can_be_declared() -> None:
    table, hanging = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs/newcomer.md").read_text("utf-8"), re.DOTALL
    )
    known = {each.__name__: each for each in (Column, Constraint, Policy, Table, since)}
    exec(table, known)  # noqa: S102  this repository's own words
    declared = eval(hanging, known)  # noqa: S307  the same
    assert [each.key for each in declared] == [
        "voip:postgres:Table::public.notes",
        "voip:postgres:Constraint::public.notes/notes_pkey",
        "voip:postgres:Policy::public.notes/own",
    ]
