"""The estate lies as the providers lay it: what counts is what the manifests list, and nothing else does."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.sample import Estate, write_estate
from tests.sample.conftest import reader

COSTS = {"billed": "BilledCost", "effective": "EffectiveCost", "list": "ListCost", "contracted": "ContractedCost"}


def _json(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def _aws_files(bucket: Path, manifest: dict[str, Any]) -> list[Path]:
    return [bucket / file["s3Uri"].removeprefix("s3://meridian-billing/") for file in manifest["dataFiles"]]


def aws_listed(bucket: Path) -> list[Path]:
    """Read the newest manifest of each period, the one in the period's own folder."""
    manifests = sorted(bucket.glob("*/metadata/BILLING_PERIOD=*/*-Manifest.json"))
    return [path for manifest in manifests for path in _aws_files(bucket, _json(manifest))]


def azure_listed(container: Path) -> list[Path]:
    """Of the manifests of one export and period read the one submitted last."""
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for path in sorted(container.rglob("manifest.json")):
        manifest = _json(path)
        key = (manifest["exportConfig"]["exportName"], manifest["runInfo"]["startDate"])
        if key not in newest or newest[key]["runInfo"]["submittedTime"] < manifest["runInfo"]["submittedTime"]:
            newest[key] = manifest
    return [container / blob["blobName"] for manifest in newest.values() for blob in manifest["blobs"]]


