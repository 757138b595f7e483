"""A project of the stand-ins, as the commands reach it."""

from __future__ import annotations

import pytest

from provider.target import Target
from tests.fix_apis import Api
from tests.operations.test_backup import reached


@pytest.fixture
def target(api: Api) -> Target:
    token = api.client.headers["authorization"].removeprefix("Bearer ")
    return reached(api.ref, management_url=str(api.client.base_url).rstrip("/"), token=token)
