"""The same trees in a bucket (moto) and a container (azurite): fetched, loaded, and nothing left behind."""

from __future__ import annotations

import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from finops_lib.errors import ConfigError, DataError, FinOpsError, SourceError
from finops_lib.runs.collect import collect
from finops_lib.settings import Settings, SourceConfig
from finops_lib.sources.locations import open_store
from tests.servers import free_port
from tests.sources.conftest import Ask, Load, See
from tests.sources.trees import bill, put, put_aws, put_azure

# Puts all files of a folder under a prefix of a new bucket or container, and gives its URI.
Upload = Callable[[Path, str], str]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of the test's own, in which nothing may be left at its end."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


@pytest.fixture
def aws_settings(moto_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment of somebody who works with moto."""
    for name, value in (
        ("AWS_ENDPOINT_URL", moto_url),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_DEFAULT_REGION", "us-east-1"),
        ("AWS_CONFIG_FILE", str(tmp_path / "none")),
        ("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none")),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    return moto_url


@pytest.fixture
def s3(aws_settings: str) -> Iterator[Any]:
    import boto3

    client = boto3.client("s3")
    yield client
    client.close()


@pytest.fixture
def upload_s3(s3: Any) -> Upload:
    def upload(folder: Path, prefix: str) -> str:
        bucket = f"bills-{uuid.uuid4().hex}"
        s3.create_bucket(Bucket=bucket)
        for key in _keys(folder):
            s3.put_object(Bucket=bucket, Key=f"{prefix}{key}", Body=(folder / key).read_bytes())
        return f"s3://{bucket}/{prefix}".rstrip("/")

    return upload


@pytest.fixture
def upload_azure(azurite_connection: str, monkeypatch: pytest.MonkeyPatch) -> Upload:
    from azure.storage.blob import BlobServiceClient

    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azurite_connection)

    def upload(folder: Path, prefix: str) -> str:
        name = f"bills-{uuid.uuid4().hex}"
        with BlobServiceClient.from_connection_string(azurite_connection) as service:
            container = service.create_container(name)
            for key in _keys(folder):
                container.upload_blob(f"{prefix}{key}", (folder / key).read_bytes())
            container.close()
        return f"az://{name}/{prefix}".rstrip("/")

    return upload


def _keys(folder: Path) -> list[str]:
    return sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file())


def test_an_export_in_a_bucket_loads_like_its_copy_in_a_folder(
    tmp_path: Path, upload_s3: Upload, load: Load, ask: Ask
) -> None:
    tree = tmp_path / "tree"
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    put_aws(tree, "2026-06", {"a.csv": bill("2026-06", "2")}, run="20260602T080000Z-2222")
    uri = upload_s3(tree, "copied to/här/")
    assert load(uri) == [("2026-05", "loaded", 1, "1"), ("2026-06", "loaded", 1, "2")]
    query = "select source_files::json->0->>'path', manifest from loads order by x_BillingMonth limit 1"
    period = "BILLING_PERIOD=2026-05"
    export = f"{uri}/exports/focus"
    assert ask(query) == [(f"{export}/data/{period}/a.csv", f"{export}/metadata/{period}/focus-Manifest.json")]
    assert load(tree) == [("2026-05", "unchanged", 1, "1"), ("2026-06", "unchanged", 1, "2")]
    assert load(f"{uri}/") == [("2026-05", "unchanged", 1, "1"), ("2026-06", "unchanged", 1, "2")]


@pytest.mark.parametrize("branch", ["data", "metadata"])
def test_a_months_prefix_in_a_bucket_gives_that_month(tmp_path: Path, upload_s3: Upload, see: See, branch: str) -> None:
    tree = tmp_path / "tree"
    for month in ("2026-05", "2026-06"):
        put_aws(tree, month, {"a.csv": bill(month, "1")})
    uri = upload_s3(tree, "")
    assert see(f"{uri}/exports/focus/{branch}/BILLING_PERIOD=2026-06") == [("2026-06", 1, "1")]


def test_a_single_object_and_a_plain_prefix_load_too(tmp_path: Path, upload_s3: Upload, load: Load, ask: Ask) -> None:
    put(tmp_path / "bills", "in/a.csv", bill("2026-05", "1"))
    put(tmp_path / "bills", "in/b/a.csv", bill("2026-06", "2"))
    put(tmp_path / "bills", "in/readme.txt", b"not a bill")
    put(tmp_path / "bills", "in-other/a.csv", bill("2026-05", "100"))
    uri = upload_s3(tmp_path / "bills", "")
    assert load(f"{uri}/in") == [("2026-05", "loaded", 1, "1"), ("2026-06", "loaded", 1, "2")]
    assert load(f"{uri}/in/a.csv") == [("2026-05", "unchanged", 1, "1")]
    assert ask("select manifest, export_run, rows_stated from loads limit 1") == [(None, None, None)]


def test_what_is_wrong_with_an_object_is_told_by_its_uri(
    tmp_path: Path, upload_s3: Upload, see: See, temporary: Path
) -> None:
    put(tmp_path / "bills", "cut.csv", bill("2026-05", "1") + b"1,2,3\r\n")
    put(tmp_path / "bills", "odd.csv", b"What,Is\n1,2\n")
    uri = upload_s3(tmp_path / "bills", "in/")
    for name in ("cut.csv", "odd.csv"):
        with pytest.raises(DataError) as caught:
            see(f"{uri}/{name}")
        assert f"{uri}/{name}" in str(caught.value)
        assert str(temporary) not in str(caught.value) + repr(vars(caught.value))


@pytest.mark.slow
def test_more_objects_than_one_page_lists_are_found(aws_settings: str, s3: Any, tmp_path: Path) -> None:
    s3.create_bucket(Bucket="many")
    for number in range(1001):
        s3.put_object(Bucket="many", Key=f"in/{number}", Body=b"")
    store, prefix = open_store("s3://many/in/")
    assert len(store.entries(prefix)) == 1001
    store.close()


def test_an_object_that_changes_after_it_was_listed_is_refused(upload_s3: Upload, s3: Any, tmp_path: Path) -> None:
    put(tmp_path / "bills", "a.csv", b"1")
    uri = upload_s3(tmp_path / "bills", "")
    store, prefix = open_store(f"{uri}/a.csv")
    [entry] = store.entries(prefix)
    s3.put_object(Bucket=uri.removeprefix("s3://"), Key="a.csv", Body=b"2")
    with pytest.raises(DataError, match="changed while it was read, so the export is being written right now"):
        store.read(entry)
    store.close()


@pytest.mark.parametrize("place", ["s3://no-such-bucket/x", "s3://UPPER CASE/x"])
def test_an_absent_bucket_is_bad_input(aws_settings: str, see: See, place: str) -> None:
    with pytest.raises(DataError, match=f"{place}: .*; next: check bucket and prefix"):
        see(place)


def test_a_prefix_with_nothing_to_load_is_bad_input(tmp_path: Path, upload_s3: Upload, see: See) -> None:
    put(tmp_path / "bills", "in/readme.txt", b"not a bill")
    uri = upload_s3(tmp_path / "bills", "")
    with pytest.raises(DataError, match=f"{uri}/out: nothing is there"):
        see(f"{uri}/out")
    with pytest.raises(DataError, match=f"{uri}/in: no billing file there"):
        see(f"{uri}/in")


def test_a_server_that_does_not_answer_is_a_provider_that_failed(
    aws_settings: str, monkeypatch: pytest.MonkeyPatch, settings: Settings, load: Load
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="s3://bills/in: S3 did not answer") as caught:
        load("s3://bills/in")
    assert caught.value.exit_code == 4
    sources = [SourceConfig(name="payer", provider="aws", path="s3://bills/in")]
    [refusal] = collect(settings, sources).refusals
    assert (refusal.source, refusal.path) == ("payer", "s3://bills/in")


def test_without_credentials_the_operator_is_told(aws_settings: str, monkeypatch: pytest.MonkeyPatch, see: See) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match="no AWS credentials"):
        see("s3://bills/in")


@pytest.mark.parametrize("place", ["gs://bucket/x", "s3://", "az:///x", "file:///x"])
def test_a_place_of_another_kind_is_wrong_use(see: See, place: str) -> None:
    with pytest.raises(ConfigError, match="not a place that can be read; next: give a path, s3://"):
        see(place)


def test_a_configured_source_may_be_a_bucket(tmp_path: Path, upload_s3: Upload, settings: Settings) -> None:
    put_aws(tmp_path / "tree", "2026-05", {"a.csv": bill("2026-05", "1")})
    put(tmp_path / "tree", "exports/focus/data/BILLING_PERIOD=2026-06/a.csv", bill("2026-06", "2"))
    uri = upload_s3(tmp_path / "tree", "")
    collected = collect(settings, [SourceConfig(name="payer", provider="aws", path=uri)])
    assert [(report.billing_month, report.status) for report in collected.reports] == [("2026-05", "loaded")]
    [note] = collected.notes
    assert note.startswith(f"{uri}/exports/focus/data/BILLING_PERIOD=2026-06: 1 billing file without a manifest")


def test_an_export_in_a_container_loads_like_its_copy_in_a_folder(
    tmp_path: Path, upload_azure: Upload, load: Load, ask: Ask
) -> None:
    tree = tmp_path / "tree"
    put_azure(tree, "a", {"p.csv": bill("2026-05", "9")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    put_azure(tree, "b", {"p.csv": bill("2026-05", "1", "2")}, rows=[2], submitted="2026-06-02T08:00:00Z")
    uri = upload_azure(tree, "copied/")
    assert load(uri) == [("2026-05", "loaded", 2, "3")]
    folder = f"{uri}/costs/daily/20260501-20260531/b"
    query = "select rows_stated, manifest, export_run, source_files::json->0->>'path' from loads"
    assert ask(query) == [(2, f"{folder}/manifest.json", "b", f"{folder}/p.csv")]
    assert load(tree) == [("2026-05", "unchanged", 2, "3")]
    assert load(f"{folder}/p.csv") == [("2026-05", "unchanged", 2, "3")]


def test_a_blob_that_changes_after_it_was_listed_is_refused(tmp_path: Path, upload_azure: Upload) -> None:
    put(tmp_path / "bills", "a.csv", b"1")
    uri = upload_azure(tmp_path / "bills", "in/")
    store, prefix = open_store(uri)
    [entry] = store.entries(prefix)
    store._client.upload_blob("in/a.csv", b"2", overwrite=True)  # type: ignore[attr-defined]
    with pytest.raises(DataError, match="changed while it was read"):
        store.fetch(entry, tmp_path / "fetched")
    store.close()


def test_an_absent_container_is_bad_input(tmp_path: Path, upload_azure: Upload, see: See) -> None:
    with pytest.raises(DataError, match="az://nothing/x: not there"):
        see("az://nothing/x")


@pytest.mark.parametrize(
    ("connection", "error", "message"),
    [
        ("", ConfigError, "no storage account is named; next: set AZURE_STORAGE_CONNECTION_STRING or"),
        ("AccountKey=topsecret", ConfigError, "the storage account's settings cannot be read"),
        ("DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a2V5;BlobEndpoint={dead};", SourceError, "Azure did"),
    ],
)
def test_an_account_that_cannot_be_reached_is_told(
    monkeypatch: pytest.MonkeyPatch, see: See, connection: str, error: type[FinOpsError], message: str
) -> None:
    pytest.importorskip("azure.storage.blob", reason="needs the extra `azure`")
    monkeypatch.delenv("AZURE_STORAGE_ACCOUNT", raising=False)
    dead = f"http://127.0.0.1:{free_port()}/a"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", connection.replace("{dead}", dead))
    with pytest.raises(error, match=message) as caught:
        see("az://bills/in")
    assert "topsecret" not in str(caught.value)


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, see: See) -> None:
    monkeypatch.setitem(sys.modules, "azure.storage.blob", None)
    with pytest.raises(ConfigError, match=r"az://bills needs: pip install finops\[azure\]"):
        see("az://bills/in")


def test_the_public_exports_load_from_bucket_and_container(
    shared_data: Path, upload_s3: Upload, upload_azure: Upload, load: Load, ask: Ask
) -> None:
    load(upload_s3(shared_data / "costroid/aws-focus-s3/fixture/demo", ""))
    load(upload_azure(shared_data / "costroid/azure-focus/fixture/devaccount/exports", ""))
    query = "select x_Provider, count(*), cast(sum(BilledCost) as DOUBLE) from cost group by all order by all"
    assert ask(query) == [("aws", 84, 65.5326), ("azure", 10, 32.5)]
