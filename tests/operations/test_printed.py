"""The lock file is what today's Postgres prints of today's declarations."""

from __future__ import annotations

from operations import printed
from sandbox.cluster import Cluster


def test_the_lock_file_is_up_to_date(sandbox_cluster: Cluster) -> None:
    made = printed.as_file(printed.printed_texts(sandbox_cluster))
    assert made == printed.FILE.read_text("utf-8"), "run `make printed` and commit sql/printed.json"
