"""A status, its alerts and their messages are written together, once, by whoever comes first; or not at all."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.state.alerts import list_events
from finops_lib.state.audit import list_lines, verify
from finops_lib.state.budget_status import status_history
from finops_lib.state.evaluation import Decision, record_evaluation
from finops_lib.state.models import AlertEventRow, AuditRow, BudgetStatusRow, OutboxRow
from finops_lib.state.open import State, open_state
from finops_lib.state.outbox import list_outbox
from tests.lake.crowd import forkserver, started
from tests.state.conftest import MAY, NOON, on_every_state, status

# What a status leads to in these tests: as many events, with a message each.
_EVENTS = 20


def event(number: int, *, watermark: str) -> AlertEvent:
    return AlertEvent(
        event_id=f"{watermark}-{number}",
        subject="web",
        period_start=MAY,
        kind="actual",
        threshold=str(number),
        occurrence=1,
        value=99.5,
        state="firing",
        owner="tom",
        scope="team = 'web'",
        created_at=NOON,
        facts={"watermark": watermark},
    )


def message(about: AlertEvent) -> Outgoing:
    words = {"text": "web is at 80 %"}
    return Outgoing(f"m-{about.event_id}", (about.event_id,), "trigger", "slack", "", words, NOON)


def many(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
    new = tuple(event(number, watermark=status.watermark) for number in range(_EVENTS))
    return Decision(new_events=new, messages=tuple(map(message, new)))


def quiet(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
    return Decision()


def record(state: State, watermark: str, decide: Any = many) -> Any:
    return record_evaluation(state, status(watermark), decide=decide, at=NOON, who="ines", run_id="r1", snapshot=7)


def counts(state: State) -> tuple[int, int, int, int]:
    with state.read() as session:
        tables = (BudgetStatusRow, AlertEventRow, OutboxRow, AuditRow)
        found = [session.scalar(select(func.count()).select_from(table)) for table in tables]
    return tuple(map(int, found))  # type: ignore[return-value,arg-type]  # count gives a number


@on_every_state
def test_a_new_status_is_written_with_its_events_messages_and_audit_lines(state: State) -> None:
    recorded = record(state, "a")
    assert (recorded.is_new, len(recorded.new_events), recorded.messages) == (True, _EVENTS, _EVENTS)
    assert counts(state) == (1, _EVENTS, _EVENTS, _EVENTS)
    line = list_lines(state)[0]
    assert (line.who, line.action, line.object, line.run_id) == ("ines", "alert", "budget:web", "r1")
    assert line.details["watermark"] == "a"


@on_every_state
def test_the_same_watermark_again_writes_nothing_and_decides_nothing(state: State) -> None:
    record(state, "a")
    before = counts(state)
    again = record(state, "a", decide=lambda *_: pytest.fail("nothing is to be decided"))
    assert (again.is_new, again.new_events, counts(state)) == (False, (), before)


def test_the_decision_is_told_what_was_before(state: State) -> None:
    seen: list[tuple[list[str], list[str]]] = []

    def look(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        seen.append(([one.watermark for one in earlier], [one.threshold for one in events]))
        return Decision(new_events=(event(len(earlier), watermark="same"),))

    for watermark in ("a", "b", "c"):
        record(state, watermark, look)
    assert seen == [([], []), (["a"], ["0"]), (["a", "b"], ["0", "1"])]


@on_every_state
def test_what_was_entered_before_is_not_told_again(state: State) -> None:
    def same(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        one = event(1, watermark="same")
        return Decision(new_events=(one,), messages=(message(one),))

    assert [len(record(state, watermark, same).new_events) for watermark in ("a", "b")] == [1, 0]
    assert counts(state) == (2, 1, 1, 1)


def test_an_event_that_is_over_is_resolved_once(state: State) -> None:
    from dataclasses import replace

    record(state, "a", lambda *_: Decision(new_events=(event(1, watermark="a"),)))

    def over(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        done = tuple(replace(one, state="resolved", resolved_at=NOON, resolved_by="finops") for one in events)
        return Decision(resolved=done)

    assert [len(record(state, watermark, over).resolved) for watermark in ("b", "c")] == [1, 0]
    [kept] = list_events(state)
    assert (kept.state, kept.resolved_by) == ("resolved", "finops")
    assert [line.action for line in list_lines(state)] == ["alert", "resolve alert"]


@on_every_state
def test_a_decision_that_fails_leaves_nothing(state: State) -> None:
    def broken(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        record(state, "a", broken)
    assert counts(state) == (0, 0, 0, 0)
    assert record(state, "a", quiet).is_new


def _race(url: str, start: float, watermarks: Sequence[str], said: Any) -> None:
    state = open_state(url)
    while time.time() < start:
        time.sleep(0.001)
    won = []
    for watermark in watermarks:
        won += [watermark] if record(state, watermark).is_new else []
    said.put(won)
    state.close()


@pytest.mark.slow
@on_every_state
def test_of_processes_at_the_same_moment_exactly_one_writes_each_status(state: State, state_url: str) -> None:
    crowd, said = 4, forkserver().SimpleQueue()
    for watermark in ("a", "b", "c"):
        start = time.time() + 1.0
        processes = [started(_race, state_url, start, [watermark], said) for _ in range(crowd)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * crowd
        assert sorted(said.get() for _ in range(crowd)) == [[]] * (crowd - 1) + [[watermark]]
    # Threshold 0 to 19 fired at the first watermark; the key lets none of them fire again.
    assert counts(state) == (3, _EVENTS, _EVENTS, _EVENTS)
    assert verify(state).broken_at is None


def _evaluate_on_and_on(url: str, said: Any) -> None:
    state = open_state(url)
    said.put(True)
    for number in range(10_000):
        watermark = f"{random.random()}-{number}"

        def fresh(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
            new = tuple(event(len(events) + one, watermark=status.watermark) for one in range(_EVENTS))
            return Decision(new_events=new, messages=tuple(map(message, new)))

        record(state, watermark, fresh)


@pytest.mark.slow
@on_every_state
def test_killed_at_any_moment_all_of_a_status_is_there_or_nothing(state: State, state_url: str) -> None:
    chance = random.Random(5)
    for _ in range(6):
        said = forkserver().SimpleQueue()
        process = started(_evaluate_on_and_on, state_url, said)
        said.get()
        process.join(chance.uniform(0.05, 0.4))
        process.kill()
        process.join()
        _wait_for_the_dead(state)
        statuses, events, messages, lines = counts(state)
        assert events == messages == lines == statuses * _EVENTS
        assert verify(state).broken_at is None
    assert statuses > 0
    [newest] = status_history(state, "web")
    assert newest.number == statuses
    assert {record.standing for record in list_outbox(state)} == {"waiting"}


def _wait_for_the_dead(state: State) -> None:
    """A server may still be busy with the last statement of a client that is gone."""
    with state.write() as session:
        from finops_lib.state.audit import take_turn

        take_turn(session)


def test_the_amounts_are_readable_by_any_program_that_reads_the_file(state: State, state_url: str) -> None:
    record(state, "a", quiet)
    with closing(sqlite3.connect(state_url.removeprefix("sqlite:///"))) as con:
        [row] = con.execute("select amount, actual, data_through, on_track from budget_status").fetchall()
    assert (Decimal(row[0]), Decimal(row[1]), date.fromisoformat(row[2]), row[3]) == (
        Decimal("1000.10"),
        Decimal("512.123456789012"),
        date(2026, 5, 18),
        1,
    )
