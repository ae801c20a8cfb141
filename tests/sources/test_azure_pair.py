"""Actual and amortized cost in one delivery: Billed from one, Effective from the other, never added."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError, QualityError
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.sources.azure_bills import AMORTIZED, BOUGHT, COVERED, UNUSED, write_costs
from tests.sources.conftest import Ask, Load, See
from tests.sources.trees import put_azure

_REFUND = {**BOUGHT, "ChargeType": "Refund", "Cost": "-4"}
# On demand 12 in both; 30 - 4 were paid for a reservation, of which 0.75 was used and 0.25 was not.
_ACTUAL = ({}, BOUGHT, _REFUND, COVERED)
_AMORTIZED = ({}, AMORTIZED, UNUSED)


@pytest.fixture
def bills(tmp_path: Path) -> Path:
    return tmp_path / "bills"


def _pair(bills: Path) -> tuple[Path, Path]:
    return write_costs(bills / "actual.csv", *_ACTUAL), write_costs(bills / "amortized.csv", *_AMORTIZED)


def test_billed_is_from_actual_and_effective_from_amortized(bills: Path, load: Load, ask: Ask) -> None:
    _pair(bills)
    # 12 + 30 - 4 billed in five rows: on demand, purchase, refund, used, unused
    assert load(bills) == [("2026-05", "loaded", 5, "38")]
    names = "ChargeCategory, CommitmentDiscountStatus, BilledCost, EffectiveCost, PricingQuantity"
    assert ask(f"select {names} from cost order by all nulls first") == [
        ("Purchase", None, -4, 0, 24),
        ("Purchase", None, 30, 0, 24),
        ("Usage", None, 12, 12, 24),
        ("Usage", "Unused", 0, Decimal("0.25"), 24),
        ("Usage", "Used", 0, Decimal("0.75"), 24),
    ]
    # What amortized cost says in all: 12 + 0.75 + 0.25
    assert ask("select cast(sum(EffectiveCost) as integer) from cost") == [(13,)]
    assert load(bills) == [("2026-05", "unchanged", 5, "38")]
    assert ask("select distinct dialect from loads") == [("azure-actual,azure-amortized",)]


def test_months_and_currencies_are_held_apart(bills: Path, see: See) -> None:
    june = {"BillingPeriodStartDate": "6/1/2026", "BillingPeriodEndDate": "6/30/2026", "Date": "6/3/2026"}
    dollars = {"BillingCurrency": "USD"}
    write_costs(bills / "actual.csv", {}, COVERED, {**june, "Cost": "5"}, {**dollars, "Cost": "7"})
    write_costs(bills / "amortized.csv", {}, AMORTIZED, {**june, "Cost": "5"}, {**dollars, "Cost": "7"})
    assert see(bills) == [("2026-05", 2, "12"), ("2026-05", 1, "7"), ("2026-06", 1, "5")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"Cost": "12.000000000001"},
            r"2026-05 in EUR: without commitments actual cost is 12 and amortized cost 12\.000000000001, "
            r"a difference of -0\.000000000001; next: export both for the same days",
        ),
        ({"BillingCurrency": "USD"}, r"2026-05 in EUR \(and 1 more\): .* actual cost is 12 and amortized cost 0"),
    ],
)
def test_two_that_do_not_add_up_are_refused(bills: Path, see: See, change: dict[str, str], message: str) -> None:
    write_costs(bills / "actual.csv", {})
    write_costs(bills / "amortized.csv", change)
    with pytest.raises(QualityError, match=message):
        see(bills)


def test_actual_alone_loads_and_says_what_is_not_known(bills: Path, load: Load, ask: Ask) -> None:
    write_costs(bills / "actual.csv", *_ACTUAL)
    assert load(bills) == [("2026-05", "loaded", 4, "38")]
    found = ask("select finding, occurrences, column_name from load_findings where finding = 'broken-claim'")
    # purchase, refund and covered usage
    [(_, occurrences, said)] = found
    assert occurrences == 3
    assert "load the AmortizedCost export of the same days" in str(said)


def test_amortized_alone_is_refused(bills: Path, see: See) -> None:
    write_costs(bills / "amortized.csv", *_AMORTIZED)
    with pytest.raises(DataError, match=r"amortized cost of 2026-05 without actual cost; .* next: export ActualCost"):
        see(bills)


def test_a_month_that_only_amortized_cost_has_is_refused(bills: Path, see: See) -> None:
    april = {"BillingPeriodStartDate": "4/1/2026", "BillingPeriodEndDate": "4/30/2026", "Date": "4/3/2026"}
    write_costs(bills / "actual.csv", {})
    write_costs(bills / "amortized.csv", {}, april)
    with pytest.raises(DataError, match="amortized cost of 2026-04 without actual cost"):
        see(bills)


def test_a_file_that_is_not_what_it_is_called_is_refused(bills: Path, see: See) -> None:
    path = write_costs(bills / "costs.csv", {}, UNUSED)
    with pytest.raises(DataError, match=r"costs\.csv: taken for actual cost, but 1 of its rows are unused commit"):
        see(path)
    path = write_costs(bills / "amortized.csv", {}, BOUGHT)
    with pytest.raises(DataError, match=r"taken for amortized cost, but 1 of its rows are purchases of commitments"):
        see(path)


def _run(tree: Path, export: str, type_: str, *changes: dict[str, str]) -> Path:
    content = write_costs(tree.parent / "made" / f"{export}.csv", *changes).read_bytes()
    blobs = {"part_0_0001.csv": content}
    return put_azure(
        tree, "run", blobs, rows=[len(changes)], submitted="2026-06-01T08:00:00Z", export=export, type_=type_
    )


def test_manifests_say_which_is_which_whatever_they_are_called(tmp_path: Path, load: Load, ask: Ask) -> None:
    tree = tmp_path / "tree"
    # Both names mislead; and all rows that the manifests state are accounted for, taken or left.
    _run(tree, "amortized", "ActualCost", *_ACTUAL)
    _run(tree, "actual", "AmortizedCost", *_AMORTIZED)
    assert load(tree) == [("2026-05", "loaded", 5, "38")]
    # No manifest says how many rows the two give together.
    assert ask("select rows_in, rows_stated from loads") == [(5, None)]


def test_rows_that_a_manifest_states_and_that_are_not_there_are_missed(tmp_path: Path, see: See) -> None:
    tree = tmp_path / "tree"
    _run(tree, "a", "ActualCost", *_ACTUAL)
    content = write_costs(tmp_path / "made.csv", *_AMORTIZED).read_bytes()
    put_azure(
        tree,
        "run",
        {"part_0_0001.csv": content},
        rows=[4],
        submitted="2026-06-01T08:00:00Z",
        export="b",
        type_="AmortizedCost",
    )
    with pytest.raises(DataError, match=r"3 rows, but .*manifest\.json says 4"):
        see(tree)


def test_a_focus_export_beside_the_pair_would_count_twice(tmp_path: Path, see: See) -> None:
    tree = tmp_path / "tree"
    _run(tree, "a", "ActualCost", {})
    _run(tree, "b", "AmortizedCost", {})
    _run(tree, "c", "FocusCost", {})
    with pytest.raises(DataError, match="hold the same days of the same scope"):
        see(tree)


def test_a_dialect_that_a_manifest_contradicts_is_refused(tmp_path: Path, settings: Settings) -> None:
    tree = tmp_path / "tree"
    _run(tree, "a", "AmortizedCost", {})
    with pytest.raises(DataError, match="its manifest says azure-amortized, not azure-actual; next: leave the dialect"):
        ingest(settings, [tree], source="payer", dialect="azure-actual", dry_run=True)
