"""What every test can use: settings for a lake of its own, and FOCUS files of readable rows."""

from __future__ import annotations

import csv
import os
import shutil
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from pathlib import Path

import hypothesis
import pytest

from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.built_once import built_once
from tests.postgres import free_port, new_database, postgres_server

pytest_plugins = ["tests.servers"]
# How long an example takes is a matter for the bench: the machine is shared.
hypothesis.settings.register_profile("shared machine", deadline=None)
hypothesis.settings.load_profile("shared machine")

PROJECT = Path(__file__).resolve().parent.parent
SHARED_DATA = PROJECT.parent / "shared" / "data"

# One charge: a day of a virtual machine. A test changes only what it talks about.
CHARGE = {
    "BilledCost": "10.00",
    "EffectiveCost": "8.00",
    "ListCost": "12.00",
    "ContractedCost": "11.00",
    "BillingCurrency": "USD",
    "BillingAccountId": "999999999999",
    "BillingAccountName": "payer",
    "BillingPeriodStart": "2026-05-01T00:00:00Z",
    "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "ChargePeriodStart": "2026-05-02T00:00:00Z",
    "ChargePeriodEnd": "2026-05-03T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": "",
    "ChargeDescription": "a day of a machine",
    "ProviderName": "AWS",
    "PublisherName": "AWS",
    "InvoiceIssuerName": "AWS",
    "ServiceName": "Amazon Elastic Compute Cloud",
    "ServiceCategory": "Compute",
    "SubAccountId": "111111111111",
    "SubAccountName": "shop",
    "ResourceId": "i-1",
    "Tags": '{"user:team": "shop"}',
}

WriteBill = Callable[..., Path]
# What a lake is called, and what fills it.
MadeOnce = Callable[[str, Callable[[], object]], None]


NO_SHARED_DATA = f"needs the public billing files in {SHARED_DATA}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test is a failed one: what it needs from outside is installed there."""
    report = yield
    if report.skipped and os.environ.get("FINOPS_SKIPS_FAIL") and NO_SHARED_DATA not in str(report.longrepr):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may be missing: {report.longrepr}"
    return report


# Everything that is true of a lake is true of each kind: `pytestmark = on_every_lake` runs a module on all of them.
# The tests of the lake itself run on the third kind too; what is built on a lake meets nothing in it that the two
# others do not have: a catalog in PostgreSQL, and data in a folder.
LAKE_KINDS = ("sqlite", "postgres", "postgres-s3")
_BOTH_ENDS = ("sqlite", "postgres-s3")
on_every_lake = pytest.mark.every_lake


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests that are marked with `every_lake`, and use one, on each kind of lake that may differ for them."""
    if "lake_kind" in metafunc.fixturenames and metafunc.definition.get_closest_marker("every_lake"):
        kinds = LAKE_KINDS if metafunc.definition.path.parent.name == "lake" else _BOTH_ENDS
        metafunc.parametrize("lake_kind", kinds, indirect=True)


@pytest.fixture
def lake_kind(request: pytest.FixtureRequest) -> str:
    """Where the test's lake is: in a folder, or with its catalog in PostgreSQL and its data in a folder or on S3."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of an S3 API."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """An empty bucket, and an environment in which every client finds it."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    name = f"lake-{uuid.uuid4().hex[:12]}"
    boto3.client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lake_kind: str, request: pytest.FixtureRequest
) -> Settings:
    """Settings whose lake, outputs and params are the test's own; notebooks are the project's."""
    for name in ("CATALOG", "STATE", "THREADS", "MEMORY_LIMIT", "RUN_ID", "RUN_DIR", "RUN_SNAPSHOT"):
        monkeypatch.delenv(f"FINOPS_{name}", raising=False)
    monkeypatch.setenv("FINOPS_PROJECT", str(PROJECT))
    # The box of changes makes a second run of a page twice as long; tests that are about it switch it on.
    monkeypatch.setenv("FINOPS_REPORT_DIFF", os.environ.get("FINOPS_REPORT_DIFF", "off"))
    monkeypatch.setenv("FINOPS_LAKE", str(tmp_path / "lake"))
    if lake_kind != "sqlite":
        database = new_database(request.getfixturevalue("postgres"))
        monkeypatch.setenv("FINOPS_CATALOG", database)
        if lake_kind == "postgres-s3":
            monkeypatch.setenv("FINOPS_LAKE", f"s3://{request.getfixturevalue('bucket')}/cost")
            monkeypatch.setenv("FINOPS_STATE", new_database(request.getfixturevalue("postgres")))
    monkeypatch.setenv("FINOPS_OUTPUTS", str(tmp_path / "outputs"))
    monkeypatch.setenv("FINOPS_PARAMS", str(tmp_path / "params"))
    return load_settings()


@pytest.fixture
def write_bill(tmp_path: Path) -> WriteBill:
    """Give a function that writes charges, each a change of CHARGE, to a CSV file."""

    def write(name: str, charges: Sequence[Mapping[str, str | None]]) -> Path:
        rows = [{**CHARGE, **charge} for charge in charges]
        columns = [column for column in (rows[0] if rows else CHARGE) if all(row[column] is not None for row in rows)]
        path = tmp_path / "bills" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture(scope="session")
def lake_of_one_charge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake in a folder that holds CHARGE, loaded as source `aws`, with its marts; to be copied, never changed."""
    home = tmp_path_factory.mktemp("one-charge")
    bill = home / "bill.csv"
    with bill.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(CHARGE))
        writer.writeheader()
        writer.writerow(CHARGE)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("CATALOG", "STATE", "THREADS", "MEMORY_LIMIT", "RUN_ID", "RUN_DIR", "RUN_SNAPSHOT"):
            patch.delenv(f"FINOPS_{name}", raising=False)
        patch.setenv("FINOPS_PROJECT", str(PROJECT))
        for name in ("LAKE", "OUTPUTS", "PARAMS"):
            patch.setenv(f"FINOPS_{name}", str(home / name.lower()))
        settings = load_settings()
        ingest(settings, [bill], source="aws")
        build(settings.lake)
    return settings.lake.folder


@pytest.fixture
def made_once(settings: Settings, lake_kind: str, tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Give a function that fills the test's lake; one in a folder by a copy of what its name has filled before."""

    def make(name: str, fill: Callable[[], object]) -> None:
        def build(folder: Path) -> None:
            fill()
            shutil.copytree(settings.lake.folder, folder / "lake")

        if lake_kind != "sqlite":
            fill()
            return
        kept = built_once(tmp_path_factory, f"lake-{name}", build)
        if not settings.lake.folder.exists():
            shutil.copytree(kept / "lake", settings.lake.folder)

    return make


@pytest.fixture
def settings_with_charge(settings: Settings, lake_of_one_charge: Path) -> Settings:
    """Settings whose lake, in a folder, holds one charge and its marts: a copy, since loading takes a second."""
    shutil.copytree(lake_of_one_charge, settings.lake.folder)
    return settings


@pytest.fixture
def shared_data() -> Path:
    """The public billing files, where this machine has them."""
    if not SHARED_DATA.is_dir():
        pytest.skip(NO_SHARED_DATA)
    return SHARED_DATA
