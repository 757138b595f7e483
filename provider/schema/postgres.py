"""The shapes of Postgres objects, in the order in which a database can hold them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import msgspec

from provider.schema.shape import Absence, Part, Shape, identifier

Grants = dict[str, list[str]]
"""Privileges by role, e.g. {"anon": ["SELECT"]}; `PUBLIC` stands for everybody."""

Comment = Annotated[str, msgspec.Meta(min_length=1)]
"""Postgres takes an empty comment for none, so none is what must be declared."""


class Column(Part, frozen=True, kw_only=True):
    """A column of a table, in Postgres' own spelling of types and expressions."""

    type: str
    null: Literal["allowed", "refused", "governed"] = "allowed"
    """`governed`: a NotNull of its own decides, after a backfill."""
    default: str | None = None
    identity: Literal["always", "by default"] | None = None
    generated: str | None = None
    collation: str | None = None
    comment: Comment | None = None


class Named(Shape, frozen=True, kw_only=True):
    """An object with a name of its own."""

    schema: str = "public"
    name: str
    unmanaged: list[str] = msgspec.field(default_factory=list)
    """What a live object has and no property can tell, e.g. `UNLOGGED`: always a difference, unless it is
    declared, which accepts it as it is. It is never made and never taken away."""


class InSchema(Named, frozen=True, kw_only=True):
    """An object that a schema holds under its name."""

    @property
    def id(self) -> str:
        return identifier(self.schema, self.name)


class OnTable(Named, frozen=True, kw_only=True):
    """An object that a table holds under its name."""

    table: str

    @property
    def id(self) -> str:
        return f"{identifier(self.schema, self.table)}/{self.name}"


class Table(InSchema, frozen=True, kw_only=True):
    """A table and its columns. Columns that are live and not declared are left alone."""

    token: ClassVar[str] = "voip:postgres:Table"

    columns: dict[str, Column]
    order: list[str] = msgspec.field(default_factory=list)
    """The columns in the order of creation; Postgres can't change it later, so it is never a difference."""
    dropped: list[str] = msgspec.field(default_factory=list)
    """Columns that must be gone, with what they hold."""
    comment: Comment | None = None
    row_security: bool = False
    force_row_security: bool = False
    owner: str = "postgres"

    def __post_init__(self) -> None:
        if not self.order:
            msgspec.structs.force_setattr(self, "order", list(self.columns))


class NotNull(Shape, frozen=True, kw_only=True):
    """A column's NOT NULL, where a backfill must come first."""

    token: ClassVar[str] = "voip:postgres:NotNull"

    schema: str = "public"
    table: str
    column: str

    @property
    def id(self) -> str:
        return f"{identifier(self.schema, self.table)}/{self.column}"


class Constraint(OnTable, frozen=True, kw_only=True):
    """A primary key, unique, check, foreign key or exclusion constraint."""

    token: ClassVar[str] = "voip:postgres:Constraint"

    definition: str
    """As `pg_get_constraintdef` prints it, without NOT VALID."""
    validated: bool = True
    comment: Comment | None = None


class Index(InSchema, frozen=True, kw_only=True):
    """An index that no constraint owns."""

    token: ClassVar[str] = "voip:postgres:Index"

    table: str
    definition: str
    """What follows USING, e.g. `btree (role) WHERE (role = 'admin'::text)`."""
    unique: bool = False
    valid: bool = True
    comment: Comment | None = None


class Policy(OnTable, frozen=True, kw_only=True):
    """A row level security policy."""

    token: ClassVar[str] = "voip:postgres:Policy"

    command: Literal["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"] = "ALL"
    roles: list[str] = msgspec.field(default_factory=lambda: ["PUBLIC"])
    permissive: bool = True
    using: str | None = None
    check: str | None = None
    comment: Comment | None = None


class Argument(Part, frozen=True, kw_only=True):
    """A function's argument."""

    type: str
    name: str = ""
    mode: Literal["in", "out", "inout", "variadic"] = "in"
    default: str | None = None


class Function(InSchema, frozen=True, kw_only=True):
    """A function or procedure, in a language whose source is text."""

    token: ClassVar[str] = "voip:postgres:Function"

    arguments: list[Argument] = msgspec.field(default_factory=list)
    returns: str | None = None
    """The result type, `TABLE(…)` included; absent for a procedure."""
    language: str = "plpgsql"
    body: str = ""
    atomic: str | None = None
    """In place of a body: SQL that is parsed once, `RETURN …` or `BEGIN ATOMIC … END`."""
    security_definer: bool = False
    volatility: Literal["volatile", "stable", "immutable"] = "volatile"
    parallel: Literal["unsafe", "restricted", "safe"] = "unsafe"
    strict: bool = False
    leakproof: bool = False
    cost: float | None = None
    """Absent for Postgres' own estimate, as are the rows of a set."""
    rows: float | None = None
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """What SET clauses pin while it runs, e.g. {"search_path": "public"}."""
    comment: Comment | None = None
    owner: str = "postgres"

    @property
    def id(self) -> str:
        types = ", ".join(argument.type for argument in self.arguments if argument.mode != "out")
        return f"{identifier(self.schema, self.name)}({types})"


