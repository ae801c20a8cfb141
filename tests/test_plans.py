"""What people have decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.plans import FutureEvent

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
