"""Google's bills among the public files: each does what ../shared/data/expected.csv says."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings

BIGQUERY_ROWS = "costroid/gcp-focus-bq"


def _expected(shared_data: Path, path: Path) -> tuple[int, Decimal]:
    with (shared_data / "expected.csv").open(newline="", encoding="utf-8") as stream:
        [row] = [row for row in csv.DictReader(stream) if shared_data / row["path"] == path]
    return int(row["rows"]), Decimal(row["billed"])


def _loaded(settings: Settings) -> list[tuple[str, int, Decimal]]:
    with open_lake(settings.lake) as lake:
        sums = "count(*), sum(BilledCost)"
        query = f"select strftime(x_BillingMonth, '%Y-%m'), {sums} from cost group by all order by all"
        return lake.con.execute(query).fetchall()


def test_bigquery_s_rows_load_to_the_last_digit_and_are_known_again(settings: Settings, shared_data: Path) -> None:
    files = [shared_data / BIGQUERY_ROWS / "fixture" / f"2026-0{month}.json" for month in (5, 6)]
    assert [report.status for report in ingest(settings, files, source="public")] == ["loaded", "loaded"]
    assert _loaded(settings) == [(file.stem, *_expected(shared_data, file)) for file in files]
    assert {report.status for report in ingest(settings, files, source="public")} == {"unchanged"}
    with open_lake(settings.lake) as lake:
        [[sources]] = lake.con.execute("select string_agg(source_files) from loads").fetchall()
    assert all(str(file) in sources for file in files)


def test_bigquery_s_rows_without_a_cost_are_refused(settings: Settings, shared_data: Path) -> None:
    with pytest.raises(DataError, match=r"2026-06\.json.* row 1: BilledCost empty is not an amount of money"):
        ingest(settings, [shared_data / BIGQUERY_ROWS / "reject" / "2026-06.json"], source="public")


def test_a_flattened_detailed_export_loads_to_the_last_digit(settings: Settings, shared_data: Path) -> None:
    [file] = (shared_data / "nise_generated").glob("gcp_resource_*.csv")
    ingest(settings, [file], source="public")
    assert _loaded(settings) == [("2026-02", *_expected(shared_data, file))]
