"""What is told of a budget, and what is not (domain.md 1.10; acceptance vectors 15 and 16)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.alerts.decide import Decision, decide, over_by_now
from finops_lib.analyses.alerts.stale import decide_stale
from tests.analyses.alert_histories import END, NOON, SHOP, START, History, after, status_of, told


def test_vector_15_a_forecast_fires_at_the_5th_resolves_at_the_10th_and_fires_at_the_13th() -> None:
    expected = [98, 101, 99, 101, 102, 97, 99, 101, 94, 94, 96, 103, 104]
    history = after({"forecast": percent} for percent in expected)
    # 4th and 5th are the first two in a row from 100 on; 9th and 10th the first two below 95; then 12th and 13th.
    assert (history.fired_at(), history.resolved_at()) == ([5, 13], [10])
    assert [(event.occurrence, event.state) for event in history.events] == [(1, "resolved"), (2, "firing")]


def test_vector_16_an_actual_threshold_fires_once() -> None:
    looks = [("a", 79), ("b", 80), ("b", 80), ("c", 83), ("d", 78), ("e", 81)]
    budget = replace(SHOP, thresholds=(80,))
    history = after(({"watermark": mark, "actual": percent} for mark, percent in looks), budget=budget)
    assert history.fired_at() == [2]
    assert history.resolved_at() == []


def test_several_thresholds_at_once_are_told_as_the_highest() -> None:
    history = History()
    decision = history.look(actual=101)
    assert told(decision.events) == [("actual", "100")]
    assert sorted(told(decision.superseded)) == [("actual", "50"), ("actual", "80")]
    assert {event.superseded_by for event in decision.superseded} == {decision.events[0].event_id}
    assert decision.events[0].facts["also"] == ["actual 80", "actual 50"]
    assert decision.events[0].facts["is_first"]
    # What was superseded counts as told: it does not come up at the next look.
    assert history.look(actual=102) == Decision()


def test_a_forecast_beyond_the_amount_is_worse_than_half_of_it_spent() -> None:
    history = after([{"actual": 40, "forecast": 110}])
    decision = history.look(actual=52, forecast=111)
    assert (told(decision.events), told(decision.superseded)) == ([("forecast", "100")], [("actual", "50")])


def test_what_is_spent_is_no_forecast() -> None:
    history = after([{"actual": 99, "forecast": 110}])
    assert told(history.look(actual=101, forecast=112).events) == [("actual", "100")]


def test_a_forecast_fires_at_most_three_times_in_a_period() -> None:
    up_and_down = [{"forecast": percent} for percent in (101, 101, 90, 90) * 5]
    history = after(up_and_down, apart=timedelta(hours=25))
    assert history.fired_at() == [2, 6, 10]


def test_two_forecast_alerts_are_a_day_apart() -> None:
    looks = [{"forecast": percent} for percent in (101, 101, 90, 90, 101, 101, 101)]
    # Fired after 10 hours; 5 hours a look, so the 6th is 20 hours later, the 7th 25.
    assert after(looks, apart=timedelta(hours=5)).fired_at() == [2, 7]


def test_a_forecast_that_somebody_resolved_is_quiet_until_it_has_fallen() -> None:
    history = after([{"forecast": 101}, {"forecast": 101}])
    history.events = [replace(history.events[0], state="resolved", resolved_at=history.now, resolved_by="ann")]
    for percent in (102, 103, 94, 93, 102, 103):
        history.look(forecast=percent)
    assert history.fired_at() == [2, 8]


def test_stale_data_neither_fires_nor_resolves_a_forecast() -> None:
    history = after([{"forecast": 101}, {"forecast": 101, "standing": "stale"}])
    assert history.fired_at() == []
    history = after([{"forecast": 101}, {"forecast": 101}])
    for _ in range(3):
        assert history.look(forecast=90, standing="stale") == Decision()


def test_only_an_amendment_lets_an_actual_threshold_fire_again() -> None:
    budget = replace(SHOP, thresholds=(80,))
    history = after([{"actual": 81}, {"actual": 40}, {"actual": 85}], budget=budget)
    assert history.fired_at() == [1]
    # 850 of 2000 is 42.5 %, below 75: the amended budget may pass 80 % anew.
    history.budget = replace(budget, version=2, amount=Decimal(2000))
    assert told(history.look(actual=85).resolutions) == [("actual", "80")]
    assert history.look(actual=159.9).events == ()
    [again] = history.look(actual=161).events
    assert (again.threshold, again.occurrence) == ("80", 2)


def test_an_amendment_that_stays_near_the_threshold_does_not() -> None:
    budget = replace(SHOP, thresholds=(80,))
    history = after([{"actual": 82}], budget=budget)
    # 820 of 1050 is 78.1 %: not 5 points below 80.
    history.budget = replace(budget, version=2, amount=Decimal(1050))
    assert history.look(actual=82) == Decision()
    assert history.look(actual=90) == Decision()


def test_a_credit_after_an_amendment_does_not_count_as_the_amendment() -> None:
    budget = replace(SHOP, thresholds=(80,))
    history = after([{"actual": 82}], budget=budget)
    history.budget = replace(budget, version=2, amount=Decimal(1050))
    for percent in (82, 30, 90):
        history.look(actual=percent)
    assert history.fired_at() == [1]


def test_the_pace_fires_on_three_new_watermarks_and_needs_the_forecast_to_agree() -> None:
    fast = {"burn": 1.6, "forecast": 130}
    budget = replace(SHOP, forecast_thresholds=())
    assert after([fast] * 3, budget=budget).fired_at() == [3]
    assert after([fast, fast, {"burn": 1.4, "forecast": 130}, fast], budget=budget).fired_at() == []
    assert after([{"burn": 1.6, "forecast": 99}] * 3, budget=budget).fired_at() == []


def test_the_pace_is_told_once_a_week_and_only_after_it_slowed() -> None:
    fast, slow = {"burn": 1.6, "forecast": 130}, {"burn": 1.1, "forecast": 130}
    budget = replace(SHOP, forecast_thresholds=())
    history = after([fast] * 10, budget=budget)
    assert history.fired_at() == [3]
    history = after([*[fast] * 3, slow, *[fast] * 8], budget=budget)
    # Told at the 3rd look, slowed at the 4th; fast for the third time at the 7th, a week after the 3rd at the 10th.
    assert (history.fired_at(), history.resolved_at()) == ([3, 10], [4])


def test_a_budget_of_nothing_tells_of_any_spend_once() -> None:
    budget = replace(SHOP, amount=Decimal(0))
    history = after([{"actual": 0}, {"actual": 0.001}, {"actual": 5}], budget=budget)
    assert [told(decision.events) for decision in history.decisions] == [[], [("actual", "any")], []]


def test_a_closed_period_sends_nothing() -> None:
    late = datetime(2026, 11, 11, tzinfo=NOON.tzinfo)
    assert decide(SHOP, status_of(SHOP, actual=130, watermark="w"), [], [], now=late) == Decision()


def test_a_bill_that_comes_after_the_end_is_still_told_but_no_forecast_is() -> None:
    history = History(now=datetime(2026, 11, 1, 1, tzinfo=NOON.tzinfo))
    history.look(actual=99, forecast=101)
    assert told(history.look(actual=101, forecast=103).events) == [("actual", "100")]
    assert "forecast" not in {event.kind for event in history.events}


def test_at_the_end_of_the_period_what_is_open_is_resolved() -> None:
    history = after([{"actual": 121}, {"actual": 122}])
    [event] = over_by_now(history.events[:1], today=END, now=history.now)
    assert (event.state, event.note) == ("resolved", "the period has ended")
    assert over_by_now(history.events[:1], today=date(2026, 10, 31), now=history.now) == []
    history.now = datetime(2026, 11, 1, tzinfo=NOON.tzinfo)
    assert [event.threshold for event in history.look(actual=123).resolutions] == ["120", "100", "80", "50"]
    assert history.look(actual=124).resolutions == ()


def test_the_facts_of_an_event_are_text_without_a_lost_digit() -> None:
    exact = status_of(SHOP, actual=81, watermark="w", actual_known=Decimal("810.123456789012"))
    [event] = decide(SHOP, exact, [], [], now=NOON, facts={"report": "outputs/x"}).events
    assert (event.facts["actual"], event.facts["amount"], event.facts["report"]) == (
        "810.123456789012",
        "1000",
        "outputs/x",
    )
    assert event.dedup_key == f"bgt:shop:{START}:actual:80"


looks = st.lists(
    st.fixed_dictionaries(
        {
            "actual": st.sampled_from([0, 49, 50, 79, 80, 99, 100, 121, 60]),
            "forecast": st.sampled_from([None, 80, 94, 95, 96, 100, 101, 130]),
            "burn": st.sampled_from([None, 0.5, 1.1, 1.3, 1.6]),
            "standing": st.sampled_from(["on_track", "on_track", "stale"]),
        }
    ),
    max_size=25,
)


@given(looks=looks, hours=st.sampled_from([1, 6, 24, 30]))
def test_the_same_look_again_adds_nothing(looks: list[dict[str, object]], hours: int) -> None:
    history = History(apart=timedelta(hours=hours))
    for look in looks:
        history.look(**look)
        # As a second run that looks at the same moment, and finds what the first one has entered.
        *earlier, status = history.statuses
        assert decide(SHOP, status, earlier, history.events, now=history.now) == Decision()
        assert decide(SHOP, status, history.statuses, history.events, now=history.now) == Decision()


@given(looks=looks)
def test_no_two_events_share_their_key_and_limits_hold(looks: list[dict[str, object]]) -> None:
    history = after(looks, apart=timedelta(hours=9))
    keys = [event.key for event in history.events]
    assert len(keys) == len(set(keys))
    actual = [event.threshold for event in history.events if event.kind == "actual"]
    assert len(actual) == len(set(actual))
    assert sum(event.kind == "forecast" for event in history.events) <= 3


def test_a_silent_source_is_told_once_and_is_over_when_it_delivers() -> None:
    since = datetime(2026, 10, 1, 6, tzinfo=NOON.tzinfo)
    first = decide_stale({"aws-payer": since}, [], now=NOON)
    [event] = first.events
    assert (event.subject, event.value, event.owner) == ("aws-payer", 54.0, "operators")
    assert decide_stale({"aws-payer": since}, [event], now=NOON + timedelta(days=3)) == Decision()
    [over] = decide_stale({}, [event], now=NOON).resolutions
    assert (over.state, over.note) == ("resolved", "delivers again")
    # Silent again later is another silence.
    later = {"aws-payer": since + timedelta(days=9)}
    assert len(decide_stale(later, [over], now=NOON + timedelta(days=12)).events) == 1


@pytest.mark.parametrize("percent", [49.9, 0, -20])
def test_what_is_below_every_threshold_is_not_told(percent: float) -> None:
    assert History().look(actual=percent) == Decision()
