"""What closing a difference means for those who use the first environment at that moment."""

from __future__ import annotations

from comparison.rows import Row

_HAZARDS = {
    ("table", "missing"): "nobody uses it yet",
    ("table", "extra"): "takes away its rows; ACCESS EXCLUSIVE, for a moment",
    ("column", "missing"): "ACCESS EXCLUSIVE, for a moment; no row is rewritten",
    ("column", "extra"): "takes away what the column holds; ACCESS EXCLUSIVE, for a moment",
    ("column", "different"): "ACCESS EXCLUSIVE; NOT NULL comes by way of a validated check, after a backfill",
    ("constraint", "missing"): "NOT VALID at first, then all rows are read while users read and write",
    ("constraint", "extra"): "ACCESS EXCLUSIVE, for a moment",
    ("constraint", "different"): "dropped and made in one transaction",
    ("index", "missing"): "built CONCURRENTLY: users read and write meanwhile",
    ("index", "extra"): "queries that use it become slow",
    ("index", "different"): "queries that use it are slow until the new one is built",
    ("policy", "missing"): "rows become visible or writable to others",
    ("policy", "extra"): "whom no other policy lets in loses access; an empty answer is no error",
    ("policy", "different"): "rows become visible or hidden to others",
    ("trigger", "missing"): "fires for every statement from then on; SHARE ROW EXCLUSIVE, for a moment",
    ("trigger", "extra"): "what it did is done no more",
    ("trigger", "different"): "replaced in one transaction",
    ("function", "missing"): "nobody calls it yet",
    ("function", "extra"): "callers fail",
    ("function", "different"): "callers get the new body at once",
    ("edge function", "missing"): "callers get an answer where they got 404",
    ("edge function", "extra"): "callers get 404",
    ("edge function", "different"): "the new version answers at once; one that does not answer is taken back",
    ("secret", "missing"): "functions that need it answer with an error until it is set",
    ("secret", "extra"): "functions that need it answer with an error once it is gone",
    ("secret", "different"): "functions get the other value at their next start",
    ("rows", "different"): "the old table stays, and both can be read",
    ("row", "missing"): "lookups find what they did not find",
    ("row", "different"): "lookups answer otherwise",
    ("row", "extra"): "lookups that found it find nothing",
    ("privileges", "different"): "who lost a privilege gets an error from the API",
    ("webhook endpoint", "missing"): "Stripe tells nobody until it is there and enabled",
    ("price", "missing"): "nothing can be sold",
    ("product", "missing"): "nothing can be sold",
    ("portal configuration", "missing"): "customers can't cancel by themselves",
}


_ON_TABLES = {"constraint", "index", "policy", "trigger"}


def hazard_of(row: Row, held: int, *, new: bool) -> str:
    """In a few words; `held` is the number of rows in the table that it is about, which may be `new`."""
    if row.deployments_alone:
        return ""
    if new and row.kind in _ON_TABLES:
        return "comes with its table, which nobody uses yet"
    told = _HAZARDS.get((row.kind, row.sign), "")
    if held and row.sign == "extra" and row.kind in {"table", "column"}:
        return f"{told} ({held} rows)"
    return told
