"""AWS Data Exports: the newest manifest of a month says which files count."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import duckdb
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.catalog import is_there
from finops_lib.settings import Settings
from tests.sources.conftest import Ask, Load, See
from tests.sources.trees import bill, change, put, put_aws

OLD_RUN, NEW_RUN = "20260601T080000Z-1111", "20260602T080000Z-2222"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


def test_overwrite_mode_loads_the_files_of_each_months_manifest(tree: Path, load: Load, ask: Ask) -> None:
    may = put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1"), "focus-00002.csv": bill("2026-05", "2")})
    put_aws(tree, "2026-06", {"focus-00001.csv": bill("2026-06", "4", "5")})
    assert load(tree) == [("2026-05", "loaded", 2, "3"), ("2026-06", "loaded", 2, "9")]
    assert load(tree) == [("2026-05", "unchanged", 2, "3"), ("2026-06", "unchanged", 2, "9")]
    # AWS states no row counts.
    query = "select rows_stated, manifest, export_run from loads where x_BillingMonth = date '2026-05-01'"
    assert ask(query) == [(None, str(may), "execution-2026-05")]


def test_create_new_mode_loads_the_newest_run_only(tree: Path, load: Load, ask: Ask) -> None:
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1")}, run=OLD_RUN)
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1", "2")}, run=NEW_RUN)
    assert load(tree) == [("2026-05", "loaded", 2, "3")]
    assert ask("select export_run from loads") == [(f"execution-{NEW_RUN}",)]


def test_without_the_months_own_manifest_the_newest_run_folder_counts(tree: Path, see: See) -> None:
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1")}, run=NEW_RUN, as_newest=False)
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "7")}, run=OLD_RUN, as_newest=False)
    assert see(tree) == [("2026-05", 1, "1")]


def test_a_run_that_is_still_being_written_is_not_seen(tree: Path, see: See) -> None:
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1")}, run=OLD_RUN)
    put(tree, f"exports/focus/data/BILLING_PERIOD=2026-05/{NEW_RUN}/focus-00001.csv", bill("2026-05", "1", "2"))
    assert see(tree) == [("2026-05", 1, "1")]


def test_a_manifest_may_name_its_files_as_plain_text(tree: Path, see: See) -> None:
    manifest = put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1")})
    change(manifest, dataFiles=[file["s3Uri"] for file in json.loads(manifest.read_text())["dataFiles"]])
    assert see(tree) == [("2026-05", 1, "1")]


def test_chunks_that_a_smaller_export_left_behind_are_ignored(tree: Path, see: See, notes: list[str]) -> None:
    put_aws(tree, "2026-05", {"focus-00001.csv": bill("2026-05", "1")})
    for number, stale in enumerate((b"", bill("2026-05"), bill("2026-05", "100")), start=2):
        put(tree, f"exports/focus/data/BILLING_PERIOD=2026-05/focus-0000{number}.csv", stale)
    assert see(tree) == [("2026-05", 1, "1")]
    assert notes == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("b.csv", b""),
        ("b.csv", b"\xef\xbb\xbf"),
        ("b.csv", bill("2026-05")),
        ("b.csv", b"SomethingElse\n"),
        ("b.csv.gz", b""),
        ("b.csv.gz", gzip.compress(b"", mtime=0)),
        ("b.csv.gz", gzip.compress(bill("2026-05"), mtime=0)),
        ("b.snappy.parquet", b""),
    ],
)
def test_a_listed_file_without_rows_is_no_error(tree: Path, see: See, name: str, content: bytes) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1"), name: content})
    assert see(tree) == [("2026-05", 1, "1")]


def test_a_listed_parquet_file_without_rows_is_no_error(tree: Path, see: See, tmp_path: Path) -> None:
    empty = tmp_path / "empty.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (select 1 as other where false) to '{empty}'")
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1"), "b.parquet": empty.read_bytes()})
    assert see(tree) == [("2026-05", 1, "1")]


def test_an_export_without_any_row_loads_nothing(tree: Path, load: Load, settings: Settings) -> None:
    put_aws(tree, "2026-05", {"a.csv": b"", "b.csv": bill("2026-05")})
    assert load(tree) == []
    assert not is_there(settings.lake)


def test_the_letter_case_of_the_period_folder_does_not_matter(tree: Path, see: See) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")}, period="billing_period")
    manifest = put_aws(tree, "2026-06", {"a.csv": bill("2026-06", "2")})
    data = tree / "exports/focus/data"
    (data / "BILLING_PERIOD=2026-06").rename(data / "billing_period=2026-06")
    assert "BILLING_PERIOD=2026-06" in manifest.read_text()
    assert see(tree) == [("2026-05", 1, "1"), ("2026-06", 1, "2")]


def test_a_month_without_a_manifest_is_left_alone_and_said(tree: Path, see: See, notes: list[str]) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    june = put(tree, "exports/focus/data/BILLING_PERIOD=2026-06/a.csv", bill("2026-06", "2"))
    assert see(tree) == [("2026-05", 1, "1")]
    assert notes == [f"{june.parent}: 1 billing file without a manifest left alone; an export writes its manifest last"]


def test_a_tree_in_which_nothing_is_complete_is_refused(tree: Path, see: See) -> None:
    put(tree, "exports/focus/data/BILLING_PERIOD=2026-06/a.csv", bill("2026-06", "2"))
    with pytest.raises(DataError, match=r"nothing is complete yet.*try again when the export has finished"):
        see(tree)


@pytest.mark.parametrize("below", ["", "exports", "exports/focus", "exports/focus/data", "exports/focus/metadata"])
def test_any_folder_at_or_above_an_export_will_do(tree: Path, see: See, below: str) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    put_aws(tree, "2026-06", {"a.csv": bill("2026-06", "2")}, run=NEW_RUN)
    assert see(tree / below) == [("2026-05", 1, "1"), ("2026-06", 1, "2")]


@pytest.mark.parametrize("branch", ["data", "metadata"])
def test_a_months_own_folder_gives_that_month(tree: Path, see: See, branch: str) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    put_aws(tree, "2026-06", {"a.csv": bill("2026-06", "2")})
    assert see(tree / "exports/focus" / branch / "BILLING_PERIOD=2026-06") == [("2026-06", 1, "2")]


def test_a_runs_own_folder_gives_that_run(tree: Path, see: See) -> None:
    for run, amount in ((OLD_RUN, "1"), (NEW_RUN, "2")):
        put_aws(tree, "2026-05", {"a.csv": bill("2026-05", amount)}, run=run)
    assert see(tree / "exports/focus/data/BILLING_PERIOD=2026-05" / OLD_RUN) == [("2026-05", 1, "1")]


def test_several_exports_of_one_bucket_make_one_delivery(tree: Path, see: See) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")}, export="payer-1")
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "2")}, export="other/payer-2")
    assert see(tree) == [("2026-05", 2, "3")]


def test_a_copied_tree_is_followed_where_it_is(tree: Path, see: See, tmp_path: Path) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    copy = tmp_path / "copy" / "of data" / "payer"
    shutil.copytree(tree / "exports/focus", copy)
    shutil.rmtree(tree)
    assert see(copy) == [("2026-05", 1, "1")]


def test_a_manifest_beside_its_files_is_followed(tree: Path, see: See) -> None:
    manifest = put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    flat = tree / "flat"
    put(flat, "Manifest.json", manifest.read_bytes())
    put(flat, "a.csv", bill("2026-05", "1"))
    assert see(flat) == [("2026-05", 1, "1")]


def test_an_absent_file_is_refused(tree: Path, load: Load, settings: Settings) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1"), "b.csv": bill("2026-05", "2")})
    (tree / "exports/focus/data/BILLING_PERIOD=2026-05/b.csv").unlink()
    with pytest.raises(DataError, match=r"focus-Manifest\.json names s3://.*/b\.csv, which is not there; .*next: copy"):
        load(tree)
    assert not is_there(settings.lake)


def test_a_file_of_an_older_run_does_not_stand_in_for_an_absent_one(tree: Path, see: See) -> None:
    for run in (OLD_RUN, NEW_RUN):
        put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")}, run=run)
    (tree / "exports/focus/data/BILLING_PERIOD=2026-05" / NEW_RUN / "a.csv").unlink()
    with pytest.raises(DataError, match="which is not there"):
        see(tree)


def test_another_size_means_that_it_is_being_written(tree: Path, load: Load, ask: Ask) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    load(tree)
    put(tree, "exports/focus/data/BILLING_PERIOD=2026-05/a.csv", bill("2026-05", "1", "2"))
    with pytest.raises(DataError, match=r"a\.csv: \d+ bytes, but .* says \d+; the export is being written right now"):
        load(tree)
    assert ask("select sum(BilledCost) from cost") == [(1,)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "a manifest that is not JSON"),
        ("[]", "holds no fields"),
        ('{"hello": 1}', r"a manifest of an unknown kind \(its fields: hello\)"),
        ('{"reportKeys": "all", "assemblyId": "x"}', "the manifest's reportKeys is missing or wrong"),
        ('{"executionId": "x"}', "dataFiles is missing or wrong"),
        ('{"dataFiles": [{"size": 1}]}', "dataFiles.0.* is missing or wrong"),
        ('{"dataFiles": [], "billingPeriod": "2026-04"}', "billingPeriod is 2026-04, but it lies in 2026-05"),
    ],
)
def test_a_manifest_that_cannot_be_followed_is_refused(tree: Path, see: See, content: str, message: str) -> None:
    manifest = put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    manifest.write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        see(tree)
    assert str(manifest) in str(caught.value)
    assert "; next: " in str(caught.value)


def test_bills_beside_an_export_are_left_alone_and_said(tree: Path, see: See, notes: list[str]) -> None:
    put_aws(tree, "2026-05", {"a.csv": bill("2026-05", "1")})
    put(tree, "other/b.csv", bill("2026-05", "2"))
    assert see(tree) == [("2026-05", 1, "1")]
    assert notes == [f"{tree}/other: 1 billing file without a manifest left alone; an export writes its manifest last"]


def test_a_folder_called_data_is_a_folder(tmp_path: Path, see: See) -> None:
    put(tmp_path, "data/a.csv", bill("2026-05", "1"))
    put_aws(tmp_path, "2026-05", {"a.csv": bill("2026-05", "2")})
    assert see(tmp_path / "data") == [("2026-05", 1, "1")]


def test_the_public_export_loads_by_its_manifests(shared_data: Path, load: Load, ask: Ask) -> None:
    assert load(shared_data / "costroid/aws-focus-s3/fixture") == [
        ("2026-05", "loaded", 42, "32.7663"),
        ("2026-06", "loaded", 42, "32.7663"),
    ]
    assert ask("select count(*), cast(sum(BilledCost) as DOUBLE) from cost") == [(84, 65.5326)]
