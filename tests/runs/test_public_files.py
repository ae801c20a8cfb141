"""The public billing files: each does what ../shared/data/expected.csv says."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import NO_SHARED_DATA, SHARED_DATA

EXPECTED = SHARED_DATA / "expected.csv"


def _first_light() -> list[dict[str, str]]:
    if not EXPECTED.exists():
        return []
    with EXPECTED.open(newline="", encoding="utf-8") as stream:
        return [row for row in csv.DictReader(stream) if row["issue"] == "first-light"]


@pytest.mark.skipif(not EXPECTED.exists(), reason=NO_SHARED_DATA)
def test_there_are_files_to_try() -> None:
    assert len(_first_light()) >= 18


_ABSENT = [pytest.param({"path": "none"}, marks=pytest.mark.skip(reason=NO_SHARED_DATA))]


@pytest.mark.parametrize("row", _first_light() or _ABSENT, ids=lambda row: str(row["path"]).rsplit("/", 1)[-1])
def test_a_public_focus_file_loads_to_the_last_digit(settings: Settings, row: dict[str, str]) -> None:
    reports = ingest(settings, [SHARED_DATA / row["path"]], source="public")
    assert sum(report.rows_loaded for report in reports) == int(row["rows"])
    with open_lake(settings.lake) as lake:
        totals = lake.con.execute("select count(*), sum(BilledCost), sum(EffectiveCost) from cost").fetchone()
        dialects = lake.con.execute("select distinct dialect from loads").fetchall()
    assert totals == (int(row["rows"]), Decimal(row["billed"]), Decimal(row["effective"]))
    assert dialects == [(row["dialect"],)]


def test_the_public_sample_is_four_slices_with_thirteen_negative_rows(settings: Settings, shared_data: Path) -> None:
    reports = ingest(settings, [shared_data / "focus_sample_1_0" / "focus_sample.csv"], source="public")
    assert [(r.provider, r.billing_month, r.rows_loaded) for r in reports] == [
        ("aws", "2024-09", 942),
        ("azure", "2024-09", 51),
        ("oracle", "2024-09", 6),
        ("oracle", "2024-10", 1),
    ]
    with open_lake(settings.lake) as lake:
        assert lake.con.execute("select count(*) from cost where BilledCost < 0").fetchall() == [(13,)]


def test_the_public_broken_export_is_refused_row_by_row(settings: Settings, shared_data: Path) -> None:
    with pytest.raises(DataError) as caught:
        ingest(settings, [shared_data / "costroid/aws-focus-1.2/invalid-export.csv.gz"], source="public")
    problems: list[str] = caught.value.problems  # type: ignore[attr-defined]
    assert [problem.split(": ", 1)[1][:26] for problem in problems] == [
        "ChargeCategory 'Consumptio",
        "ChargePeriodEnd '2026-05-0",
        "BilledCost '12,34' is not ",
        "BillingCurrency empty is n",
    ]
    assert not settings.lake.folder.exists()
