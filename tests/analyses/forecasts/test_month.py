"""Where the month of one total ends: its known part exactly, the rest as the forecaster says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.forecasts import month_end

AS_OF = date(2026, 11, 20)


def course(days: int, *, a_day: str = "10.10", fee: str = "0", as_of: date = AS_OF) -> pl.DataFrame:
    rows = []
    for offset in range(days):
        day = as_of - timedelta(days=offset)
        scheduled = Decimal(fee) if day.day == 1 else Decimal(0)
        rows.append({"day": day, "cost": Decimal(a_day) + scheduled, "scheduled": scheduled})
    money = pl.Decimal(38, 12)
    return pl.DataFrame(rows, schema={"day": pl.Date, "cost": money, "scheduled": money}).sort("day")


def test_a_steady_day_is_continued() -> None:
    ends = month_end(course(200), as_of=AS_OF)
    assert ends is not None
    # 30 days of 10.10
    assert float(ends.expected) == pytest.approx(303.0, abs=0.01)
    assert ends.low <= ends.expected <= ends.high


def test_the_fee_of_the_first_is_counted_once() -> None:
    ends = month_end(course(200, fee="500"), as_of=AS_OF)
    assert ends is not None
    assert float(ends.expected) == pytest.approx(803.0, abs=0.5)


def test_a_month_that_is_over_is_known_to_the_last_digit() -> None:
    last = date(2026, 11, 30)
    ends = month_end(course(100, a_day="0.000000000001", as_of=last), as_of=last)
    assert ends is not None
    assert ends.expected == ends.low == ends.high == Decimal("0.000000000030")


def test_two_days_say_nothing() -> None:
    assert month_end(course(2), as_of=AS_OF) is None
    assert month_end(course(0), as_of=AS_OF) is None