def _rows(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> int:
    [(count,)] = con.execute(f"select count(*) from {reader(paths)}").fetchall()
    return int(count)


def _sums(con: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> dict[str, dict[str, Any]]:
    sums = ", ".join(f"sum(cast({column} as decimal(28,12)))" for column in COSTS.values())
    rows = con.execute(f"select BillingCurrency, {sums}, count(*) from {reader(paths)} group by 1").fetchall()
    return {currency: dict(zip((*COSTS, "rows"), values, strict=True)) for currency, *values in rows}


def _told(costs: dict[str, Any]) -> dict[str, Any]:
    return {name: costs[name] if name == "rows" else Decimal(costs[name]) for name in (*COSTS, "rows")}


@pytest.mark.parametrize("tree", ["now", "earlier"])
def test_what_counts_is_what_the_newest_manifests_list(estate: Estate, tree: str) -> None:
    folder = estate.folder if tree == "now" else estate.folder.with_name("bills-before")
    files = estate.files if tree == "now" else estate.earlier_files
    for provider, listed in (("aws", aws_listed), ("azure", azure_listed)):
        counted = [path for path in files if path.is_relative_to(folder / provider)]
        assert sorted(listed(folder / provider)) == sorted(counted) != []


def test_aws_manifests_say_how_large_each_file_is(estate: Estate) -> None:
    for path in estate.folder.glob("aws/*/metadata/**/*-Manifest.json"):
        manifest = _json(path)
        sizes = [file.stat().st_size for file in _aws_files(estate.folder / "aws", manifest)]
        assert [file["size"] for file in manifest["dataFiles"]] == sizes
        assert manifest["exportName"] in path.name
        assert f"BILLING_PERIOD={manifest['billingPeriod']}" in path.as_posix()


def test_azure_manifests_say_how_many_bytes_and_rows_each_file_has(
    estate: Estate, con: duckdb.DuckDBPyConnection
) -> None:
    for path in estate.folder.glob("azure/**/manifest.json"):
        manifest = _json(path)
        blobs = manifest["blobs"]
        files = [estate.folder / "azure" / blob["blobName"] for blob in blobs]
        assert {file.parent for file in files} == {path.parent}
        assert [blob["byteCount"] for blob in blobs] == [file.stat().st_size for file in files]
        assert [blob["dataRowCount"] for blob in blobs] == [_rows(con, [file]) for file in files]
        totals = (len(files), sum(blob["byteCount"] for blob in blobs), sum(blob["dataRowCount"] for blob in blobs))
        assert (manifest["blobCount"], manifest["byteCount"], manifest["dataRowCount"]) == totals


def test_aws_wrote_the_older_months_in_overwrite_mode_and_then_a_folder_per_run(estate: Estate) -> None:
    places = [path.relative_to(estate.folder / "aws").parts[:-1] for path in estate.files_of("aws")]
    overwritten = sorted({part[2] for part in places if len(part) == 3})
    versioned = sorted({part[2] for part in places if len(part) == 4})
    assert (len(overwritten), len(versioned)) == (7, 6)
    assert overwritten[-1] == "BILLING_PERIOD=2025-09" < versioned[0]


def test_an_emptied_file_of_aws_has_no_rows_and_is_in_no_manifest(
    estate: Estate, con: duckdb.DuckDBPyConnection
) -> None:
    data = (estate.folder / "aws" / "meridian-focus" / "data").rglob("*.parquet")
    [emptied] = sorted(set(data) - set(aws_listed(estate.folder / "aws")))
    assert emptied.parent.name == "BILLING_PERIOD=2025-05"
    assert _rows(con, [emptied]) == 0


def test_a_superseded_run_is_a_full_copy_that_would_count_twice(estate: Estate, con: duckdb.DuckDBPyConnection) -> None:
    data = estate.folder / "aws" / "meridian-focus-versions" / "data"
    runs = {period.name: sorted(period.iterdir()) for period in sorted(data.iterdir())}
    twice = {name: folders for name, folders in runs.items() if len(folders) == 2}
    assert list(twice) == ["BILLING_PERIOD=2025-11", "BILLING_PERIOD=2025-12"]
    for old, new in twice.values():
        assert old.name < new.name
        assert _rows(con, list(old.iterdir())) > 0.8 * _rows(con, list(new.iterdir()))


def test_azure_keeps_superseded_runs_but_overwrites_the_open_month(estate: Estate) -> None:
    runs: dict[str, list[str]] = {}
    for path in (estate.folder / "azure").rglob("manifest.json"):
        manifest = _json(path)
        behaviour = manifest["deliveryConfig"]["dataOverwriteBehavior"]
        runs.setdefault(manifest["runInfo"]["startDate"][:7], []).append(behaviour)
    assert runs.pop("2026-03") == ["OverwritePreviousReport"]
    assert {behaviour for behaviours in runs.values() for behaviour in behaviours} == {"CreateNewReport"}
    assert len(runs) == 12
    assert {month for month, behaviours in runs.items() if len(behaviours) == 2} == {"2025-11", "2025-12", "2026-01"}


def test_a_large_month_comes_in_several_files_and_a_small_one_in_one(estate: Estate) -> None:
    files: dict[Path, int] = {}
    for path in estate.files:
        files[path.parent] = files.get(path.parent, 0) + 1
    assert set(files.values()) >= {1, 3}


def test_google_s_rows_have_lists_of_labels_and_times_with_a_zone(
    estate: Estate, everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    types = dict(con.sql(f"describe from {everything('gcp')}").project("column_name, column_type").fetchall())
    assert "Tags" not in types
    pair = 'STRUCT("Key" VARCHAR, "Value" VARCHAR)[]'
    assert [types[name] for name in ("x_Labels", "x_ProjectLabels", "x_SystemLabels")] == [pair] * 3
    assert "x_Inherited BOOLEAN" in types["x_Tags"]
    assert types["ChargePeriodStart"] == types["x_ExportTime"] == "TIMESTAMP WITH TIME ZONE"
    assert len(estate.files_of("gcp")) == 13
    credits = con.sql(
        f"select count(*) filter (ChargeCategory = 'Credit' and x_Credits[1].Amount = BilledCost), "
        f"count(*) filter (len(x_Credits) > 0), count(*) filter (ChargeCategory = 'Credit') from {everything('gcp')}"
    ).fetchone()
    assert credits is not None
    assert credits[0] == credits[1] == credits[2] > 0


def test_files_are_as_old_as_the_run_that_wrote_them(estate: Estate) -> None:
    for path in (estate.folder / "azure").rglob("manifest.json"):
        submitted = _json(path)["runInfo"]["submittedTime"][:19]
        for file in path.parent.iterdir():
            assert f"{datetime.fromtimestamp(file.stat().st_mtime, UTC):%Y-%m-%dT%H:%M:%S}" == submitted
    times = {datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in estate.files}
    assert max(times) == datetime(2026, 3, 18, 6, tzinfo=UTC)
    assert min(times) == datetime(2025, 4, 6, 6, tzinfo=UTC)


def _month(paths: Sequence[Path], provider: str, month: str) -> list[Path]:
    marks = (f"BILLING_PERIOD={month}", f"{month.replace('-', '')}01-")
    return [path for path in paths if provider in path.parts and any(mark in path.as_posix() for mark in marks)]


def test_a_restated_month_had_other_money_by_what_the_truth_says(
    estate: Estate, truth: dict[str, Any], con: duckdb.DuckDBPyConnection
) -> None:
    assert {(r["provider"], r["month"], r["currency"]) for r in truth["restated"]} == {
        ("aws", "2025-12", "USD"),
        ("azure", "2025-12", "USD"),
        ("azure", "2025-12", "EUR"),
    }
    for told in truth["restated"]:
        before, after = (
            _sums(con, _month(files, told["provider"], told["month"]))[told["currency"]]
            for files in (estate.earlier_files, estate.files)
        )
        assert before == _told(told["before"])
        assert after == _told(told["after"])
        change = {name: after[name] - before[name] for name in after}
        assert change == _told(told["change"])
        assert change["billed"] != 0
        for name, total in change.items():
            assert sum(_told(reason)[name] for reason in told["reasons"]) == total


def test_each_reason_of_a_restatement_moved_money_the_way_it_says(truth: dict[str, Any]) -> None:
    reasons = {(r["provider"], reason["kind"]): reason for r in truth["restated"] for reason in r["reasons"]}
    of_aws = {("aws", kind) for kind in ("late-usage", "re-rated", "tags-moved", "removed")}
    assert set(reasons) == {*of_aws, ("azure", "credit"), ("azure", "late-usage")}
    for provider in ("aws", "azure"):
        assert reasons[provider, "late-usage"]["rows"] > 0
        assert Decimal(reasons[provider, "late-usage"]["billed"]) > 0
    rated = reasons["aws", "re-rated"]
    assert (rated["rows"], Decimal(rated["list"])) == (0, 0)
    assert Decimal(rated["billed"]) == Decimal(rated["effective"]) > 0
    tagged, removed = reasons["aws", "tags-moved"], reasons["aws", "removed"]
    assert [Decimal(tagged[name]) for name in ("rows", "billed", "effective", "list")] == [0] * 4
    # What is committed is paid for elsewhere: its effective cost is more than the billed one.
    assert 0 < Decimal(tagged["moved"]["billed"]) < Decimal(tagged["moved"]["effective"])
    assert (removed["rows"], Decimal(removed["billed"]) < 0) == (-1, True)
    assert (reasons["azure", "credit"]["rows"], Decimal(reasons["azure", "credit"]["billed"])) == (1, -700)


def test_a_month_delivered_again_has_the_same_bytes(estate: Estate, truth: dict[str, Any]) -> None:
    assert truth["redelivered"] == [{"provider": name, "month": "2025-11"} for name in ("aws", "azure")]
    for told in truth["redelivered"]:
        before, after = (
            _month(files, told["provider"], told["month"]) for files in (estate.earlier_files, estate.files)
        )
        assert [path.read_bytes() for path in before] == [path.read_bytes() for path in after]
        assert {path.parent.name for path in before}.isdisjoint(path.parent.name for path in after)


@pytest.mark.parametrize("as_of", [date(2026, 3, 1), date(2026, 3, 2), date(2024, 2, 29)])
def test_the_first_word_on_a_restated_month_came_when_it_had_settled(as_of: date, tmp_path: Path) -> None:
    made = write_estate(tmp_path / "now", as_of=as_of, rows=10_000, earlier=tmp_path / "then")
    told: dict[str, Any] = _json(made.truth)
    for restated in told["restated"]:
        files = _month(made.earlier_files, restated["provider"], restated["month"])
        [time] = {datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in files}
        year, month = (int(part) for part in restated["month"].split("-"))
        end = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        assert 3 < (time - end).days < 7
        newest = max(path.stat().st_mtime for path in _month(made.files, restated["provider"], restated["month"]))
        assert newest > time.timestamp()
