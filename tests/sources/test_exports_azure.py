"""Azure exports: the newest run of an export and period counts, and its manifest must add up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.catalog import is_there
from finops_lib.settings import Settings
from tests.sources.conftest import Ask, Load, See
from tests.sources.trees import bill, change, put, put_azure


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return tmp_path / "container"


def test_a_run_loads_with_what_its_manifest_states(tree: Path, load: Load, ask: Ask) -> None:
    blobs = {"part_0_0001.csv": bill("2026-05", "1", "2"), "part_1_0001.csv": bill("2026-05", "4")}
    manifest = put_azure(tree, "run-1", blobs, rows=[2, 1], submitted="2026-06-01T08:00:00.1234567Z")
    assert load(tree) == [("2026-05", "loaded", 3, "7")]
    assert ask("select rows_stated, manifest, export_run from loads") == [(3, str(manifest), "run-1")]


@pytest.mark.parametrize("behaviour", ["CreateNewReport", "OverwritePreviousReport"])
def test_the_newest_run_supersedes_the_older_ones(tree: Path, load: Load, ask: Ask, behaviour: str) -> None:
    # In neither the order of the names nor that of the files' times; 10:00+02:00 is 08:00 UTC.
    for run, amounts, submitted in (
        ("b", ["1"], "2026-06-02T10:00:00+02:00"),
        ("a", ["1", "2"], "2026-06-02T09:00:00Z"),
        ("c", ["5"], "2026-06-01T23:00:00"),
    ):
        blobs = {"part_0_0001.csv": bill("2026-05", *amounts)}
        put_azure(tree, run, blobs, rows=[len(amounts)], submitted=submitted, behaviour=behaviour)
    assert load(tree) == [("2026-05", "loaded", 2, "3")]
    assert ask("select export_run from loads") == [("a",)]


def test_an_older_run_may_be_broken(tree: Path, see: See) -> None:
    old = put_azure(tree, "a", {"part_0_0001.csv": bill("2026-05", "9")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    (old.parent / "part_0_0001.csv").unlink()
    put_azure(tree, "b", {"part_0_0001.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-02T08:00:00Z")
    assert see(tree) == [("2026-05", 1, "1")]


def test_periods_and_exports_are_superseded_apart(tree: Path, see: See) -> None:
    may, june = {"part_0_0001.csv": bill("2026-05", "1")}, {"part_0_0001.csv": bill("2026-06", "2")}
    put_azure(tree, "a", may, rows=[1], submitted="2026-06-03T08:00:00Z")
    put_azure(tree, "b", june, rows=[1], submitted="2026-06-02T08:00:00Z", start="2026-06-01", end="2026-06-30")
    other = put_azure(
        tree, "c", {"p.csv": bill("2026-05", "4")}, rows=[1], submitted="2026-06-01T08:00:00Z", export="x"
    )
    config = {"exportName": "x", "resourceId": "/subscriptions/1111/providers/x", "type": "FocusCost"}
    change(other, exportConfig=config)
    assert see(tree) == [("2026-05", 2, "5"), ("2026-06", 1, "2")]


def test_a_month_to_date_run_supersedes_yesterdays(tree: Path, see: See) -> None:
    for day, amounts in (("10", ["1"]), ("11", ["1", "2"])):
        blobs = {"part_0_0001.csv": bill("2026-05", *amounts)}
        submitted = f"2026-05-{day}T08:00:00Z"
        put_azure(tree, day, blobs, rows=[len(amounts)], submitted=submitted, end=f"2026-05-{day}")
    assert see(tree) == [("2026-05", 2, "3")]


def test_two_runs_over_the_same_days_are_refused(tree: Path, see: See) -> None:
    put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    again = {"p.csv": bill("2026-05", "2")}
    put_azure(tree, "b", again, rows=[1], submitted="2026-06-02T08:00:00Z", start="2026-05-10", end="2026-05-20")
    with pytest.raises(DataError, match="their charges would count twice; next: give the folder of only one"):
        see(tree)


def test_two_exports_of_one_subscription_are_refused(tree: Path, see: See) -> None:
    for export, amount in (("daily", "1"), ("monthly", "2")):
        blobs = {"p.csv": bill("2026-05", amount)}
        put_azure(tree, "a", blobs, rows=[1], submitted="2026-06-01T08:00:00Z", export=export)
    with pytest.raises(DataError, match="hold the same days of the same scope"):
        see(tree)
    assert see(tree / "costs/monthly") == [("2026-05", 1, "2")]


def test_a_run_without_a_manifest_is_left_alone_and_said(tree: Path, see: See, notes: list[str]) -> None:
    done = put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    folder = done.parent.parent / "b"
    put(folder, "part_0_0001.csv", bill("2026-05", "1", "2"))
    assert see(tree) == [("2026-05", 1, "1")]
    assert notes == [f"{folder}: 1 billing file without a manifest left alone; an export writes its manifest last"]


def test_a_tree_in_which_nothing_is_complete_is_refused(tree: Path, see: See) -> None:
    put(tree, "costs/daily/20260501-20260531/run-1/part_0_0001.csv", bill("2026-05", "1"))
    with pytest.raises(DataError, match="nothing is complete yet"):
        see(tree)


def test_a_copied_run_is_followed_where_it_is(tree: Path, see: See) -> None:
    manifest = put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    manifest.parent.rename(tree / "elsewhere")
    assert see(tree / "elsewhere") == [("2026-05", 1, "1")]


def test_an_export_that_holds_no_charges_is_refused(tree: Path, see: See) -> None:
    blobs = {"p.csv": bill("2026-05", "1")}
    put_azure(tree, "a", blobs, rows=[1], submitted="2026-06-01T08:00:00Z", type_="PriceSheet")
    with pytest.raises(DataError, match="an export of type PriceSheet; exports of type FocusCost, ActualCost and"):
        see(tree)


def test_other_row_counts_than_stated_are_refused(tree: Path, load: Load, settings: Settings) -> None:
    blobs = {"p.csv": bill("2026-05", "1"), "q.csv": bill("2026-05", "2", "3")}
    put_azure(tree, "a", blobs, rows=[1, 3], submitted="2026-06-01T08:00:00Z")
    with pytest.raises(DataError, match=r"q\.csv: 2 rows, but .*manifest\.json says 3; next: have the export"):
        load(tree)
    assert not is_there(settings.lake)


@pytest.mark.parametrize("content", [b"", bill("2026-05")])
def test_a_blob_without_rows_of_which_rows_are_stated_is_refused(tree: Path, see: See, content: bytes) -> None:
    put_azure(tree, "a", {"p.csv": content}, rows=[1], submitted="2026-06-01T08:00:00Z")
    with pytest.raises(DataError, match=r"p\.csv: 0 rows, but .* says 1"):
        see(tree)


def test_known_bytes_are_held_against_a_new_manifest_too(tree: Path, load: Load) -> None:
    manifest = put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    load(tree)
    [blob] = json.loads(manifest.read_text())["blobs"]
    change(manifest, dataRowCount=2, blobs=[{**blob, "dataRowCount": 2}])
    with pytest.raises(DataError, match=r"1 rows, but .* says 2"):
        load(tree)


@pytest.mark.parametrize("field", ["blobCount", "byteCount", "dataRowCount"])
def test_totals_that_do_not_add_up_are_refused(tree: Path, see: See, field: str) -> None:
    manifest = put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    change(manifest, **{field: 7})
    with pytest.raises(DataError, match=rf"manifest\.json: its {field} is 7, but its blobs add up to \d+; next"):
        see(tree)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"blobs": None}, "manifest's blobs is missing or wrong"),
        ({"runInfo": None}, "manifest's runInfo is missing or wrong"),
        ({"runInfo": {"runId": "a", "startDate": "2026-05-01", "submittedTime": "soon"}}, "runInfo.submittedTime is"),
        ({"exportConfig": {"exportName": "x"}}, "exportConfig.type is missing or wrong"),
    ],
)
def test_a_manifest_that_lacks_its_fields_is_refused(
    tree: Path, see: See, changed: dict[str, object], message: str
) -> None:
    manifest = put_azure(tree, "a", {"p.csv": bill("2026-05", "1")}, rows=[1], submitted="2026-06-01T08:00:00Z")
    change(manifest, **changed)
    with pytest.raises(DataError, match=message):
        see(tree)


def test_an_absent_or_half_written_blob_is_refused(tree: Path, see: See) -> None:
    blobs = {"p.csv": bill("2026-05", "1")}
    manifest = put_azure(tree, "a", blobs, rows=[1], submitted="2026-06-01T08:00:00Z")
    blob = manifest.parent / "p.csv"
    blob.write_bytes(blobs["p.csv"][:-20])
    with pytest.raises(DataError, match="the export is being written right now"):
        see(tree)
    blob.unlink()
    with pytest.raises(DataError, match=r"names costs/daily/.*/p\.csv, which is not there"):
        see(tree)


def test_a_file_of_two_months_states_nothing_about_either(tree: Path, load: Load, ask: Ask) -> None:
    two = bill("2026-05", "1") + bill("2026-06", "2").split(b"\r\n", 1)[1]
    put_azure(tree, "a", {"p.csv": two}, rows=[2], submitted="2026-06-01T08:00:00Z")
    assert load(tree) == [("2026-05", "loaded", 1, "1"), ("2026-06", "loaded", 1, "2")]
    assert ask("select rows_stated from loads") == [(None,), (None,)]


def test_the_public_export_loads_by_its_manifests(shared_data: Path, load: Load, ask: Ask, notes: list[str]) -> None:
    assert load(shared_data / "costroid/azure-focus/fixture") == [
        ("2026-05", "loaded", 5, "20.5"),
        ("2026-06", "loaded", 5, "12"),
    ]
    assert ask("select rows_in, rows_stated from loads order by x_BillingMonth") == [(5, 5), (5, 5)]
    assert notes == []
