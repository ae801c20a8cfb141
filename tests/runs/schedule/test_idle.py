"""A slot without anything to do: no process, the same ledger; whatever there may be to do has its process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.messages import Outgoing
from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.children import Child, Ended
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.idle import QUESTIONS, AskingLauncher, Idle, Look, of_the_outbox
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.service import Judge, Scheduler
from finops_lib.settings import Settings
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.outbox import Sender
from finops_lib.state.slots import Worker, slots_of
from tests.state.conftest import on_every_state

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ME = Sender("here", 1, 1.5)


@dataclass
class Processes:
    """Notes what a process would be started for; each ends well at once."""

    started: list[tuple[str, datetime]] = field(default_factory=list)

    def start(self, due: Due) -> Child:
        self.started.append((due.job.name, due.slot))
        return Idle("a process")


def job(*command: str) -> Job:
    return Job("outbox", command or ("alerts", "deliver"), Recurrence.parse("*/5 * * * *"), catch_up="none")


@pytest.fixture
def real() -> Processes:
    return Processes()


@pytest.fixture
def launcher(real: Processes, settings: Settings, state: State, tmp_path: Path) -> AskingLauncher:
    return AskingLauncher(real, {("alerts", "deliver"): of_the_outbox(settings, state)}, tmp_path / "logs")


def enqueue(state: State, not_before: datetime = NOON) -> None:
    message = Outgoing("m1", ("e1",), "trigger", "chat", "", {"title": "alert"}, not_before)
    with state.write() as session:
        outbox.enqueue(session, [message], at=NOON)


def lease(state: State) -> None:
    outbox.lease(state, ME, at=NOON, until=NOON + MINUTE, limit=1)
    outbox.begin(state, "m1", ME, at=NOON, until=NOON + MINUTE)


def fail(state: State, next_try: datetime | None) -> None:
    outbox.mark_failed(state, "m1", ME, at=NOON, error="no", next_try=next_try, is_unclear=False)


@on_every_state
def test_an_empty_outbox_starts_no_process_and_says_so(
    launcher: AskingLauncher, real: Processes, tmp_path: Path
) -> None:
    child = launcher.start(Due(job(), NOON, "on time"))
    assert child.poll() == Ended(0, timed_out=False, said="nothing to deliver")
    assert real.started == []
    assert (tmp_path / "logs" / "outbox" / "2026-11-02T1200Z.log").read_text() == "nothing to deliver\n"


def waits(state: State) -> None:
    enqueue(state)


def waits_for_its_hour(state: State) -> None:
    enqueue(state, not_before=NOON + timedelta(days=1))


def is_held_by_a_sender(state: State) -> None:
    enqueue(state)
    lease(state)


def is_to_be_tried_again(state: State) -> None:
    is_held_by_a_sender(state)
    fail(state, NOON + timedelta(hours=1))


@on_every_state
@pytest.mark.parametrize("message", [waits, waits_for_its_hour, is_held_by_a_sender, is_to_be_tried_again])
def test_a_message_that_is_not_sent_has_its_process(
    launcher: AskingLauncher, real: Processes, state: State, message: Callable[[State], None]
) -> None:
    message(state)
    launcher.start(Due(job(), NOON, "on time"))
    assert real.started == [("outbox", NOON)]


@on_every_state
@pytest.mark.parametrize("becomes", ["sent", "dead"])
def test_what_was_sent_and_dead_letters_are_nothing_to_deliver(
    launcher: AskingLauncher, real: Processes, state: State, becomes: str
) -> None:
    is_held_by_a_sender(state)
    if becomes == "sent":
        outbox.mark_sent(state, "m1", at=NOON, provider_ref="r")
    else:
        fail(state, None)
    assert [one.standing for one in outbox.list_outbox(state)] == [becomes]
    launcher.start(Due(job(), NOON, "on time"))
    assert real.started == []


def test_a_command_with_an_option_more_is_another_command(launcher: AskingLauncher, real: Processes) -> None:
    launcher.start(Due(job("alerts", "deliver", "--help"), NOON, "on time"))
    launcher.start(Due(job("collect"), NOON, "on time"))
    assert len(real.started) == 2


@dataclass(frozen=True)
class Over:
    """A process that has ended."""

    ended: Ended

    def start(self, due: Due) -> Child:
        return self

    def poll(self) -> Ended:
        return self.ended

    def stop(self) -> None:
        """Nothing runs."""


@pytest.mark.parametrize(
    ("ended", "is_done"),
    [(Ended(0, False, ""), True), (Ended(5, False, "locked"), False), (Ended(0, True, "stopped"), False)],
)
def test_only_a_process_that_ended_well_is_remembered(tmp_path: Path, ended: Ended, is_done: bool) -> None:
    done: list[str] = []
    look = Look(done=lambda: done.append("done"))
    launcher = AskingLauncher(Over(ended), {("budgets", "check"): lambda now: look}, tmp_path)
    assert launcher.start(Due(job("budgets", "check"), NOON, "on time")).poll() == ended
    assert bool(done) is is_done


def test_the_ledger_knows_a_slot_without_a_process_as_any_other(
    launcher: AskingLauncher, real: Processes, state: State
) -> None:
    schedule = Schedule({"outbox": job()}, parallel=1)
    worker = Worker("here", 1, 1.5)
    scheduler = Scheduler(
        schedule,
        state,
        worker,
        launcher,
        Judge(),
        is_alive=lambda pid, born: True,
        clean_up=lambda name, slot: None,
        awake_since=NOON,
    )
    # First seen at 12:00; a look each minute through 12:17 finds 12:05 and 12:10 empty and 12:15 with a message.
    for minute in range(18):
        if minute == 12:
            enqueue(state)
        scheduler.tick(NOON + minute * MINUTE)
    assert [(slot.slot, slot.status, slot.attempts, slot.exit_code) for slot in reversed(slots_of(state))] == [
        (NOON + number * 5 * MINUTE, "SUCCEEDED", 1, 0) for number in (1, 2, 3)
    ]
    assert real.started == [("outbox", NOON + 15 * MINUTE)]


def test_the_schedule_of_the_project_has_the_commands_that_are_asked_about() -> None:
    text = Path(__file__).parents[3].joinpath("scheduler", "schedule.yaml").read_text(encoding="utf-8")
    assert all(f"command: {' '.join(words)}\n" in text for words in QUESTIONS)
