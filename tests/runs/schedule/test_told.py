"""A slot that failed for good or was missed is told to its owner once, in the transaction that ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops_lib.errors import QualityError
from finops_lib.recurrence import Recurrence
from finops_lib.runs.deliver import deliver
from finops_lib.runs.failures import enqueue_failed_slot
from finops_lib.runs.opened import opened_state
from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.judge import LedgerJudge
from finops_lib.settings import Settings, load_settings
from finops_lib.state.open import State
from finops_lib.state.outbox import OutboxRecord, list_outbox
from finops_lib.state.slots import Slot
from tests.runs.made_run import made_run
from tests.runs.schedule.simulated import World

START = datetime(2026, 10, 3, 12, 30, tzinfo=UTC)
WORKBENCH = """
channels:
  post: {kind: mail, options: {host: 127.0.0.1, port: 9, tls: none, sender: finops@example.org, timeout_s: 0.2}}
recipients:
  - {name: operators, address: ops@example.org}
  - {name: ann, address: ann@example.org}
"""


@pytest.fixture
def office(settings: Settings) -> Settings:
    settings.workbench_file.parent.mkdir(parents=True, exist_ok=True)
    settings.workbench_file.write_text(WORKBENCH, encoding="utf-8")
    return load_settings()


def job(name: str, *command: str, **values: Any) -> Job:
    return Job(name, command or ("build",), Recurrence.parse("0 * * * *"), **values)


def told(state: State, office: Settings, *jobs: Job, ended: Ended | None, hours: int = 1) -> list[OutboxRecord]:
    """Let schedulers with these jobs work for some hours, each slot ending alike; give what is in the outbox."""
    world = World(START, fails=lambda due, now: ended)
    schedule = Schedule({one.name: one for one in jobs}, parallel=4)
    scheduler = world.scheduler(schedule, state, LedgerJudge(state, office))
    world.pass_time(scheduler, until=START + timedelta(hours=hours))
    return list_outbox(state)


def test_the_owner_of_a_failed_slot_is_told_what_happened(state: State, office: Settings) -> None:
    [one] = told(state, office, job("fetch", "collect", owner="ann"), ended=Ended(3, False, "bill.csv: row 7 is wrong"))
    assert (one.message.channel, one.message.target, one.standing) == ("post", "ann@example.org", "waiting")
    assert one.message.payload["subject_line"] == "[FAILED] fetch failed: 2026-10-03 13:00 UTC"
    assert one.message.payload["sentence"] == "bill.csv: row 7 is wrong"
    assert ["Tries", "1"] in one.message.payload["figures"]


def test_a_failure_that_nobody_owns_is_the_operators(state: State, office: Settings) -> None:
    [one] = told(state, office, job("fetch", owner="left-the-company"), ended=Ended(1, False, "no"))
    assert one.message.target == "ops@example.org"


def test_what_is_tried_again_is_told_when_it_is_given_up(state: State, office: Settings) -> None:
    retried = job("fetch", owner="ann", retries={"SourceError": 2}, first_wait=timedelta(minutes=2))
    [one] = told(state, office, retried, ended=Ended(4, False, "no answer"))
    assert ["Tries", "3"] in one.message.payload["figures"]


def test_each_slot_is_told_once_and_success_never(state: State, office: Settings) -> None:
    # Slots at 13:00 and 14:00 end within these hours; a second scheduler finds nothing left to tell.
    found = told(state, office, job("fetch", owner="ann"), ended=Ended(1, False, "no"), hours=2)
    assert len(found) == 2
    assert told(state, office, job("fetch", owner="ann"), ended=None, hours=2) == found


def test_that_messages_cannot_be_sent_is_no_message(state: State, office: Settings) -> None:
    assert told(state, office, job("post", "alerts", "deliver", owner="ann"), ended=Ended(4, False, "no")) == []


def test_what_waited_in_vain_is_told_as_missed(state: State, office: Settings) -> None:
    waiting = job("page", after=("fetch",), wait_at_most=timedelta(minutes=20), owner="ann")
    found = told(state, office, job("fetch", owner="operators"), waiting, ended=Ended(1, False, "no"))
    said = {one.message.target: one.message.payload["title"] for one in found}
    assert said["ann@example.org"] == "page was missed: 2026-10-03 13:00 UTC"


def test_a_report_that_is_held_back_is_told_of_once_by_run_and_slot(state: State, office: Settings) -> None:
    run = made_run(office, checks_failed="the sums differ", trigger="schedule daily 2026-10-03T13:00Z")
    with pytest.raises(QualityError):
        deliver(office, run.run_id)
    slot = Slot("daily", START + timedelta(minutes=30), "FAILED", why="on time", error="the sums differ")
    with opened_state(office) as own, own.write() as session:
        enqueue_failed_slot(office, session, job("daily"), slot, run, at=START)
    with opened_state(office) as own:
        [one] = list_outbox(own)
    assert one.message.payload["title"] == "Overview was not sent: the sums differ"
