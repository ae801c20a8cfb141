"""Custom rules: when they fire, stay quiet, and are over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.rules import Rule, decide_rule
from finops_lib.errors import ConfigError
from finops_lib.messages import AlertEvent

FIRST = date(2026, 10, 1)


def rule(**changes: Any) -> Rule:
    return Rule(
        **{
            "name": "big day",
            "metric": "effective_cost",
            "scope": "team = 'shop'",
            "comparator": ">",
            "threshold": 100.0,
            "currency": "USD",
            **changes,
        }
    )


def frame(costs: Sequence[float], **columns: Sequence[float | None]) -> pl.DataFrame:
    days = [FIRST + timedelta(days=offset) for offset in range(len(costs))]
    return pl.DataFrame({"day": days, "billed_cost": costs, "effective_cost": costs, **columns})


def judged(
    asked: Rule, costs: Sequence[float], events: Sequence[AlertEvent] = (), day: int | None = None, **columns: Any
) -> Decision:
    """Judge the last of the days, or an earlier one, counted from 1."""
    as_of = FIRST + timedelta(days=(day or len(costs)) - 1)
    now = datetime.combine(as_of, datetime.min.time(), tzinfo=UTC) + timedelta(days=1)
    return decide_rule(asked, frame(costs, **columns), events, as_of=as_of, now=now)


def fired(asked: Rule, costs: Sequence[float], **columns: Any) -> list[int]:
    """Give the days, counted from 1, on which a rule that is asked every day fires."""
    events: list[AlertEvent] = []
    days = []
    for day in range(1, len(costs) + 1):
        decision = judged(asked, costs, events, day, **columns)
        over = {event.event_id: event for event in decision.resolutions}
        events = [over.get(event.event_id, event) for event in events] + list(decision.events)
        days += [day] if decision.events else []
        assert judged(asked, costs, events, day, **columns) == Decision()
    return days


def test_it_fires_once_until_it_is_over() -> None:
    assert fired(rule(), [90, 101, 150, 99, 101]) == [2, 5]


def test_hysteresis_keeps_it_from_firing_at_every_wobble() -> None:
    assert fired(rule(hysteresis=10.0), [90, 101, 99, 101, 89, 101]) == [2, 6]


def test_it_must_hold_for_days_in_a_row() -> None:
    assert fired(rule(consecutive=2), [101, 90, 101, 102, 103]) == [4]


def test_a_window_adds_its_days_up_and_absent_days_cost_nothing() -> None:
    # 40 + 40 + 30 = 110 on the 4th; the first window is whole on the 3rd.
    assert fired(rule(window_days=3), [10, 40, 40, 30]) == [4]
    gap = pl.concat([frame([60]), frame([0, 0, 60])[3:]])
    as_of = FIRST + timedelta(days=3)
    assert decide_rule(rule(window_days=3), gap, [], as_of=as_of, now=datetime(2026, 10, 5, tzinfo=UTC)) == Decision()


def test_a_change_is_held_against_the_window_before() -> None:
    grown = rule(metric="billed_change", threshold=50.0, window_days=2)
    # (16 + 15) against (10 + 10) is 55 %.
    [event] = judged(grown, [10, 10, 16, 15]).events
    assert event.value == pytest.approx(55.0)
    assert judged(grown, [0, 0, 16, 15]) == Decision()


def test_little_money_is_not_worth_it() -> None:
    assert fired(rule(metric="billed_change", threshold=50.0, min_amount=100.0), [10, 90, 300]) == [3]


def test_what_falls_can_be_asked_for() -> None:
    assert fired(rule(comparator="<", threshold=50.0, hysteresis=5.0), [60, 49, 52, 49, 56, 49]) == [2, 6]


def test_figures_of_a_budget_and_anomalies_are_taken_as_they_are_known() -> None:
    pace = rule(metric="burn_multiple", threshold=1.5)
    assert fired(pace, [1, 1, 1], burn_multiple=[1.0, None, 1.6]) == [3]
    assert fired(
        rule(metric="anomalies", comparator=">=", threshold=2.0, window_days=2), [1] * 3, anomalies=[1, 0, 2]
    ) == [3]


def test_a_metric_that_the_scope_does_not_have_is_an_error() -> None:
    with pytest.raises(ConfigError, match="rule 'big day' needs forecast_share"):
        judged(rule(metric="forecast_share"), [1, 2])


def test_an_event_names_its_rule_and_route() -> None:
    [event] = judged(rule(route="shop", owner="ann@example.org"), [101]).events
    assert (event.subject, event.kind, event.threshold, event.period_start) == ("big day", "rule", "big day", FIRST)
    assert (event.facts["route"], event.scope, event.value) == ("shop", "team = 'shop'", 101.0)
