"""Cost Explorer's totals beside an export: held against its charges, and never charges themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import open_lake
from finops_lib.runs.compare import state_totals
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.settings import Settings
from finops_lib.sources.aws_cost_explorer import COLUMNS
from tests.conftest import WriteBill

MAY = date(2026, 5, 1)


@pytest.fixture
def settings_with_bill(settings: Settings, write_bill: WriteBill) -> Settings:
    """An export of May: 10.00 and 2.50."""
    ingest(settings, [write_bill("may.csv", [{}, {"BilledCost": "2.50"}])], source="export")
    return settings


def _state(settings: Settings, folder: Path, amounts: Sequence[str], *, estimated: bool = False) -> None:
    rows = [
        {
            "BillingMonth": "2026-05-01", "BillingMonthEnd": "2026-06-01", "PeriodStart": "2026-05-01",
            "PeriodEnd": "2026-06-01", "PayerAccount": "999999999999", "LinkedAccount": "111111111111",
            "RecordClass": "usage", "Currency": "USD", "Billed": amount, "Amortized": amount,
            "Estimated": str(estimated).lower(),
        }
        for amount in amounts
    ]  # fmt: skip
    path = folder / "ce.csv"
    lines = [",".join(row.get(name, "") for name in COLUMNS) for row in rows]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n", encoding="utf-8")
    state_totals(settings, [path] if amounts else [], month=MAY, source="ce", compare_with="export")


def _steps(settings: Settings) -> list[tuple[object, ...]]:
    found = [row for row in reconcile(settings) if row.step == "cost-explorer"]
    return [(row.source, row.item, row.expected, row.actual, row.residual, row.ok, row.explanation) for row in found]


def test_totals_that_agree_have_no_residual_and_charges_stay_single(
    settings_with_bill: Settings, tmp_path: Path
) -> None:
    _state(settings_with_bill, tmp_path, ["12.50"])
    twelve = Decimal("12.5")
    assert _steps(settings_with_bill) == [("export", "ce", twelve, twelve, 0, True, "")]
    with open_lake(settings_with_bill.lake) as lake:
        assert lake.con.execute("select sum(BilledCost), count(distinct x_SourceId) from cost").fetchall() == [
            (twelve, 1)
        ]


def test_the_last_digit_counts(settings_with_bill: Settings, tmp_path: Path) -> None:
    _state(settings_with_bill, tmp_path, ["12.4999999999"])
    [(*_, residual, ok, explanation)] = _steps(settings_with_bill)
    # 12.5 - 12.4999999999
    assert (residual, ok, explanation) == (Decimal("0.0000000001"), False, "")


def test_an_estimate_explains_a_difference_and_a_later_word_replaces_it(
    settings_with_bill: Settings, tmp_path: Path
) -> None:
    _state(settings_with_bill, tmp_path, ["11"], estimated=True)
    assert _steps(settings_with_bill)[0][4:] == (Decimal("1.5"), True, "stated as an estimate: not final yet")
    _state(settings_with_bill, tmp_path, ["12", "0.50"])
    assert _steps(settings_with_bill)[0][4:] == (0, True, "")
    _state(settings_with_bill, tmp_path, [])
    assert _steps(settings_with_bill) == []


def test_what_is_not_loaded_is_not_compared(settings: Settings, tmp_path: Path) -> None:
    _state(settings, tmp_path, ["11"])
    [(*_, residual, ok, explanation)] = _steps(settings)
    assert (residual, ok) == (None, True)
    assert explanation == "no charges of this month are loaded: not compared"


def test_a_broken_answer_leaves_what_was_stated(settings_with_bill: Settings, tmp_path: Path) -> None:
    _state(settings_with_bill, tmp_path, ["12.50"])
    with pytest.raises(DataError, match="BilledCost 'much'"):
        _state(settings_with_bill, tmp_path, ["much"])
    assert _steps(settings_with_bill)[0][4] == 0
