"""Cost Explorer as moto serves it, with an environment that has credentials for it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.collectors.cost_explorer import Way, post, way_to


@pytest.fixture
def way(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Way]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "never-to-be-told",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    post(f"{moto_url}/moto-api/reset")
    with way_to(moto_url) as way:
        yield way
