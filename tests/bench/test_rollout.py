"""What stands beside the phases in the bench of the rollout."""

from __future__ import annotations

from bench.rollout import plain

PLAN = """\
-- 3 statements for 2 objects. The strongest locks: ACCESS EXCLUSIVE on public.profiles.

-- Table::public.profiles
BEGIN;
-- ACCESS EXCLUSIVE on public.profiles
ALTER TABLE public.profiles ADD COLUMN email text;
COMMIT;

-- Index::public.idx
CREATE INDEX CONCURRENTLY idx ON public.profiles (email);
DROP INDEX CONCURRENTLY public.old;
"""


def test_a_plain_script_lets_nobody_go_on_meanwhile() -> None:
    script = plain(PLAN)
    assert "BEGIN" not in script
    assert "COMMIT" not in script
    assert "CREATE INDEX idx ON public.profiles (email);" in script
    assert "DROP INDEX public.old;" in script
    assert "ALTER TABLE public.profiles ADD COLUMN email text;" in script