class Trigger(OnTable, frozen=True, kw_only=True):
    """A trigger that a user made; those behind foreign keys belong to their constraints."""

    token: ClassVar[str] = "voip:postgres:Trigger"

    timing: Literal["BEFORE", "AFTER", "INSTEAD OF"]
    events: list[Literal["INSERT", "UPDATE", "DELETE", "TRUNCATE"]]
    columns: list[str] = msgspec.field(default_factory=list)
    """The columns that an UPDATE must name for the trigger to fire; without any, each UPDATE does."""
    level: Literal["row", "statement"] = "row"
    old_table: str | None = None
    """The name under which the function finds the old rows of a statement."""
    new_table: str | None = None
    constraint: Literal["immediate", "deferrable", "deferred"] | None = None
    """Makes it a constraint trigger, and tells whether and from when on it may wait for the commit."""
    from_table: str | None = None
    """The other table of a constraint trigger, by its identifier."""
    when: str | None = None
    function: str
    """The function's identifier, e.g. `public.handle_new_user()`."""
    arguments: list[str] = msgspec.field(default_factory=list)
    enabled: Literal["origin", "replica", "always", "disabled"] = "origin"
    comment: Comment | None = None


class View(InSchema, frozen=True, kw_only=True):
    """A view; its columns are those of its query."""

    token: ClassVar[str] = "voip:postgres:View"

    query: str
    security_invoker: bool = False
    """Whether rights and policies are those of whoever reads it, and not its owner's."""
    comment: Comment | None = None
    owner: str = "postgres"


class Privileges(Shape, frozen=True, kw_only=True):
    """All that others than the owner may do with one object; a grant that is not here is a difference."""

    token: ClassVar[str] = "voip:postgres:Privileges"

    kind: Literal["table", "sequence", "function", "schema"]
    object: str
    """The object's identifier, e.g. `public.profiles` or `public.f(uuid)`."""
    grants: Grants = msgspec.field(default_factory=dict)
    columns: dict[str, Grants] = msgspec.field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.kind} {self.object}"


class DefaultPrivileges(Shape, frozen=True, kw_only=True):
    """What others may do with the objects that a role will create."""

    token: ClassVar[str] = "voip:postgres:DefaultPrivileges"

    role: str = "postgres"
    schema: str = "public"
    """Empty for all schemas: the privileges that those of a single schema are added to."""
    kind: Literal["tables", "sequences", "functions", "types", "schemas"]
    grants: Grants = msgspec.field(default_factory=dict)

    @property
    def id(self) -> str:
        place = f" in {identifier(self.schema)}" if self.schema else ""
        return f"{identifier(self.role)}{place} on {self.kind}"


class Predecessor(Part, frozen=True, kw_only=True):
    """The table whose rows the declared ones succeed."""

    table: str
    """By its identifier."""
    key: str
    """The successor's key."""
    columns: dict[str, str]
    """Its columns by the successor's, the key's too."""
    derived: list[str]
    """What follows from the others of those columns: a row that it alone holds is carried over with what the
    rows of the same values agree on."""


class Rows(Shape, frozen=True, kw_only=True):
    """Reference rows, by key. Rows that are live and not declared are left alone."""

    token: ClassVar[str] = "voip:postgres:Rows"
    droppable: ClassVar[bool] = False

    schema: str = "public"
    table: str
    rows: dict[str, str]
    """By primary key: the declared columns as one JSON object, keys sorted."""
    overwrite: bool = False
    """Consent to put back what somebody changed in a declared row."""
    predecessor: Predecessor | None = None

    @property
    def id(self) -> str:
        return identifier(self.schema, self.table)


class Backfill(Shape, frozen=True, kw_only=True):
    """A data step that is done once: a column filled in the rows that need it."""

    token: ClassVar[str] = "voip:postgres:Backfill"
    droppable: ClassVar[bool] = False

    name: str
    schema: str = "public"
    table: str
    key: str = "id"
    """The column by whose order the table is gone through."""
    column: str
    value: str
    """An expression over the row, `filled`, and over the row of the same key in another table, `source`."""
    where: str
    """Which rows need it; afterwards none may."""
    source: str = ""
    """The other table, by its identifier."""

    @property
    def id(self) -> str:
        return self.name


class Retirement(Absence, frozen=True, kw_only=True):
    """Objects declared absent, dropped together in the order given."""

    token: ClassVar[str] = "voip:postgres:Retirement"
