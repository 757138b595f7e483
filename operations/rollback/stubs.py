"""Payments are out of use: each of their functions answers 503, and nothing is lost that is tried again."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from components.billing import FUNCTIONS
from operations.errors import OperationError
from operations.pulumi import stack_config
from operations.target import live
from provider.supabase import stub
from provider.supabase.management import Management
from provider.target import Target

PAYMENTS = sorted(function.slug for function in FUNCTIONS)


def options(parser: argparse.ArgumentParser) -> None:
    """Of its command line."""
    parser.add_argument("--stack", required=True)
    parser.set_defaults(run=lambda options: stubs(options.stack))


def stubs(stack: str) -> str:
    """Put a stub in the place of every function of payments that is served; says what follows."""
    with live(stack_config(stack)) as planes:
        planes.verify()
        put = list(put_stubs(planes.target))
    return (
        f"Answering 503: {', '.join(put)}. Stripe delivers again for three days. What is declared comes back "
        f"with `pulumi up --stack {stack}`, what was served with `python -m operations rollback functions`."
    )


def put_stubs(target: Target) -> Iterator[str]:
    """Deploy the stubs; who may call a function stays as it was."""
    management = Management(target)
    try:
        served = management.functions()
        if not (slugs := [slug for slug in PAYMENTS if slug in served]):
            raise OperationError("no function of payments is served; there is nothing to stop")
        for slug in slugs:
            stub.put(management, served[slug], target.functions)
            yield slug
    finally:
        management.close()
