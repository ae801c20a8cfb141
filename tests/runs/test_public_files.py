"""The public billing files: each does what ../shared/data/expected.csv says."""

from __future__ import annotations

import csv
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from finops_lib.sources import DIALECTS, detect
from finops_lib.sources.files import find_files
from tests.conftest import NO_SHARED_DATA, SHARED_DATA

EXPECTED = SHARED_DATA / "expected.csv"
# How expected.csv calls what a file is written in, beyond the names of dialects: which dialects it may turn out to be.
SPOKEN_OF = {
    "focus-1.2 export tree": {"focus-1.2"},
    "azure focus export tree": {"focus-1.0", "focus-1.2"},
    "gcp focus, BigQuery REST rows": {"gcp-focus"},
    "gcp resource export, flattened": {"gcp-billing"},
    "aws-cur export tree, zip": {"aws-cur"},
    "aws-cur2 export tree": {"aws-cur2"},
    "azure header variant": {"azure-actual", "azure-amortized"},
}
KINDS = ("yes", "no", "detect")


def _lines() -> list[dict[str, str]]:
    if not EXPECTED.exists():
        return []
    with EXPECTED.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _of_kind(kind: str) -> list[object]:
    lines = [row for row in _lines() if row["loadable"] == kind]
    return [pytest.param(row, id=row["path"].replace("/", "-")) for row in lines] or [
        pytest.param({}, marks=pytest.mark.skip(reason=NO_SHARED_DATA), id="absent")
    ]


def _dialects(row: dict[str, str]) -> set[str]:
    """Name the dialects that the line may mean."""
    return SPOKEN_OF.get(row["dialect"], {row["dialect"]})


@pytest.mark.skipif(not EXPECTED.exists(), reason=NO_SHARED_DATA)
def test_every_line_is_of_a_kind_that_is_tried() -> None:
    kinds = Counter(row["loadable"] for row in _lines())
    assert set(kinds) <= set(KINDS)
    assert kinds["yes"] >= 29
    assert kinds["no"] >= 2
    assert kinds["detect"] >= 6


@pytest.mark.parametrize("row", _of_kind("yes"))
def test_a_public_bill_loads_to_the_last_digit(settings: Settings, row: dict[str, str]) -> None:
    reports = ingest(settings, [SHARED_DATA / row["path"]], source="public")
    assert sum(report.rows_loaded for report in reports) == int(row["rows"])
    if not int(row["rows"]):
        assert not is_there(settings.lake)
        return
    with open_lake(settings.lake) as lake:
        totals = lake.con.execute("select count(*), sum(BilledCost), sum(EffectiveCost) from cost").fetchall()
        found = {name for (name,) in lake.con.execute("select distinct dialect from loads").fetchall()}
    [(rows, billed, effective)] = totals
    assert (rows, billed) == (int(row["rows"]), Decimal(row["billed"]))
    # Where the line is silent, the native bill says nothing of amortisation.
    assert not row["effective"] or effective == Decimal(row["effective"])
    assert found <= _dialects(row)


@pytest.mark.parametrize("row", _of_kind("no"))
def test_a_public_bill_that_is_broken_is_refused_and_changes_nothing(settings: Settings, row: dict[str, str]) -> None:
    with pytest.raises(DataError):
        ingest(settings, [SHARED_DATA / row["path"]], source="public")
    assert not is_there(settings.lake)


@pytest.mark.parametrize("row", _of_kind("detect"))
def test_the_columns_of_a_public_header_are_known(row: dict[str, str]) -> None:
    [file] = find_files([SHARED_DATA / row["path"]])
    name = detect(file.header, path=row["path"])
    assert name in _dialects(row)
    assert DIALECTS.get(name).select(file.header)


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
