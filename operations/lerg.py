"""The area codes in both tables: what their succession changes, and what a fallback would lose.

Nothing mirrors one table to the other while both live: a trigger could fail an administrator's change for the
sake of a table that nobody reads, and would be one more object to take away. Each keeps all that it holds, so
the other can be brought up to date at any time, by this command.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from components.lerg import ENHANCED_LERG, LERG_CODES, reference
from operations.pulumi import stack_config
from operations.target import live
from provider.plane import Planes
from provider.postgres.statement import Statement
from provider.postgres.succession import Succession, succession
from provider.schema.postgres import Rows
from settings import load_settings

Code = tuple[str, str]
"""State or province, and country."""

_CODE = ("state_province_code", "country_code")

MERGED = sql.SQL(
    "INSERT INTO public.lerg_codes (npa, state, country) "
    "SELECT npa, state, country FROM jsonb_to_recordset({}) AS written (npa text, state text, country text) "
    "ON CONFLICT (npa) DO UPDATE "
    "SET state = EXCLUDED.state, country = EXCLUDED.country, last_updated = now()"
)


@dataclass(frozen=True)
class Codes:
    """What each of the three says about an area code."""

    reference: Mapping[str, Code]
    simple: Mapping[str, Code]
    enhanced: Mapping[str, Code]
    inactive: frozenset[str]

    @property
    def written(self) -> dict[str, Code]:
        """What administrators wrote to the enhanced table and the simple one does not hold."""
        return {
            npa: code
            for npa, code in sorted(self.enhanced.items())
            if npa not in self.inactive and code != self.reference.get(npa) and code != self.simple.get(npa)
        }

    @property
    def withdrawn(self) -> list[str]:
        """What they switched off and the simple table still serves."""
        return sorted(self.inactive & self.simple.keys())

    @property
    def left_behind(self) -> list[str]:
        """What the simple table alone holds."""
        return sorted(self.simple.keys() - self.enhanced.keys()) if self.enhanced else []


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.add_argument("--merge", action="store_true", help="bring lerg_codes up to date for a fallback")
    parser.set_defaults(run=lambda options: lerg(options.stack, merge=options.merge))


def lerg(stack: str, *, merge: bool) -> str:
    """The report for a stack's target; with `merge`, `lerg_codes` takes what administrators wrote since."""
    load_settings(config := stack_config(stack))
    with live(config) as planes:
        return compared(planes, merge=merge)


def compared(planes: Planes, *, merge: bool) -> str:
    """The same, on planes."""
    codes, found = _read(planes)
    if merge and codes.written:
        planes.change([Statement(MERGED.format(json.dumps(_as_rows(codes.written))))])
        return f"lerg_codes took {len(codes.written)} area codes: {', '.join(codes.written)}."
    return "\n".join(report(codes, found))


def report(codes: Codes, found: Succession | None) -> Iterator[str]:
    """What there is to know before the tables change hands, and before they change back."""
    if found is None:
        yield "There is no lerg_codes."
        return
    yield found.note("lerg_codes").text
    yield from _listed("added by the reference", found.added)
    for npa in found.different:
        simple, now = _told(codes.simple[npa]), _told(codes.reference[npa])
        yield f"  different: {npa} is {simple} in lerg_codes, and {now} in the reference, which holds"
    yield from _listed("carried over from lerg_codes", found.carried)
    for npa in found.unknown:
        yield (
            f"  unknown: {npa} is {_told(codes.simple[npa])} in lerg_codes alone, and no area code of the "
            "reference is there; add it to sql/data/enhanced_lerg.csv, or correct lerg_codes"
        )
    yield from _since(codes)


def _since(codes: Codes) -> Iterator[str]:
    if not codes.enhanced:
        return
    for npa, code in codes.written.items():
        yield f"  written since: {npa} is {_told(code)}; lerg_codes takes it with --merge"
    yield from _listed("withdrawn since, and still in lerg_codes", codes.withdrawn)
    yield from _listed("in lerg_codes alone, and lost when it is dropped", codes.left_behind)


def _listed(word: str, keys: Any) -> Iterator[str]:
    if keys:
        yield f"  {word}: {', '.join(keys)}"


def _told(code: Code) -> str:
    return "/".join(code)


def _as_rows(codes: Mapping[str, Code]) -> list[dict[str, str]]:
    return [{"npa": npa, "state": state, "country": country} for npa, (state, country) in codes.items()]


def _read(planes: Planes) -> tuple[Codes, Succession | None]:
    wanted = reference(overwrite=False)
    simple, enhanced = (_rows_of(planes, table.id) for table in (LERG_CODES, ENHANCED_LERG))
    codes = Codes(
        reference=_by_npa(map(json.loads, wanted.rows.values()), *_CODE),
        simple=_by_npa(simple, "state", "country"),
        enhanced=_by_npa(enhanced, *_CODE),
        inactive=frozenset(row["npa"] for row in enhanced if not row["is_active"]),
    )
    old = {npa: dict(zip(_CODE, code, strict=True)) for npa, code in codes.simple.items()}
    new = {npa: json.loads(row) for npa, row in wanted.rows.items()}
    derived = wanted.predecessor.derived if wanted.predecessor else []
    return codes, succession(new, old, "npa", derived) if simple else None


def _rows_of(planes: Planes, table: str) -> list[dict[str, Any]]:
    held = planes.kinds[Rows.token].read(table, None)
    return [json.loads(row) for row in held.rows.values()] if isinstance(held, Rows) else []


def _by_npa(rows: Any, state: str, country: str) -> dict[str, Code]:
    return {row["npa"]: (row[state], row[country]) for row in rows}
