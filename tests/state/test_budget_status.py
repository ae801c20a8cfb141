"""Statuses are appended when something is new, come back to the digit, and make a budget's history."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.findings import BudgetStatus
from finops_lib.state.budget_status import (
    _kept,
    _row,
    append_status,
    frozen_forecasts,
    latest_statuses,
    newest_of_periods,
    status_history,
    statuses_of_period,
)
from finops_lib.state.models import BudgetStatusRow
from finops_lib.state.open import State
from tests.state.conftest import JUNE, MAY, NOON, on_every_state, status


def append(state: State, *statuses: BudgetStatus) -> list[bool]:
    with state.write() as session:
        told = {"evaluated_at": NOON, "run_id": "r1", "snapshot": 7}
        return [append_status(session, one, **told) for one in statuses]  # type: ignore[arg-type]


def of_month(month: int, watermark: str = "w", **changes: Any) -> BudgetStatus:
    start = date(2025 + (month - 1) // 12, (month - 1) % 12 + 1, 1)
    end = date(2025 + month // 12, month % 12 + 1, 1)
    given = {"period_start": start, "period_end": end, "data_through": start.replace(day=28)}
    return status(watermark, **(given | changes))


@on_every_state
def test_a_status_comes_back_to_the_digit(state: State) -> None:
    told = status(forecast_p10=Decimal("0.000000000001"), p_exceed=0.1 + 0.2, exhaustion_p90=JUNE, standing="at_risk")
    assert append(state, told) == [True]
    [kept] = latest_statuses(state)
    assert (kept.status, kept.evaluated_at, kept.run_id, kept.snapshot, kept.number) == (told, NOON, "r1", 7, 1)


_MONEY = st.decimals(-(10**18), 10**18, places=12)


@given(_MONEY, st.none() | _MONEY, st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=50))
def test_no_digit_is_lost_on_the_way(amount: Decimal, burn: Decimal | None, multiple: float, text: str) -> None:
    told = status(amount=amount, burn_per_day=burn, burn_multiple=multiple, reason=text)
    row = BudgetStatusRow(**_row(told), evaluated_at=NOON, run_id=None, snapshot=None, number=1)
    assert _kept(row).status == told


@on_every_state
def test_only_what_is_new_is_appended(state: State) -> None:
    assert append(state, status("a"), status("a"), status("b"), status("b")) == [True, False, True, False]
    # Data that were restated and set back are news both times.
    assert append(state, status("a")) == [True]
    with state.read() as session:
        assert [one.watermark for one in statuses_of_period(session, "web", MAY)] == ["a", "b", "a"]
        assert statuses_of_period(session, "api", MAY) == []
        assert statuses_of_period(session, "web", JUNE) == []


def test_a_status_without_a_watermark_is_a_mistake_of_the_program(state: State) -> None:
    with pytest.raises(ValueError, match="the status of 'web' has no watermark"):
        append(state, status(""))


@on_every_state
def test_the_history_is_the_last_word_on_each_of_the_last_periods(state: State) -> None:
    for month in range(1, 15):
        append(state, of_month(month, "first"), of_month(month, "last"))
    append(state, status("x", budget="api", period_start=MAY))
    # 14 months were evaluated, the last twelve of them are March 2025 to February 2026.
    kept = status_history(state, "web")
    starts = [one.status.period_start for one in kept]
    assert (len(starts), starts[0], starts[-1]) == (12, date(2025, 3, 1), date(2026, 2, 1))
    assert {(one.status.watermark, one.number) for one in kept} == {("last", 2)}
    assert [one.status.budget for one in status_history(state, periods=1)] == ["api", "web"]
    assert [one.status.period_start for one in latest_statuses(state)] == [MAY, date(2026, 2, 1)]


def test_a_page_about_an_earlier_day_does_not_know_what_came_later(state: State) -> None:
    append(state, status("a", data_through=date(2026, 5, 9)), status("b", data_through=date(2026, 5, 18)))
    append(state, status("c", period_start=JUNE, data_through=date(2026, 6, 3)))
    [then] = status_history(state, until=date(2026, 5, 17))
    assert then.status.watermark == "a"


@on_every_state
def test_the_frozen_forecasts_are_those_of_day_1_and_day_10(state: State) -> None:
    days = (1, 1, 4, 9, 12, 31)
    append(state, *(status(f"w{number}", data_through=date(2026, 5, day)) for number, day in enumerate(days)))
    found = frozen_forecasts(state)
    # The first whose data reached the 1st is w0; the first that reached the 10th reached the 12th.
    assert [(one.day, one.kept.status.watermark) for one in found] == [(1, "w0"), (10, "w4")]


def test_what_is_said_after_the_end_of_a_period_is_no_forecast(state: State) -> None:
    late = replace(status("w"), data_through=JUNE)
    append(state, late)
    assert frozen_forecasts(state, "web") == []


@on_every_state
def test_the_newest_word_on_a_period_is_the_last_one_said_of_it(state: State) -> None:
    append(state, of_month(4, "first"), of_month(4, "second"), of_month(5, "later"))
    [april, may] = [of_month(month).period_start for month in (4, 5)]
    found = newest_of_periods(state, {"web": april, "api": april})
    assert {name: status.watermark for name, status in found.items()} == {"web": "second"}
    assert newest_of_periods(state, {"web": may})["web"] == of_month(5, "later")
