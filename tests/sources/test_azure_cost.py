"""Azure cost files before FOCUS: every way to call a column, days, quantities, commitments and tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources import detect
from finops_lib.sources.azure_cost import columns_of, is_called_amortized
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from tests.sources.azure_bills import BOUGHT, COVERED, RESERVATION, SAVINGS_PLAN, USAGE, VM, write_costs
from tests.sources.conftest import Load, See


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


def _read(con: duckdb.DuckDBPyConnection, *paths: Path) -> Delivery:
    return read_delivery(con, find_files(paths))


def _charges(con: duckdb.DuckDBPyConnection, path: Path) -> list[dict[str, Any]]:
    """Give the charges of a file in the order of its rows, which their SubscriptionName counts."""
    _read(con, path)
    asked = con.execute("select * from charges order by try_cast(SubAccountName as INTEGER)")
    names = [column[0] for column in asked.description or ()]
    return [dict(zip(names, row, strict=True)) for row in asked.fetchall()]


def _charge(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Any]:
    [charge] = _charges(con, path)
    return charge


def _write(tmp_path: Path, *changes: Mapping[str, str | None]) -> Path:
    counted = [{"SubscriptionName": str(number), **change} for number, change in enumerate(changes)]
    return write_costs(tmp_path / "bills" / "actual.csv", *counted)


def test_a_charge_says_in_focus_what_it_said_before(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    charge = _charge(con, _write(tmp_path, {}))
    expected = {
        "BilledCost": Decimal(12),
        "EffectiveCost": Decimal(12),
        "ListCost": Decimal("14.4"),  # 24 x 0.6
        "ContractedCost": Decimal(12),  # 24 x 0.5
        "BillingCurrency": "EUR",
        "ChargeCategory": "Usage",
        "ChargeFrequency": "Usage-Based",
        "PricingCategory": "Standard",
        "ServiceName": "Virtual Machines",
        "ServiceCategory": "Compute",
        "RegionId": "westeurope",
        "RegionName": "West Europe",
        "ResourceId": VM.lower(),
        "ResourceName": "vm-1",
        "ResourceType": "microsoft.compute/virtualmachines",
        "SubAccountId": "/subscriptions/aaaa",
        "BillingAccountType": "Billing Account",
        "Tags": {"env": "prod"},
        "x_Provider": "azure",
    }
    assert {name: charge[name] for name in expected} == expected
    assert charge["x_Extra"]["x_ResourceIdAsBilled"] == VM
    times = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
    assert [f"{charge[name]:%m-%d}" for name in times] == ["05-01", "06-01", "05-02", "05-03"]


@pytest.mark.parametrize("name", ["Enterprise", "EnterpriseCamel", "PayAsYouGo", "YA"])
def test_every_header_variant_is_known(shared_data: Path, name: str) -> None:
    path = shared_data / "opencost_azure/headersets" / f"{name}.csv"
    header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
    assert detect(header, path=str(path)) == "azure-actual"
    held = columns_of(header)
    needed = {
        "Date",
        "Cost",
        "Currency",
        "SubscriptionId",
        "ResourceId",
        "MeterId",
        "Quantity",
        "UnitOfMeasure",
        "Tags",
    }
    assert needed <= held.keys()
    # Nothing of these files is left to x_Extra under a name that is not understood.
    assert set(header) == set(held.values())


def test_a_header_needs_only_what_no_other_bill_has(shared_data: Path) -> None:
    for name in ("Template", "VirtualMachine"):
        path = shared_data / "opencost_azure/values" / f"{name}.csv"
        header = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        assert detect(header, path=str(path)) == "azure-actual"


def test_names_are_read_in_any_language_and_case(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    german = {
        "ResourceGroup": "Ressourcengruppe (ResourceGroup)",
        "UnitOfMeasure": "Maßeinheit (UnitOfMeasure)",
        "Cost": "costInBillingCurrency",
        "SubscriptionId": "subscriptionGuid",
        "BillingCurrency": "Billing currency",
        "Date": "UsageDateTime",
    }
    renamed = {new: USAGE.get(old, "Shop") for old, new in german.items()}
    path = write_costs(tmp_path / "bills/actual.csv", dict.fromkeys(german) | renamed, encoding="utf-8-sig")
    charge = _charge(con, path)
    assert (charge["BilledCost"], charge["PricingUnit"], charge["SubAccountId"]) == (12, "Hours", "/subscriptions/aaaa")
    assert charge["x_Extra"]["x_ResourceGroupName"] == "Shop"


def test_the_real_name_of_a_column_is_the_one_in_parentheses() -> None:
    assert columns_of(["Date (Kosten)", "Kosten (Cost)"]) == {"Cost": "Kosten (Cost)"}


def test_cost_in_the_billing_currency_goes_before_other_costs(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    change = {"Cost": "99", "CostInBillingCurrency": "7", "costInUsd": "8"}
    charge = _charge(con, _write(tmp_path, change))
    assert (charge["BilledCost"], charge["x_Extra"]["x_CostInUsd"]) == (7, "8")
    # The other one is not lost.
    assert charge["x_Extra"]["Cost"] == "99"


def test_days_are_written_in_several_ways(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    dates = ("5/2/2026", "05/02/2026", "05/02/2026 00:00:00", "2026-05-02", "2026-05-02T00:00:00Z")
    charges = _charges(con, _write(tmp_path, *({"Date": date} for date in dates)))
    assert [f"{charge['ChargePeriodStart']:%Y-%m-%d}" for charge in charges] == ["2026-05-02"] * 5


def test_a_day_is_never_guessed(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    dates = ("25/12/2026", "5/2/26", "May 2", "05.02.2026")
    with pytest.raises(DataError, match="4 rows cannot be loaded") as refused:
        _read(con, _write(tmp_path, *({"Date": date} for date in dates)))
    for row, date in enumerate(dates, start=1):
        assert f"row {row}: ChargePeriodStart '{date}' is not a time" in str(refused.value)


def test_the_billing_period_ends_after_its_last_day(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    # A purchase is billed in a later month than its day; a first of the next month is past the last day already.
    in_may = ({}, {"Date": "04/30/2026"}, {"BillingPeriodEndDate": "2026-06-01"})
    # Without a billing period the month of the day is taken.
    in_april = ({"Date": "4/9/2026", "BillingPeriodStartDate": "", "BillingPeriodEndDate": ""},)
    charges = _charges(con, _write(tmp_path, *in_may, *in_april))
    periods = [f"{c['BillingPeriodStart']:%Y-%m-%d} {c['BillingPeriodEnd']:%Y-%m-%d}" for c in charges]
    assert periods == ["2026-05-01 2026-06-01"] * 3 + ["2026-04-01 2026-05-01"]


def test_a_file_without_billing_periods_has_those_of_its_days(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    charge = _charge(con, _write(tmp_path, {"BillingPeriodStartDate": None, "BillingPeriodEndDate": None}))
    assert f"{charge['BillingPeriodStart']:%Y-%m-%d} {charge['BillingPeriodEnd']:%Y-%m-%d}" == "2026-05-01 2026-06-01"


def test_a_billing_period_that_cannot_be_read_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="BillingPeriodStart '31/05/2026' is not a time"):
        _read(con, _write(tmp_path, {"BillingPeriodStartDate": "31/05/2026"}))


def test_a_cost_that_is_none_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="4 rows cannot be loaded") as refused:
        _read(con, _write(tmp_path, *({"Cost": cost} for cost in ("", "1,5", "abc", "NaN"))))
    assert "row 2: BilledCost '1,5' is not an amount of money (decimals need a point)" in str(refused.value)


def test_a_file_without_a_currency_is_refused(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"BillingCurrency .*is not a currency code"):
        _read(con, _write(tmp_path, {"BillingCurrency": None}))


def test_quantities_are_counted_in_blocks(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    # unit of measure -> pricing unit, what 24 of it are, in what
    cases = {
        "1 Hour": ("Hours", 24, "Hours"),
        "10 Hours": ("10 Hours", 240, "Hours"),
        "100 Hours": ("100 Hours", 2400, "Hours"),
        "10K": ("10000 Units", 240_000, "Units"),
        "1M": ("1000000 Units", 24_000_000, "Units"),
        "1,000 GB": ("1000 GB", 24_000, "GB"),
        "1 MB/Month": ("MB/Month", 24, "MB/Month"),
        "1/Day": ("Units/Day", 24, "Units/Day"),
        "GB": ("GB", 24, "GB"),
    }
    charges = _charges(con, _write(tmp_path, *({"UnitOfMeasure": unit} for unit in cases)))
    told = [(charge["PricingUnit"], charge["ConsumedQuantity"], charge["ConsumedUnit"]) for charge in charges]
    assert told == list(cases.values())
    # The price is that of a block: 24 x 0.6.
    assert {(charge["PricingQuantity"], charge["ListUnitPrice"], charge["ListCost"]) for charge in charges} == {
        (24, Decimal("0.6"), Decimal("14.4"))
    }


def test_prices_that_are_tiny_or_not_known(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    tiny, unknown, free = _charges(
        con,
        _write(
            tmp_path,
            {"Quantity": "8E-07", "PayGPrice": "5E-01"},
            {"PayGPrice": "0"},
            {"PayGPrice": "0", "UnitPrice": "0", "Cost": "0"},
        ),
    )
    # 0.0000008 x 0.5
    assert (tiny["PricingQuantity"], tiny["ListCost"]) == (Decimal("0.0000008"), Decimal("0.0000004"))
    # Azure writes a price that it does not know as 0.
    assert (unknown["ListCost"], unknown["ListUnitPrice"], unknown["x_Extra"]["x_PayGPrice"]) == (None, None, "0")
    assert (free["ListCost"], free["ContractedCost"]) == (0, 0)


def test_prices_in_another_currency_are_converted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    change = {"pricingCurrency": "USD", "exchangeRatePricingToBilling": "0.8", "costInPricingCurrency": "15"}
    charge = _charge(con, _write(tmp_path, change))
    assert charge["ListCost"] == Decimal("11.52")  # 24 x 0.6 x 0.8
    assert (charge["ListUnitPrice"], charge["PricingCurrencyListUnitPrice"]) == (None, Decimal("0.6"))
    assert (charge["PricingCurrency"], charge["PricingCurrencyEffectiveCost"]) == ("USD", 15)


def test_a_list_cost_that_azure_states_is_taken(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    assert _charge(con, _write(tmp_path, {"paygCostInBillingCurrency": "14.39"}))["ListCost"] == Decimal("14.39")


def test_no_tag_is_lost(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    # as Azure writes them -> the tags, and what is kept as it came
    cases: dict[str, tuple[dict[str, str] | None, str | None]] = {
        '"a": "1","b": "x, y"': ({"a": "1", "b": "x, y"}, None),
        '{"a": "1"}': ({"a": "1"}, None),
        '{"a":"{\\"b\\":1}"}': ({"a": '{"b":1}'}, None),
        '"a": ""': ({"a": ""}, None),
        "": (None, None),
        '""': (None, None),
        "a=1": (None, "a=1"),
        '"a": "1","a": "2"': (None, '{"a": "1","a": "2"}'),
    }
    charges = _charges(con, _write(tmp_path, *({"Tags": text} for text in cases)))
    assert [(charge["Tags"], charge["x_Extra"]["Tags"]) for charge in charges] == list(cases.values())


def test_kinds_of_charges(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    cases: list[tuple[dict[str, str], tuple[str, str | None]]] = [
        ({"ChargeType": "Tax"}, ("Tax", None)),
        ({"ChargeType": "Refund", "Cost": "-3"}, ("Purchase", "Correction")),
        ({"ChargeType": "RoundingAdjustment"}, ("Adjustment", None)),
        ({"ChargeType": "Purchase"}, ("Purchase", None)),
        ({"ChargeType": ""}, ("Usage", None)),
        ({"previousInvoiceId": "G001"}, ("Usage", "Correction")),
    ]
    charges = _charges(con, _write(tmp_path, *({"previousInvoiceId": "", **change} for change, _ in cases)))
    assert [(charge["ChargeCategory"], charge["ChargeClass"]) for charge in charges] == [kind for _, kind in cases]
    # None of them belongs to a commitment.
    assert [charge["BilledCost"] for charge in charges] == [charge["EffectiveCost"] for charge in charges]


def test_a_commitment_is_paid_when_it_is_bought_and_costs_nothing_then(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    plan = {**BOUGHT, "PricingModel": "SavingsPlan", "benefitId": SAVINGS_PLAN}
    charges = _charges(con, _write(tmp_path, BOUGHT, plan))
    names = ("BilledCost", "EffectiveCost", "ChargeCategory", "PricingCategory", "CommitmentDiscountStatus")
    assert {tuple(charge[name] for name in names) for charge in charges} == {(30, 0, "Purchase", "Standard", None)}
    names = ("CommitmentDiscountType", "CommitmentDiscountCategory", "CommitmentDiscountId")
    assert [tuple(charge[name] for name in names) for charge in charges] == [
        ("Reservation", "Usage", RESERVATION.lower()),
        ("Savings Plan", "Spend", SAVINGS_PLAN.lower()),
    ]


def test_usage_that_a_commitment_covers(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    charge = _charge(con, _write(tmp_path, COVERED))
    assert (charge["PricingCategory"], charge["CommitmentDiscountStatus"]) == ("Committed", "Used")
    # It would have cost 24 x 0.6 on demand.
    assert (charge["EffectiveCost"], charge["ListCost"]) == (0, Decimal("14.4"))


def test_a_legacy_file_knows_a_reservation_by_its_id_alone(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    change = {"PricingModel": None, "benefitId": None, "ReservationId": "2222", "Cost": "0"}
    charge = _charge(con, _write(tmp_path, change))
    assert (charge["CommitmentDiscountId"], charge["CommitmentDiscountStatus"]) == ("2222", "Used")


def test_what_a_row_says_of_itself(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    info = '{"VMCapacityReservationId":"f8b4"}'
    spot, reserved, profile = _charges(
        con,
        _write(
            tmp_path,
            {"billingProfileId": "", "PricingModel": "Spot"},
            {"billingProfileId": "8611537", "AdditionalInfo": info},
            {"billingProfileId": "ABCD-1234"},
        ),
    )
    assert spot["PricingCategory"] == "Dynamic"
    assert (reserved["CapacityReservationId"], reserved["CapacityReservationStatus"]) == ("f8b4", "Used")
    assert reserved["x_Extra"]["x_SkuDetails"] == info
    # An MCA is invoiced by profile; an EA writes its account there again.
    kinds = [(charge["BillingAccountId"], charge["BillingAccountType"]) for charge in (spot, reserved, profile)]
    assert kinds == [
        ("8611537", "Billing Account"),
        ("8611537", "Billing Account"),
        ("ABCD-1234", "Billing Profile"),
    ]


def test_a_column_nobody_knows_is_kept_and_counted(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    delivery = _read(con, _write(tmp_path, {"Mood": "good", "SkuMeter": "mine"}))
    [[extra]] = con.execute("select x_Extra from charges").fetchall()
    assert (extra["Mood"], extra["x_SkuMeter"]) == ("good", "mine")
    assert ("unknown-column", "Mood") in {(found.finding, found.column) for found in delivery.findings}


def test_a_parquet_export_with_its_own_types_loads(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    row = {**USAGE, "Cost": 12.5, "Quantity": 24.0, "UnitPrice": 0.5, "PayGPrice": 0.6, "Tags": '{"env":"prod"}'}
    frame = pl.DataFrame([row]).with_columns(
        pl.col("Date", "BillingPeriodStartDate", "BillingPeriodEndDate").str.to_datetime("%m/%d/%Y")
    )
    frame.write_parquet(tmp_path / "actual.parquet")
    charge = _charge(con, tmp_path / "actual.parquet")
    assert (charge["BilledCost"], charge["ListCost"]) == (Decimal("12.5"), Decimal("14.4"))
    assert f"{charge['BillingPeriodEnd']:%Y-%m-%d}" == "2026-06-01"


@pytest.mark.parametrize(
    ("path", "is_amortized"),
    [
        ("x/AmortizedCost_may.csv", True),
        ("x/EA_ActualCost_Small.csv", False),
        ("amortised/202605/part_0.csv", True),
        ("az://costs/amortized/202605/part_0.csv", True),
        ("amortized/actual-cost/part_0.csv", False),
        ("amortized/deep/down/in/part_0.csv", False),
        ("x/factual-amortizedness.csv", True),
        ("x/part_0.csv", False),
    ],
)
def test_the_word_nearest_the_end_of_a_path_counts(path: str, is_amortized: bool) -> None:
    assert is_called_amortized(path) == is_amortized


@pytest.mark.parametrize(
    ("name", "rows", "billed"),
    [
        ("focus_converters/sample-anonymous-ea-export-dataset.csv", 27, "1.261369265057"),
        ("finops_toolkit/EA_ActualCost_Small.csv", 11, "8.545007786742"),
    ],
)
def test_the_public_exports_load_to_the_last_digit(
    con: duckdb.DuckDBPyConnection, shared_data: Path, name: str, rows: int, billed: str
) -> None:
    delivery = _read(con, shared_data / name)
    assert [(t.rows, t.billed_loaded) for t in delivery.totals] == [(rows, Decimal(billed))]
    assert delivery.dialect == "azure-actual"


def test_an_export_without_rows_replaces_nothing(shared_data: Path, load: Load, see: See, tmp_path: Path) -> None:
    assert load(_write(tmp_path, {})) == [("2026-05", "loaded", 1, "12")]
    assert load(shared_data / "finops_toolkit/EA_NoRows.csv") == []
    assert see(_write(tmp_path, {})) == [("2026-05", 1, "12")]
