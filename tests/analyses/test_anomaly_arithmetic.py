"""The arithmetic of a change: price, volume and mix, the log-mean split, the compared days; nothing is left over."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.anomalies.comparison import compared_days, same_day_of_the_month_before
from finops_lib.analyses.anomalies.decompose import Decomposition, decompose
from finops_lib.analyses.anomalies.identities import Line, log_mean_effects, three_factors, two_factors
from tests.analyses.anomaly_rows import charges, row

AMOUNTS = st.decimals(min_value=-10_000, max_value=10_000, places=12)
QUANTITIES = st.decimals(min_value=0, max_value=10_000, places=6)


def effects(found: Decomposition) -> dict[str, Decimal]:
    return {effect.kind: effect.amount for effect in found.effects}


def test_price_volume_and_mix_add_up_to_the_change() -> None:
    m5 = Line(Fraction(100), Fraction(10), Fraction(120), Fraction("10.8"))
    c5 = Line(Fraction(50), Fraction(4), Fraction(90), Fraction("7.2"))
    r6 = Line(Fraction(0), Fraction(0), Fraction(10), Fraction("1.5"))
    found = three_factors([m5, c5, r6])
    # price 120 x -.01 + 90 x 0 = -1.2; volume (210 - 150) x 14 / 150 = 5.6; mix (120 - 140) x .10 + (90 - 70) x .08
    assert (found.rate, found.quantity, found.mix) == (Fraction("-1.2"), Fraction("5.6"), Fraction("-0.4"))
    assert (found.new, found.gone, found.total) == (Fraction("1.5"), 0, Fraction("5.5"))


def test_the_log_mean_split_is_the_same_in_any_order_and_leaves_nothing() -> None:
    before = {"usage": Fraction(100), "list": Fraction(1), "contracted": Fraction("0.9"), "commitment": Fraction("0.7")}
    after = before | {"usage": Fraction(130), "commitment": Fraction("0.8")}
    found = log_mean_effects(before, after)
    # 63.0 -> 93.6; L = 30.6 / ln(93.6 / 63) = 77.29..., times ln(1.3) and ln(8 / 7)
    assert float(found["usage"]) == pytest.approx(20.278946, abs=1e-6)
    assert float(found["commitment"]) == pytest.approx(10.321054, abs=1e-6)
    assert sum(found.values()) == Fraction("30.6")
    turned = log_mean_effects(dict(reversed(before.items())), dict(reversed(after.items())))
    assert float(turned["usage"]) == pytest.approx(float(found["usage"]), abs=1e-12)


def test_a_line_that_shares_no_unit_is_split_in_the_middle() -> None:
    found = two_factors(Line(Fraction(10), Fraction(20), Fraction(30), Fraction(90)))
    # rate (10 + 30) / 2 x (3 - 2) = 20, quantity (2 + 3) / 2 x (30 - 10) = 50
    assert (found.rate, found.quantity, found.total) == (20, 50, 70)


def test_each_day_is_compared_with_its_weekday_in_the_four_weeks_before() -> None:
    wednesday = date(2026, 10, 14)
    found = compared_days(wednesday, wednesday, first_day=date(2026, 1, 1))
    assert found.usage_days == {wednesday - timedelta(weeks=n): 1 for n in (1, 2, 3, 4)}
    assert (found.weeks, found.parts, found.calendar_days) == (4, 4, {date(2026, 9, 14): 1})
    # Nine days: the first two weekdays come twice, and so do the days they are compared with.
    longer = compared_days(wednesday, wednesday + timedelta(days=8), first_day=date(2026, 1, 1))
    assert sum(longer.usage_days.values()) == 9 * 4
    assert max(longer.usage_days) == wednesday - timedelta(days=1)
    assert longer.usage_days[wednesday - timedelta(days=7)] == 2
    assert longer.usage_days[wednesday - timedelta(days=1)] == 1


@pytest.mark.parametrize(("days_before", "weeks"), [(6, 0), (7, 1), (20, 2), (27, 2), (28, 4), (400, 4)])
def test_fewer_weeks_are_averaged_where_the_bills_do_not_go_back_further(days_before: int, weeks: int) -> None:
    start = date(2026, 10, 14)
    found = compared_days(start, start, first_day=start - timedelta(days=days_before))
    assert (found.weeks, len(found.usage_days)) == (weeks, weeks)


def test_a_fee_is_compared_with_the_same_day_of_the_month_before() -> None:
    assert same_day_of_the_month_before(date(2026, 3, 28)) == date(2026, 2, 28)
    assert same_day_of_the_month_before(date(2026, 3, 29)) is None
    assert same_day_of_the_month_before(date(2026, 1, 31)) == date(2025, 12, 31)


def test_what_is_no_usage_is_told_by_its_kind() -> None:
    rows = [
        row(cost=(100, 130), quantity=(10, 13)),
        row(cost=(-40, -10), quantity=(0, 0), charge_kind="credit"),
        row(cost=(5400, 9150), quantity=(0, 0), charge_kind="fee"),
    ]
    found = decompose(charges(rows), parts=1)
    # 30 more usage, 30 less credit, 3,750 more fee
    assert effects(found) == {"quantity": 30, "credit": 30, "fee": 3750}
    assert (found.change, found.residual) == (3810, 0)


def test_a_commitment_that_ended_is_told_apart_from_the_list_price() -> None:
    rows = [row(cost=(70, 100), quantity=(100, 100), listed=(100, 100), contracted=(100, 100))]
    assert effects(decompose(charges(rows), parts=1)) == {"commitment": 30}
    dearer = [row(cost=(70, 77), quantity=(100, 100), listed=(100, 110), contracted=(100, 110))]
    assert effects(decompose(charges(dearer), parts=1)) == {"list_price": 7}
    contract = [row(cost=(90, 100), quantity=(100, 100), listed=(100, 100), contracted=(90, 100))]
    assert effects(decompose(charges(contract), parts=1)) == {"negotiated_price": 10}


def test_the_rate_of_a_currency_is_no_price() -> None:
    # priced at 1 USD each; 0.9, then 1.0 of the bill's currency to the dollar, list price and all
    rows = [row(cost=(90, 100), quantity=(100, 100), listed=(90, 100), contracted=(90, 100), priced=(100, 100))]
    assert effects(decompose(charges(rows), parts=1)) == {"currency": 10}


def test_a_rate_without_a_known_list_price_is_just_a_rate() -> None:
    rows = [row(cost=(100, 120), quantity=(10, 10), unlisted=1)]
    assert effects(decompose(charges(rows), parts=1)) == {"rate": 20}


def test_new_and_gone_items_and_money_without_a_quantity_have_their_own_lines() -> None:
    rows = [
        row(sku="a", cost=(0, 50), quantity=(0, 5)),
        row(sku="b", cost=(30, 0), quantity=(3, 0)),
        row(sku="c", cost=(10, 12), quantity=(0, 0)),
    ]
    assert effects(decompose(charges(rows), parts=1)) == {"new": 50, "gone": -30, "unquantified": 2}


def test_sums_of_four_weeks_are_divided_to_the_last_digit() -> None:
    rows = [row(cost=("0.000000000001", "0.000000000012"), quantity=(1, 12))]
    found = decompose(charges(rows), parts=4)
    assert found.change == Decimal("0.00000000000275")
    assert found.residual == 0


@st.composite
def any_rows(draw: st.DrawFn) -> list[dict[str, object]]:
    kinds = ("usage", "usage", "usage", "unused_commitment", "credit", "refund", "fee", "tax", "correction")
    count = draw(st.integers(min_value=0, max_value=6))
    pairs = [(AMOUNTS, "cost"), (QUANTITIES, "quantity"), (QUANTITIES, "listed"), (QUANTITIES, "contracted")]
    return [
        row(
            sku=draw(st.sampled_from("abc")),
            unit=draw(st.sampled_from(["Hrs", "GB-Mo", ""])),
            charge_kind=draw(st.sampled_from(kinds)),
            priced=draw(st.tuples(QUANTITIES, QUANTITIES)),
            unlisted=draw(st.integers(0, 1)),
            **{name: draw(st.tuples(values, values)) for values, name in pairs},
        )
        for _ in range(count)
    ]


@given(rows=any_rows(), parts=st.sampled_from([1, 2, 4]))
def test_any_two_windows_add_up(rows: list[dict[str, object]], parts: int) -> None:
    found = decompose(charges(rows), parts=parts)
    before, during = (sum((Decimal(str(r[f"cost_{side}"])) for r in rows), Decimal(0)) for side in ("before", "during"))
    assert found.change * parts == during - before
    assert found.residual == 0
    assert sum((item.change for item in found.items), Decimal(0)) == found.change
    assert isinstance(charges(rows).schema["cost_before"], pl.Decimal)
