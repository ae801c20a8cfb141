"""A budget is written as plain values and read back, every digit and day of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import ConfigError
from finops_lib.plans import CASH, Budget, Calendar, FutureEvent, budget_of, definition_of

PLAIN = Budget("web", "team = 'web'", "team", "web", Decimal("1000.10"), "USD")
AMOUNTS = st.decimals(0, 10**15, places=12)


@given(amount=AMOUNTS, phases=st.lists(AMOUNTS, max_size=12), ends=st.lists(st.dates(), max_size=5), day=st.dates())
def test_a_budget_survives_being_written_as_json(
    amount: Decimal, phases: list[Decimal], ends: list[date], day: date
) -> None:
    budget = replace(
        PLAIN,
        amount=amount,
        phased_amounts=tuple(phases),
        calendar=Calendar(4, "end", tuple(ends)),
        counts=CASH,
        thresholds=(80,),
        valid_from=day,
        version=3,
    )
    assert budget_of(json.loads(json.dumps(definition_of(budget)))) == budget


def test_amounts_are_text_without_an_exponent() -> None:
    assert definition_of(replace(PLAIN, amount=Decimal("1E+3")))["amount"] == "1000"


def test_a_definition_of_an_older_version_takes_the_defaults() -> None:
    old = {"name": "web", "scope": "", "scope_type": "all", "scope_value": "", "amount": "5", "currency": "USD"}
    assert budget_of(old) == Budget("web", "", "all", "", Decimal(5), "USD")


def test_a_field_that_no_budget_has_is_named() -> None:
    with pytest.raises(ConfigError, match=r"unknown field of a budget 'amuont'.*did you mean 'amount'"):
        budget_of({"name": "web", "amuont": "5"})


JUNE = date(2026, 6, 1)


def test_a_monthly_amount_is_spread_over_the_days_of_its_month() -> None:
    launch = FutureEvent("launch", JUNE, Decimal(300), "month", "ana")
    assert launch.amount_on(date(2026, 6, 30)) == Decimal(10)
    assert launch.amount_on(date(2026, 5, 31)) == 0
    assert sum(launch.amount_on(date(2027, 2, day)) for day in range(1, 29)) == pytest.approx(Decimal(300))


def test_an_event_that_is_switched_off_adds_nothing() -> None:
    assert FutureEvent("maybe", JUNE, Decimal(5), "day", "ana", active=False).amount_on(JUNE) == 0


def test_once_is_once() -> None:
    fine = FutureEvent("fine", JUNE, Decimal(5), "once", "ana")
    assert [fine.amount_on(date(2026, 6, day)) for day in (1, 2)] == [5, 0]


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ConfigError, match="before it starts"):
        FutureEvent("odd", JUNE, Decimal(5), "day", "ana", ends_on=date(2026, 5, 1))


def test_an_unknown_rhythm_is_refused() -> None:
    with pytest.raises(ConfigError, match="day, month, once"):
        FutureEvent("odd", JUNE, Decimal(5), "year", "ana")  # type: ignore[arg-type]
