"""Alerts about anomalies: once, again when the money has doubled, so many a week for one owner, and over when it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finops_lib.analyses.alerts.anomalies import decide_anomalies
from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.routing import DEFAULT_ROUTE, Directory, route
from finops_lib.findings import Anomaly
from finops_lib.messages import AlertEvent
from finops_lib.runs.alert_words import words_of
from tests.analyses.anomalies.judgements import anomaly

# A Friday.
NOW = datetime(2026, 6, 12, 8, tzinfo=UTC)
AS_OF = date(2026, 6, 12)


def some(anomaly_id: str = "a1", **changes: object) -> Anomaly:
    return replace(anomaly(**changes), anomaly_id=anomaly_id)


def decide(
    now: Sequence[Anomaly], events: Sequence[AlertEvent] = (), *, later: int = 0, alerts_per_week: int = 5
) -> Decision:
    moment = timedelta(days=later)
    return decide_anomalies(now, events, as_of=AS_OF + moment, now=NOW + moment, alerts_per_week=alerts_per_week)


def test_an_episode_is_told_once_with_its_money() -> None:
    [event] = decide([some()]).events
    assert (event.kind, event.threshold, event.subject, event.value, event.owner) == (
        "anomaly",
        "a1",
        "aws/1/A",
        300.0,
        "web",
    )
    assert event.scope == anomaly().expression
    assert decide([some()], [event]) == Decision()


def test_it_is_told_again_when_its_money_has_doubled_and_not_before() -> None:
    [first] = decide([some()]).events
    assert decide([some(impact=599.0)], [first]).events == ()
    [second] = decide([some(impact=600.0, start=date(2026, 6, 9))], [first]).events
    assert (second.occurrence, second.period_start, second.dedup_key) == (2, first.period_start, first.dedup_key)
    # twice what was told last
    assert decide([some(impact=1199.0)], [first, second]).events == ()
    assert len(decide([some(impact=1200.0)], [first, second]).events) == 1


def test_an_owner_is_told_of_the_largest_five_a_week_and_of_the_rest_in_the_next() -> None:
    many = [some(f"a{n}", impact=100.0 * n) for n in range(1, 8)]
    others = [some("b", owner="data", impact=1.0)]
    told = decide([*many, *others]).events
    assert [event.threshold for event in told] == ["a7", "a6", "a5", "a4", "a3", "b"]
    assert decide([*many, *others], told).events == ()
    # three days later it is Monday
    assert [event.threshold for event in decide(many, told, later=3).events] == ["a2", "a1"]
    assert decide(many, alerts_per_week=0).events == ()


@pytest.mark.parametrize(
    ("changes", "is_told"),
    [
        ({"status": "closed"}, True),
        ({"status": "acknowledged"}, False),
        ({"status": "withdrawn"}, False),
        ({"status": "expected"}, False),
        ({"status": "false_positive"}, False),
        ({"end": date(2026, 6, 5)}, True),
        ({"end": date(2026, 6, 4)}, False),
    ],
)
def test_only_news_is_told(changes: dict[str, object], is_told: bool) -> None:
    assert bool(decide([some(**changes)]).events) == is_told


@pytest.mark.parametrize("status", ["closed", "withdrawn", "resolved", "expected", "false_positive"])
def test_what_was_told_is_over_when_the_episode_is(status: str) -> None:
    [first] = decide([some()]).events
    [second] = decide([some(impact=700.0)], [first]).events
    over = decide([some(impact=700.0, status=status)], [first, second], later=3).resolutions
    assert [event.state for event in over] == ["resolved", "resolved"]
    # Told twice, taken back once.
    channels = Directory({"ops": "slack"}, {"default": DEFAULT_ROUTE})
    routed = route(Decision(resolutions=over), channels, now=NOW, words=words_of, may_read=lambda *_: True)
    assert [message.event_ids for message in routed.messages] == [(second.event_id,)]
    assert decide([some(status=status)], over, later=3) == Decision()


def test_what_is_over_when_it_is_told_is_told_once_and_wakes_nobody() -> None:
    decision = decide([some(status="closed", is_over=True)])
    [event], [over] = decision.events, decision.resolutions
    assert (over.event_id, over.state, over.resolved_at, over.superseded_by) == (event.event_id, "resolved", NOW, "")
    channels = Directory({"ops": "slack", "pager": "pagerduty"}, {"default": {"anomaly": ("slack", "pagerduty")}})
    routed = route(decision, channels, now=NOW, words=words_of, may_read=lambda *_: True)
    assert [(one.channel, one.action) for one in routed.messages] == [("ops", "trigger")]
    assert decide([some(status="closed", is_over=True)], [over], later=1) == Decision()
    # It goes on after all, and has doubled: that is news, and so is its end.
    [again] = decide([some(impact=700.0)], [over], later=1).events
    [end] = decide([some(impact=700.0, status="closed")], [over, again], later=2).resolutions
    assert (end.event_id, end.superseded_by) == (again.event_id, "")


def test_it_reaches_chat_and_owner_in_words_with_money_and_what_to_do() -> None:
    [event] = decide([some(cause="db-1 in eu: up 100 USD a day", owner="web@example.com")]).events
    channels = Directory({"chat": "slack", "post": "mail"}, {"default": DEFAULT_ROUTE})
    routed = route(Decision((event,)), channels, now=NOW, words=words_of, may_read=lambda *_: True)
    assert [(one.channel, one.target) for one in routed.messages] == [("chat", ""), ("post", "web@example.com")]
    words = routed.messages[0].payload
    assert words["title"].replace("\u00a0", " ") == "aws/1/A: 300 USD above the usual"
    assert words["sentence"].replace("\u00a0", " ") == (
        "It cost 600 USD since 10 Jun 2026, where 300 USD would be usual. db-1 in eu: up 100 USD a day."
    )
    assert words["acknowledge"] == "finops anomalies acknowledge a1"
    assert ["Investigate", "finops anomalies show a1"] in words["figures"]
