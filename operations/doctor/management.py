"""The Management API: whether the token sees the project, its functions and the names of its secrets."""

from __future__ import annotations

from collections.abc import Iterator

from operations.doctor.finding import Finding, tried
from provider.supabase.management import LiveProject, Management
from provider.target import Target

PLANE = "Management API"
HEALTHY = "ACTIVE_HEALTHY"


def findings(target: Target, region: str) -> Iterator[Finding]:
    """What the token may read is tried; what it may write can't be known without writing."""
    management = Management(target)
    seen: list[LiveProject] = []

    def project() -> str:
        seen.append(live := management.project())
        return f"{live.name} in {live.region}"

    try:
        yield tried(PLANE, "sees the project", project)
        for live in seen:
            yield _where(live, region)
            yield _well(live)
        yield tried(PLANE, "reads edge functions", lambda: f"{len(management.functions())} are deployed")
        yield tried(PLANE, "reads the names of secrets", lambda: f"{len(management.secrets())} are set")
    finally:
        management.close()
    yield Finding(
        PLANE,
        "an update needs the rights edge_functions_write and edge_functions_secrets_write",
        known=False,
    )
    yield Finding(PLANE, "how many functions the plan allows (one too many is refused with 402)", known=False)


def _where(live: LiveProject, region: str) -> Finding:
    wrong = bool(region) and live.region != region
    problem = f"it lies in {live.region}, and voip:region is {region}; correct voip:region or voip:projectRef"
    return Finding(PLANE, "the project lies where it is expected", problem if wrong else "")


def _well(live: LiveProject) -> Finding:
    problem = f"its status is {live.status}; look at Supabase's dashboard, and wait for {HEALTHY}"
    return Finding(PLANE, "the project is healthy", "" if live.status == HEALTHY else problem)
