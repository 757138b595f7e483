"""What must hold of a target at any time, from `sql/checks/health.yaml`."""

from __future__ import annotations

import msgspec
import yaml

from components.monitoring import question
from components.templates import FOLDER
from operations.errors import OperationError
from settings import LAST_PHASE

FILE = FOLDER / "checks" / "health.yaml"


class Criterion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One criterion that the database tells, or a person."""

    id: str
    item: str
    """The comparison's own words."""
    section: str
    since: int = 0
    """The phase that must be complete."""
    until: int = LAST_PHASE + 1
    of: str | None = None
    """The view of monitoring that the SQL asks, by its name there; it need not be in the database."""
    sql: str = ""
    """Gives a row, in words, for each thing that is wrong."""
    figure: bool = False
    """Whether the rows only tell."""
    person: str | None = None

    @property
    def question(self) -> str:
        """The SQL with the query of its view."""
        return f"WITH {self.of} AS ({question(self.of)}) {self.sql}" if self.of else self.sql


def criteria() -> list[Criterion]:
    """The criteria that are data."""
    try:
        return msgspec.convert(yaml.safe_load(FILE.read_text("utf-8")), list[Criterion])
    except (OSError, yaml.YAMLError, msgspec.ValidationError) as error:
        raise OperationError(f"sql/checks/{FILE.name}: {error}; correct it") from None
