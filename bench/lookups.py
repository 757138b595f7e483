"""Time what every page asks, many requests at a time through the gateway: `python -m bench.lookups`.

Writes `bench/results/lookups.json`: for the place of one area code, for the whole data set, and for a data
set that the caller has already, the milliseconds from request to answer (median, 99th percentile, longest),
how many were answered in a second, and what each process worked for one of them. Everything runs on this
machine, in a sandbox of its own: who asks, the gateway, the functions and the database.
"""

from __future__ import annotations

import argparse
import os
import sys
import time

import httpx
import psycopg

from bench import load
from bench.gateway import WARM_UP, Gateway, gateway
from bench.record import keep, machine
from sandbox.apis.keys import signed

ONE, ALL = "get-npa-location", "get-enhanced-lerg-data"
USER = "00000000-0000-4000-8000-000000000001"


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000)
    parser.add_argument("--at-a-time", type=int, default=50)
    given = parser.parse_args()
    before = machine()
    with gateway("lookups") as place:
        place.deploy({ONE: True, ALL: True})
        results = _measured(place, given.requests, given.at_a_time)
    figures = {"at a time": given.at_a_time, "answered before": WARM_UP, "requests": results}
    sys.stdout.write(keep("lookups", {**before, "load after": round(os.getloadavg()[0], 2)}, figures))


def _measured(place: Gateway, count: int, at_a_time: int) -> dict[str, object]:
    claims = {"role": "authenticated", "aud": "authenticated", "sub": USER, "exp": int(time.time()) + 3600}
    user = {"authorization": f"Bearer {signed(place.project, claims)}"}
    with psycopg.connect(place.target.database_url) as connection:
        rows = connection.execute("SELECT npa FROM public.enhanced_lerg WHERE is_active ORDER BY npa")
        codes = [npa for (npa,) in rows]
    url = place.url(ALL)
    known = httpx.get(url, headers=user, trust_env=False, timeout=60).headers["etag"]
    lookups = [load.request(f"{place.url(ONE)}?npa={npa}", headers=user) for npa in codes]
    whole = load.request(url, headers={**user, "accept-encoding": "gzip"})
    again = load.request(url, headers={**user, "if-none-match": known})
    return {
        "one area code": place.ask(ONE, _many(lookups, count), at_a_time),
        "the whole data set": place.ask(ALL, [whole] * (count // 4), at_a_time),
        "the data set that is there": place.ask(ALL, [again] * (count // 4), at_a_time, 304),
    }


def _many(sent: list[bytes], count: int) -> list[bytes]:
    return [sent[number % len(sent)] for number in range(count)]


if __name__ == "__main__":
    main()
