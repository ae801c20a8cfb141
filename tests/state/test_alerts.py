"""Alert events in the state: entered once, acknowledged and resolved by somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finops_lib.errors import ConfigError
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.state import alerts, audit, outbox
from finops_lib.state.open import State
from tests.state.conftest import on_every_state

pytestmark = on_every_state

NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)
EVENT = AlertEvent(
    event_id="abc123",
    subject="shop",
    period_start=date(2026, 10, 1),
    kind="actual",
    threshold="80",
    occurrence=1,
    value=80.5,
    state="firing",
    owner="ann@example.org",
    scope="team = 'shop'",
    created_at=NOON,
    facts={"amount": "1000.000000000001", "drivers": [{"label": "<b>"}]},
)


def message(event_id: str = "abc123", number: int = 1) -> Outgoing:
    return Outgoing(f"m{number}", (event_id,), "trigger", "chat", "", {}, NOON)


def nothing(event: AlertEvent) -> Sequence[Outgoing]:
    return []


def waiting(state: State) -> list[str]:
    return sorted(one.message.message_id for one in outbox.list_outbox(state))


def test_an_event_comes_back_as_it_was_entered(state: State) -> None:
    alerts.record(state, [EVENT], [], [message()], at=NOON, who="ann")
    assert alerts.get_event(state, "abc") == EVENT
    assert waiting(state) == ["m1"]


def test_the_second_of_two_runs_enters_nothing_and_sends_nothing(state: State) -> None:
    alerts.record(state, [EVENT], [], [message()], at=NOON, who="ann")
    # Found later, with another message: the key is taken all the same.
    alerts.record(
        state, [replace(EVENT, created_at=NOON + timedelta(hours=1))], [], [message(number=2)], at=NOON, who="ann"
    )
    assert alerts.list_events(state) == [EVENT]
    assert waiting(state) == ["m1"]


def test_an_event_is_resolved_once_and_told_once(state: State) -> None:
    alerts.record(state, [EVENT], [], [], at=NOON, who="ann")
    over = replace(EVENT, state="resolved", resolved_at=NOON, resolved_by="finops", note="back below")
    for number in (1, 2):
        alerts.record(state, [], [over], [message(number=number)], at=NOON, who="ann")
    assert (alerts.get_event(state, "abc123"), waiting(state)) == (over, ["m1"])


def test_a_transaction_that_fails_leaves_neither_event_nor_message(state: State) -> None:
    broken = replace(message(), payload={"x": object()})
    with pytest.raises(TypeError):
        alerts.record(state, [EVENT], [], [broken], at=NOON, who="ann")
    assert (alerts.list_events(state), waiting(state)) == ([], [])


def test_taking_note_says_who_and_when_and_happens_once(state: State) -> None:
    alerts.record(state, [EVENT], [], [], at=NOON, who="ann")
    noted = alerts.acknowledge_event(state, "abc", at=NOON, who="ann", note="known", messages=lambda event: [message()])
    assert (noted.acknowledged_at, noted.acknowledged_by, noted.note) == (NOON, "ann", "known")
    assert waiting(state) == ["m1"]
    with pytest.raises(ConfigError, match="abc123 was acknowledged on 2026-10-03 12:00 UTC by ann"):
        alerts.acknowledge_event(state, "abc", at=NOON, who="bob", messages=nothing)


def test_resolving_says_who_and_leaves_the_note_of_before(state: State) -> None:
    alerts.record(state, [EVENT], [], [], at=NOON, who="ann")
    alerts.acknowledge_event(state, "abc", at=NOON, who="ann", note="known", messages=nothing)
    over = alerts.resolve_event(state, "abc", at=NOON, who="bob", messages=lambda event: [message()])
    assert (over.state, over.resolved_by, over.note) == ("resolved", "bob", "known")
    with pytest.raises(ConfigError, match="was resolved"):
        alerts.resolve_event(state, "abc", at=NOON, who="bob", messages=nothing)
    with pytest.raises(ConfigError, match="was resolved"):
        alerts.acknowledge_event(state, "abc", at=NOON, who="bob", messages=nothing)


def test_open_is_what_was_told_and_is_not_resolved(state: State) -> None:
    quiet = replace(EVENT, event_id="q", threshold="50", state="superseded", superseded_by="abc123")
    over = replace(EVENT, event_id="o", threshold="100", state="resolved", resolved_at=NOON)
    alerts.record(state, [EVENT, quiet, over], [], [], at=NOON, who="ann")
    assert [event.event_id for event in alerts.list_events(state, only_open=True)] == ["abc123"]
    assert len(alerts.list_events(state, subject="shop", kind="actual")) == 3
    assert alerts.list_events(state, subject="web") == []


def test_each_word_about_an_event_is_a_line_of_the_audit_log(state: State) -> None:
    for who in ("schedule", "another run"):
        alerts.record(state, [EVENT], [], [], at=NOON, who=who)
    alerts.acknowledge_event(state, "abc", at=NOON, who="ann", note="known", messages=nothing)
    alerts.resolve_event(state, "abc", at=NOON, who="bob", messages=nothing)
    lines = audit.list_lines(state, object="budget:shop")
    assert [(line.who, line.action, line.details["note"]) for line in lines] == [
        ("schedule", "alert", ""),
        ("ann", "acknowledge alert", "known"),
        ("bob", "resolve alert", "known"),
    ]
    assert audit.verify(state).broken_at is None


@pytest.mark.parametrize("beginning", ["", "x", "%", "_"])
def test_what_is_not_the_beginning_of_an_id_finds_nothing(state: State, beginning: str) -> None:
    alerts.record(state, [EVENT], [], [], at=NOON, who="ann")
    with pytest.raises(ConfigError, match="there is no event"):
        alerts.get_event(state, beginning)
