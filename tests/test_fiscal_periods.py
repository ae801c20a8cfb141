"""Fiscal years, quarters and periods of weeks: domain.md's acceptance vector 13, and the calendar on the wall."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.periods import (
    custom_at,
    fiscal_quarter,
    fiscal_year,
    four_four_five,
    month_at,
    quarter_at,
    year_at,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))


@pytest.mark.parametrize(
    ("first_month", "day", "year", "quarter"),
    [
        (10, date(2026, 11, 23), 2026, 1),
        (4, date(2026, 3, 31), 2025, 4),
        (4, date(2026, 4, 1), 2026, 1),
        (2, date(2028, 2, 29), 2028, 1),
    ],
)
def test_a_day_has_its_fiscal_year_and_quarter(first_month: int, day: date, year: int, quarter: int) -> None:
    assert (fiscal_year(day, first_month=first_month), fiscal_quarter(day, first_month=first_month)) == (year, quarter)


def test_a_year_called_by_its_end_counts_one_more_unless_it_is_the_calendar_year() -> None:
    assert fiscal_year(date(2026, 11, 23), first_month=10, label_by="end") == 2027
    assert fiscal_year(date(2026, 9, 30), first_month=10, label_by="end") == 2026
    assert fiscal_year(date(2026, 11, 23), label_by="end") == 2026


def test_a_quarter_has_as_many_days_as_its_months() -> None:
    found = quarter_at(date(2026, 11, 23), first_month=10)
    # 31 + 30 + 31
    assert (found.start, found.end, found.label, found.days) == (date(2026, 10, 1), date(2027, 1, 1), "FY2026 Q1", 92)
    # December, January and a February of 29 days: 31 + 31 + 29
    leap = quarter_at(date(2028, 2, 29), first_month=12, label_by="end")
    assert (leap.start, leap.end, leap.days, leap.label) == (date(2027, 12, 1), date(2028, 3, 1), 91, "FY2028 Q1")


def test_years_and_months_are_called_what_people_call_them() -> None:
    assert year_at(date(2028, 2, 29)).label == "2028"
    assert (year_at(date(2028, 2, 29)).days, year_at(date(2027, 2, 1)).days) == (366, 365)
    assert month_at(date(2028, 2, 29)).label == "Feb 2028"


@given(day=DAYS, first_month=st.integers(1, 12))
def test_every_day_is_in_the_period_that_is_said_to_hold_it(day: date, first_month: int) -> None:
    for period in (month_at(day), quarter_at(day, first_month=first_month), year_at(day, first_month=first_month)):
        assert day in period
    year = year_at(day, first_month=first_month)
    quarters = [year.start]
    while quarters[-1] < year.end:
        quarters.append(quarter_at(quarters[-1], first_month=first_month).end)
    assert (len(quarters), quarters[-1]) == (5, year.end)
    assert len(year.months) == 12


def test_weeks_of_a_retail_year_are_cut_four_four_five() -> None:
    cuts = four_four_five(date(2026, 2, 1))
    assert [(end - start).days // 7 for start, end in pairwise(cuts)] == [4, 4, 5] * 4
    assert cuts[-1] == date(2026, 2, 1) + timedelta(weeks=52)
    long = four_four_five(date(2026, 2, 1), weeks=53)
    assert (long[-2], (long[-1] - long[-2]).days) == (cuts[-2], 42)
    second = custom_at(date(2026, 3, 1), cuts)
    assert second is not None
    assert (second.start, second.label) == (date(2026, 3, 1), "1 Mar 2026 to 28 Mar 2026")


def test_a_day_outside_all_boundaries_has_no_period() -> None:
    cuts = (date(2026, 1, 5), date(2026, 2, 2))
    assert custom_at(date(2026, 1, 4), cuts) is None
    assert custom_at(date(2026, 2, 2), cuts) is None
