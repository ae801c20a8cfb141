"""An empty AWS, and a way to look at it."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Scope, Series
from finops_lib.sources.inventory.aws_kinds import AWS_KINDS
from finops_lib.sources.inventory.aws_place import Place
from tests.sources.inventory.aws_proxy import AwsProxy

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LookAtAws = Callable[..., dict[str, Scope]]
MeasureAws = Callable[..., list[Series | Scope]]


@pytest.fixture
def aws(moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsProxy]:
    """An AWS account without anything in it, and the environment of somebody who works with it."""
    urllib.request.urlopen(urllib.request.Request(f"{moto_url}/moto-api/reset", method="POST")).close()
    with AwsProxy(moto_url) as proxy:
        for name, value in (
            ("AWS_ENDPOINT_URL", proxy.url),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("AWS_DEFAULT_REGION", REGION),
            ("AWS_CONFIG_FILE", str(tmp_path / "none")),
            ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none")),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ):
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        yield proxy


@pytest.fixture
def client(aws: AwsProxy) -> Iterator[Callable[[str], Any]]:
    """Give a function that gives clients with which a test fills the account."""
    import boto3

    session, made = boto3.session.Session(), []

    def make(service: str) -> Any:
        made.append(session.client(service))
        return made[-1]

    yield make
    for one in made:
        one.close()


def asked(tmp_path: Path, **changes: Any) -> AskedInventory:
    day = [datetime.fromisoformat(text) for text in ("2026-05-01T00:00:00", "2026-05-02T00:00:00")]
    return AskedInventory(**{"source": "aws", "since": day[0], "until": day[1], "folder": tmp_path, **changes})


@pytest.fixture
def look_at_aws(tmp_path: Path) -> LookAtAws:
    """Look at one region; give the scopes by type."""

    def look(**options: Any) -> dict[str, Scope]:
        collector = INVENTORIES.get("aws")
        chosen = collector.options(**{"regions": (REGION,), **options})
        return {scope.type: scope for scope in collector.scopes(chosen, asked(tmp_path))}

    return look


@pytest.fixture
def measure_aws(tmp_path: Path) -> MeasureAws:
    """Fetch the metrics of all instances and volumes in one region."""

    def measure(**changes: Any) -> list[Series | Scope]:
        import boto3

        collector = INVENTORIES.get("aws")
        place = Place(boto3.session.Session(), ACCOUNT, REGION)
        kinds = [AWS_KINDS.get(name) for name in ("aws-ec2-instance", "aws-ebs-volume")]
        resources = [resource for kind in kinds for resource in kind.find(place)]
        place.close()
        return list(collector.series(collector.options(regions=(REGION,)), asked(tmp_path, **changes), resources))

    return measure
