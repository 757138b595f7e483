"""A project of the stand-ins, as the commands reach it."""

from __future__ import annotations

import pytest

from provider.target import Target
from tests.fix_apis import Api


@pytest.fixture
def target(api: Api) -> Target:
    return api.target(environment="production")
