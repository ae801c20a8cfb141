"""Columns that come typed, from Parquet: money of any decimal or binary type, and times with a zone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from tests.conftest import WriteBill

ReadTyped = Callable[[str], Delivery]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def read_typed(con: duckdb.DuckDBPyConnection, write_bill: WriteBill, tmp_path: Path) -> ReadTyped:
    """Give a function that reads one charge from Parquet with some columns replaced by typed expressions."""

    def read(replaced: str) -> Delivery:
        text, typed = write_bill("a.csv", [{}]), tmp_path / "typed.parquet"
        con.execute(f"copy (select * replace ({replaced}) from read_csv('{text}', all_varchar = true)) to '{typed}'")
        return read_delivery(con, find_files([typed]))

    return read


@pytest.mark.parametrize(
    ("amount", "type_", "loaded"),
    [
        ("-5.25", "DECIMAL(9,2)", "-5.25"),
        ("12", "DECIMAL(38,0)", "12"),
        ("7", "BIGINT", "7"),
        # BigQuery's NUMERIC, and the largest amount the lake holds
        ("-0.000000001", "DECIMAL(38,9)", "-0.000000001"),
        ("9999999999999999.999999999", "DECIMAL(38,9)", "9999999999999999.999999999"),
        # BIGNUMERIC: rounded at the 12th decimal, a 5 away from zero, on both sides
        ("1.123456789012345678", "DECIMAL(38,18)", "1.123456789012"),
        ("0.0000000000005", "DECIMAL(38,18)", "0.000000000001"),
        ("-0.0000000000005", "DECIMAL(38,18)", "-0.000000000001"),
        ("0.1234567890123456789012345678901234567", "DECIMAL(38,37)", "0.123456789012"),
        ("1.1234567890123456789012345678901234567", "VARCHAR", "1.123456789012"),
        # binary floats whose shortest form has few digits stand for exactly that
        ("8.1", "DOUBLE", "8.1"),
        ("-1234.56", "DOUBLE", "-1234.56"),
        ("5e-13", "DOUBLE", "0.000000000001"),
        ("-5e-13", "DOUBLE", "-0.000000000001"),
        ("0.5", "FLOAT", "0.5"),
        ("-96.25", "FLOAT", "-96.25"),
    ],
)
def test_typed_money_is_kept_and_what_rounding_takes_is_told(
    read_typed: ReadTyped, amount: str, type_: str, loaded: str
) -> None:
    [totals] = read_typed(f"cast('{amount}' as {type_}) as BilledCost").totals
    assert totals.billed_loaded == Decimal(loaded)
    assert totals.billed_in == Decimal(amount)
    assert totals.values_rounded == int(Decimal(loaded) != Decimal(amount))


def test_a_float_keeps_the_digits_that_single_precision_has(read_typed: ReadTyped) -> None:
    [totals] = read_typed("cast('0.1' as FLOAT) as BilledCost").totals
    # the float nearest to 0.1 is 0.100000001490116119...
    assert totals.billed_loaded == Decimal("0.100000001490")
    assert totals.values_rounded == 1


@pytest.mark.parametrize(
    ("amount", "type_"),
    [
        ("12345678901234567.5", "DECIMAL(38,9)"),
        ("12345678901234567890123456789.5", "DECIMAL(38,9)"),
        ("12345678901234567890.5", "DECIMAL(38,18)"),
        ("99999999999999999999999999999999999999", "DECIMAL(38,0)"),
        ("1e17", "DOUBLE"),
        ("1e25", "DOUBLE"),
        ("nan", "DOUBLE"),
        ("-inf", "FLOAT"),
    ],
)
def test_typed_money_that_does_not_fit_is_refused_with_its_row(read_typed: ReadTyped, amount: str, type_: str) -> None:
    with pytest.raises(DataError, match=r"typed\.parquet row 1: BilledCost .* is (not an amount of money|too large)"):
        read_typed(f"cast('{amount}' as {type_}) as BilledCost")


@pytest.mark.parametrize("type_", ["TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP", "TIMESTAMP_NS"])
def test_a_typed_time_without_zone_is_utc(con: duckdb.DuckDBPyConnection, read_typed: ReadTyped, type_: str) -> None:
    read_typed(f"cast('2026-05-02 01:30:00' as {type_}) as ChargePeriodStart")
    assert con.execute("select cast(ChargePeriodStart as VARCHAR) from charges").fetchall() == [
        ("2026-05-02 01:30:00",)
    ]


def test_a_time_with_zone_becomes_utc_to_the_microsecond(con: duckdb.DuckDBPyConnection, read_typed: ReadTyped) -> None:
    delivery = read_typed(
        "timestamptz '2026-05-31 23:30:00.123456-07' as ChargePeriodStart, "
        "timestamptz '2026-06-01 00:30:00-07' as ChargePeriodEnd, "
        "timestamptz '2026-05-01 00:00:00-07' as BillingPeriodStart"
    )
    [(start,)] = con.execute("select cast(ChargePeriodStart as VARCHAR) from charges").fetchall()
    assert start == "2026-06-01 06:30:00.123456"
    assert str(delivery.totals[0].month) == "2026-05-01"
