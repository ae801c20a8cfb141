"""Anomalies in the state: a run's findings in one transaction, people's words, and nothing written twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.state import audit
from finops_lib.state.alerts import list_events
from finops_lib.state.anomalies import Recorded, get_anomaly, list_anomalies, record_anomalies, waited_hours
from finops_lib.state.anomaly_words import (
    acknowledge_anomaly,
    expect_anomaly,
    reopen_anomaly,
    resolve_anomaly,
)
from finops_lib.state.evaluation import Decision
from finops_lib.state.open import State
from finops_lib.state.outbox import list_outbox
from finops_lib.state.planned_changes import add_planned, list_planned
from tests.analyses.anomalies.judgements import anomaly
from tests.state.conftest import NOON, on_every_state

pytestmark = on_every_state
A1 = replace(anomaly(expected=300.1234567, actual=600.5, impact=300.3765433), anomaly_id="a1b2")


def nothing(now: Sequence[Anomaly], events: Sequence[AlertEvent]) -> Decision:
    return Decision()


def telling(now: Sequence[Anomaly], events: Sequence[AlertEvent]) -> Decision:
    """Tell of every anomaly that was not told."""
    told = {event.threshold for event in events}
    fresh = [
        AlertEvent(
            event_id=f"event-{one.anomaly_id}",
            subject=one.scope,
            period_start=one.start,
            kind="anomaly",
            threshold=one.anomaly_id,
            occurrence=1,
            value=one.impact,
            state="firing",
            owner=one.owner,
            scope=one.expression,
            created_at=NOON,
        )
        for one in now
        if one.anomaly_id not in told
    ]
    return Decision(tuple(fresh), (), tuple(message for event in fresh for message in say(event)))


def say(event: AlertEvent) -> list[Outgoing]:
    action = "resolve" if event.state == "resolved" else "acknowledge" if event.acknowledged_at else "trigger"
    return [Outgoing(f"{event.event_id}-{action}", (event.event_id,), action, "chat", "", {}, NOON)]  # type: ignore[arg-type]


def run(state: State, found: Sequence[Anomaly], gone: Sequence[str] = (), *, decide: object = nothing) -> Recorded:
    return record_anomalies(state, found, gone, decide=decide, at=NOON, who="cron")  # type: ignore[arg-type]


def actions(state: State, anomaly_id: str = "a1b2") -> list[str]:
    return [event.action for event in get_anomaly(state, anomaly_id)[1]]


def test_what_is_found_is_read_back_with_its_money_and_the_same_again_changes_nothing(state: State) -> None:
    assert run(state, [A1]).new == ("a1b2",)
    lines = audit.list_lines(state)
    assert run(state, [A1]) == Recorded()
    assert audit.list_lines(state) == lines
    [kept] = list_anomalies(state)
    # a statistic keeps six decimals
    assert kept == replace(A1, expected=300.123457, impact=300.376543)
    assert [(line.action, line.object) for line in lines] == [("anomaly found", "anomaly:a1b2")]


def test_an_episode_grows_closes_and_goes_on(state: State) -> None:
    run(state, [A1])
    grown = replace(A1, end=date(2026, 6, 14), impact=500.0)
    assert run(state, [grown]).changed == ("a1b2",)
    assert run(state, [replace(grown, is_over=True)]).closed == ("a1b2",)
    assert list_anomalies(state, only_open=True) == []
    assert run(state, [replace(grown, end=date(2026, 6, 16))]).changed == ("a1b2",)
    assert [one.status for one in list_anomalies(state, only_open=True)] == ["open"]
    assert actions(state) == ["found", "changed", "closed", "went on"]
    assert get_anomaly(state, "a1")[1][1].impact == Decimal(500)


def test_what_is_gone_is_withdrawn_and_comes_back_under_its_id(state: State) -> None:
    run(state, [A1])
    assert run(state, [], ["a1b2", "never there"]).withdrawn == ("a1b2",)
    assert run(state, [], ["a1b2"]) == Recorded()
    assert run(state, [A1]).new == ("a1b2",)
    assert actions(state) == ["found", "withdrawn", "found again"]
    assert get_anomaly(state, "a1b2")[0].status == "open"


def test_findings_and_alerts_are_one_transaction(state: State) -> None:
    def breaks(now: Sequence[Anomaly], events: Sequence[AlertEvent]) -> Decision:
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        run(state, [A1], decide=breaks)
    assert (list_anomalies(state), audit.list_lines(state)) == ([], [])
    done = run(state, [A1], decide=telling)
    assert [event.threshold for event in done.alerts] == ["a1b2"]
    assert [one.message.action for one in list_outbox(state)] == ["trigger"]
    assert run(state, [A1], decide=telling) == Recorded()


def test_a_run_changes_nothing_of_what_somebody_has_said(state: State) -> None:
    said = {
        "resolved": lambda: resolve_anomaly(state, "a1", cause="a test", at=NOON, who="ann", messages=say),
        "false_positive": lambda: resolve_anomaly(
            state, "a1", cause="", is_false_positive=True, at=NOON, who="ann", messages=say
        ),
        "expected": lambda: expect_anomaly(state, "a1", at=NOON, who="ann", messages=say),
    }
    run(state, [A1])
    for status, speak in said.items():
        assert speak().status == status
        run(state, [replace(A1, impact=900.0, is_over=True)])
        run(state, [], ["a1b2"])
        assert get_anomaly(state, "a1b2")[0].status == status
        reopen_anomaly(state, "a1", at=NOON, who="ann")
        assert get_anomaly(state, "a1b2")[0].status == "open"


def test_a_cause_that_somebody_gave_stays(state: State) -> None:
    run(state, [A1])
    resolve_anomaly(state, "a1b2", cause="a load test", note="stopped", at=NOON, who="ann", messages=say)
    run(state, [replace(A1, impact=400.0)])
    kept, events = get_anomaly(state, "a1b2")
    assert kept.cause == "a load test"
    assert [(one.who, one.action, one.cause, one.note) for one in events if one.who == "ann"] == [
        ("ann", "resolved", "a load test", "stopped")
    ]
    line = audit.list_lines(state, object="anomaly:a1b2")[-1]
    assert (line.action, line.who, line.details["cause"]) == ("anomaly resolved", "ann", "a load test")
    assert audit.verify(state).broken_at is None


def test_whoever_takes_note_or_explains_ends_the_alert(state: State) -> None:
    run(state, [A1], decide=telling)
    assert acknowledge_anomaly(state, "a1b2", at=NOON, who="ann", note="looking", messages=say).status == "acknowledged"
    [event] = list_events(state, kind="anomaly")
    assert (event.acknowledged_by, event.resolved_at) == ("ann", None)
    resolve_anomaly(state, "a1b2", cause="a test", at=NOON + timedelta(hours=1), who="bob", messages=say)
    [event] = list_events(state, kind="anomaly")
    assert (event.state, event.resolved_by, event.note) == ("resolved", "bob", "a test")
    assert sorted(one.message.action for one in list_outbox(state)) == ["acknowledge", "resolve", "trigger"]


def test_what_was_expected_is_a_planned_change_until_it_is_reopened(state: State) -> None:
    run(state, [A1])
    expect_anomaly(state, "a1b2", at=NOON, who="ann", note="the sale", messages=say)
    [planned] = list_planned(state)
    assert (planned.node, planned.day, planned.note, planned.created_by) == ("aws/1/A", A1.start, "the sale", "ann")
    reopen_anomaly(state, "a1b2", at=NOON, who="ann")
    assert list_planned(state) == []


def test_a_change_is_announced_and_its_note_can_be_replaced(state: State) -> None:
    for note in ("moves", "moves later"):
        add_planned(state, "aws/1/*", date(2026, 7, 1), note=note, at=NOON, who="ann")
    assert [one.note for one in list_planned(state)] == ["moves later"]
    assert [line.action for line in audit.list_lines(state, object="node:aws/1/*")] == ["plan change"] * 2


def test_what_makes_no_sense_is_refused_with_the_way_out(state: State) -> None:
    run(state, [A1, replace(A1, anomaly_id="a1c3", scope="aws/1/B")])
    with pytest.raises(ConfigError, match="several anomalies begin with 'a1'"):
        get_anomaly(state, "a1")
    with pytest.raises(ConfigError, match=r"there is no anomaly 'zz'.*finops anomalies list"):
        get_anomaly(state, "zz")
    with pytest.raises(ConfigError, match="is open already"):
        reopen_anomaly(state, "a1b2", at=NOON, who="ann")
    resolve_anomaly(state, "a1b2", cause="a test", at=NOON, who="ann", messages=say)
    with pytest.raises(ConfigError, match=r"is resolved already.*finops anomalies reopen a1b2"):
        expect_anomaly(state, "a1b2", at=NOON, who="ann", messages=say)
    with pytest.raises(ConfigError, match="is resolved already"):
        acknowledge_anomaly(state, "a1b2", at=NOON, who="ann", messages=say)


@pytest.mark.parametrize("change", ["update anomaly_event set who = 'x'", "delete from anomaly_event"])
def test_the_database_keeps_what_happened(state: State, change: str) -> None:
    run(state, [A1])
    with pytest.raises(DatabaseError, match="keeps what was written"), state.write() as session:
        session.execute(text(change))


def test_the_wait_for_a_first_word_is_told_of_what_got_one(state: State) -> None:
    run(state, [A1, replace(A1, anomaly_id="c3", scope="aws/1/B")])
    first = NOON + timedelta(hours=3)
    acknowledge_anomaly(state, "a1", at=first, who="ann", messages=say)
    resolve_anomaly(state, "a1", cause="a test", at=first + timedelta(days=2), who="ann", messages=say)
    assert waited_hours(state) == {"a1b2": 3.0}
