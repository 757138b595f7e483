"""Ways back that a step to an earlier phase can't take; `docs/rollback/` has a page for each emergency."""
