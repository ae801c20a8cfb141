"""The scheduler: every slot once, in order, whatever dies, sleeps or runs twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.service import Judge
from finops_lib.state.open import State
from finops_lib.state.slots import Also, Slot, slots_of
from tests.runs.schedule.simulated import World
from tests.state.conftest import on_every_state

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AWAY = Ended(4, timed_out=False, said="aws does not answer")


def job(name: str, cron: str = "0 * * * *", **values: Any) -> Job:
    return Job(name, (name,), Recurrence.parse(cron, values.pop("timezone", "UTC")), **values)


def schedule(*jobs: Job, parallel: int = 4) -> Schedule:
    return Schedule({one.name: one for one in jobs}, parallel)


def statuses(state: State, name: str) -> dict[str, str]:
    return {f"{one.slot:%d %H:%M}": one.status for one in reversed(slots_of(state, job=name))}


def test_what_was_due_before_the_first_start_is_nobodys_debt(state: State) -> None:
    world = World(MONDAY + 30 * MINUTE)
    world.pass_time(world.scheduler(schedule(job("hourly", catch_up="each")), state), until=MONDAY + HOUR + 50 * MINUTE)
    assert dict(world.done) == {("hourly", MONDAY + HOUR): 1}


@on_every_state
def test_each_missed_slot_is_caught_up_the_oldest_first(state: State) -> None:
    plan, world = schedule(job("hourly", catch_up="each")), World(MONDAY)
    first = world.scheduler(plan, state)
    world.pass_time(first, until=MONDAY + HOUR + 5 * MINUTE)
    world.kill(first)
    world.now = MONDAY + 4 * HOUR + 30 * MINUTE
    world.pass_time(world.scheduler(plan, state), until=MONDAY + 4 * HOUR + 50 * MINUTE)
    # 1 h was run; 2, 3 and 4 h were missed.
    assert world.order == [("hourly", MONDAY + n * HOUR) for n in (1, 2, 3, 4)]
    assert [one.why for one in reversed(slots_of(state))] == ["on time", "caught up", "caught up", "caught up"]


def test_the_newest_covers_the_missed_ones(state: State) -> None:
    plan, world = schedule(job("hourly", catch_up="latest")), World(MONDAY)
    first = world.scheduler(plan, state)
    world.pass_time(first, until=MONDAY + 10 * MINUTE)
    world.kill(first)
    world.now = MONDAY + 3 * HOUR + 30 * MINUTE
    world.pass_time(world.scheduler(plan, state), until=MONDAY + 3 * HOUR + 40 * MINUTE)
    assert statuses(state, "hourly") == {"02 01:00": "COVERED", "02 02:00": "COVERED", "02 03:00": "SUCCEEDED"}
    [covered, *_] = [one for one in slots_of(state) if one.status == "COVERED"]
    assert covered.error == "the slot of 2026-11-02 03:00 UTC covers it"


def test_what_is_not_caught_up_is_said_to_be_missed(state: State) -> None:
    plan, world = schedule(job("hourly", catch_up="none")), World(MONDAY)
    world.scheduler(plan, state).tick(world.now)
    world.now = MONDAY + 2 * HOUR + 30 * MINUTE
    world.pass_time(world.scheduler(plan, state), until=MONDAY + 3 * HOUR + 10 * MINUTE)
    assert statuses(state, "hourly") == {"02 01:00": "MISSED", "02 02:00": "MISSED", "02 03:00": "SUCCEEDED"}


@on_every_state
def test_two_schedulers_take_each_slot_once(state: State) -> None:
    plan, world = schedule(job("a"), job("b", "*/20 * * * *", catch_up="each")), World(MONDAY)
    world.pass_time(world.scheduler(plan, state), world.scheduler(plan, state), until=MONDAY + 6 * HOUR + 10 * MINUTE)
    assert set(world.started.values()) == {1}
    # b is due at 20, 40 and 60 minutes of six hours, and at 6 h; a at each full hour.
    assert (sum(name == "a" for name, _ in world.done), sum(name == "b" for name, _ in world.done)) == (6, 18)


@on_every_state
def test_a_slot_whose_scheduler_was_killed_is_taken_again(state: State) -> None:
    plan, world = schedule(job("hourly")), World(MONDAY, takes=lambda due: 10 * MINUTE)
    first = world.scheduler(plan, state)
    world.pass_time(first, until=MONDAY + HOUR + 5 * MINUTE)
    assert statuses(state, "hourly") == {"02 01:00": "RUNNING"}
    world.kill(first)
    world.pass_time(world.scheduler(plan, state), until=MONDAY + HOUR + 20 * MINUTE)
    assert dict(world.done) == {("hourly", MONDAY + HOUR): 1}
    [one] = slots_of(state)
    assert (one.status, one.attempts) == ("SUCCEEDED", 2)


def test_a_slot_under_which_every_scheduler_dies_fails_in_the_end(state: State) -> None:
    plan, world = schedule(job("deadly")), World(MONDAY, takes=lambda due: 10 * MINUTE)
    world.scheduler(plan, state).tick(world.now)
    for n in range(7):
        scheduler = world.scheduler(plan, state)
        world.pass_time(scheduler, until=MONDAY + HOUR + (2 * n + 1) * MINUTE)
        world.kill(scheduler)
    [one] = slots_of(state)
    assert (one.status, one.attempts) == ("FAILED", 5)
    assert "was gone after" in one.error


def test_its_owner_is_told_of_a_slot_that_failed_with_its_scheduler(state: State) -> None:
    told: list[tuple[str, str]] = []

    class Telling(Judge):
        def told(self, job: Job, slot: Slot, *, at: datetime) -> Also:
            return lambda session: told.append((job.name, slot.status))

    plan, world = schedule(job("deadly")), World(MONDAY, takes=lambda due: 10 * MINUTE)
    ended = world.scheduler(plan, state).tick(world.now)
    for n in range(7):
        scheduler = world.scheduler(plan, state, Telling())
        ended += world.pass_time(scheduler, until=MONDAY + HOUR + (2 * n + 1) * MINUTE)
        world.kill(scheduler)
    assert told == [("deadly", "FAILED")]
    assert [(one.job, one.status) for one in ended] == told


def test_tries_that_a_job_allows_are_no_deaths_of_schedulers(state: State) -> None:
    one = job("collect", "0 2 * * *", retries={"SourceError": 6})
    tries = iter([AWAY] * 5)
    world = World(MONDAY, takes=lambda due: 4 * MINUTE, fails=lambda due, now: next(tries, None))
    first = world.scheduler(schedule(one), state)
    # The waits are 1, 2, 4, 8 and 16 minutes, each try takes 4 or 5: the sixth begins at about 2:55.
    world.pass_time(first, until=MONDAY + 4 * HOUR, stop=lambda: world.started["collect", MONDAY + 2 * HOUR] == 6)
    world.kill(first)
    world.pass_time(world.scheduler(schedule(one), state), until=MONDAY + 4 * HOUR)
    assert [(one.status, one.attempts) for one in slots_of(state)] == [("SUCCEEDED", 7)]


def test_a_stopped_scheduler_leaves_its_slot_to_the_next(state: State) -> None:
    plan, world = schedule(job("hourly")), World(MONDAY, takes=lambda due: 10 * MINUTE)
    first = world.scheduler(plan, state)
    world.pass_time(first, until=MONDAY + HOUR + 5 * MINUTE)
    first.stop(world.now)
    assert statuses(state, "hourly") == {"02 01:00": "WAITING"}
    world.pass_time(world.scheduler(plan, state), until=MONDAY + HOUR + 20 * MINUTE)
    assert statuses(state, "hourly") == {"02 01:00": "SUCCEEDED"}


def test_a_job_waits_for_the_one_whose_data_it_reads(state: State) -> None:
    collect, detect = job("collect", "0 2 * * *"), job("detect", "0 2 * * *", after=("collect",))
    world = World(MONDAY, takes=lambda due: 20 * MINUTE if due.job.name == "collect" else MINUTE)
    scheduler = world.scheduler(schedule(collect, detect), state)
    world.pass_time(scheduler, until=MONDAY + 2 * HOUR + 10 * MINUTE)
    assert scheduler.waiting == {("detect", MONDAY + 2 * HOUR): ("collect",)}
    world.pass_time(scheduler, until=MONDAY + 3 * HOUR)
    assert world.order == [("collect", MONDAY + 2 * HOUR), ("detect", MONDAY + 2 * HOUR)]


def test_waiting_for_what_never_succeeds_ends(state: State) -> None:
    collect = job("collect", "0 2 * * *")
    detect = job("detect", "0 2 * * *", after=("collect",), wait_at_most=2 * HOUR)
    world = World(MONDAY, fails=lambda due, now: AWAY if due.job.name == "collect" else None)
    world.pass_time(world.scheduler(schedule(collect, detect), state), until=MONDAY + 5 * HOUR)
    assert statuses(state, "collect") == {"02 02:00": "FAILED"}
    [missed] = slots_of(state, job="detect")
    assert (missed.status, missed.error) == ("MISSED", "waited 2 h for collect, which did not succeed")


def test_a_later_success_of_what_it_waits_for_will_do(state: State) -> None:
    collect = job("collect", "0 */6 * * *")
    detect = job("detect", "0 2 * * *", after=("collect",), wait_at_most=12 * HOUR)
    world = World(MONDAY - HOUR, fails=lambda due, now: AWAY if due.slot == MONDAY else None)
    world.pass_time(world.scheduler(schedule(collect, detect), state), until=MONDAY + 7 * HOUR)
    # The collection at midnight fails for good, that at six does not.
    assert world.order == [("collect", MONDAY + 6 * HOUR), ("detect", MONDAY + 2 * HOUR)]


def test_it_is_tried_again_later_and_later_by_the_class_of_error(state: State) -> None:
    tries: list[datetime] = []

    def fails(due: Due, now: datetime) -> Ended | None:
        tries.append(now)
        return AWAY if len(tries) < 4 else None

    one = job("collect", "0 2 * * *", retries={"SourceError": 3}, first_wait=5 * MINUTE)
    world = World(MONDAY, fails=fails)
    world.pass_time(world.scheduler(schedule(one), state), until=MONDAY + 4 * HOUR)
    # Each try takes a minute; the waits are 5, 10 and 20 minutes.
    assert [int((at - tries[0]) / MINUTE) for at in tries] == [0, 6, 17, 38]
    assert statuses(state, "collect") == {"02 02:00": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("ended", "error"),
    [
        (Ended(2, timed_out=False, said="no such account"), "no such account"),
        (Ended(1, timed_out=False, said="a check failed"), "a check failed"),
        (Ended(-9, timed_out=False, said=""), "its process was killed by signal 9"),
        (Ended(-15, timed_out=True, said=""), "it did not end within its limit of time"),
    ],
)
def test_what_will_be_wrong_again_is_not_tried_again(state: State, ended: Ended, error: str) -> None:
    world = World(MONDAY, fails=lambda due, now: ended)
    one = job("collect", "0 2 * * *", retries={"SourceError": 3})
    world.pass_time(world.scheduler(schedule(one), state), until=MONDAY + 4 * HOUR)
    [failed] = slots_of(state)
    assert (failed.status, failed.error, failed.attempts) == ("FAILED", error, 1)


def test_no_more_run_at_once_than_allowed(state: State) -> None:
    jobs = [job(f"j{n}") for n in range(6)]
    world = World(MONDAY, takes=lambda due: 3 * MINUTE)
    world.pass_time(world.scheduler(schedule(*jobs, parallel=2), state), until=MONDAY + HOUR + 15 * MINUTE)
    assert (world.most_at_once, len(world.done)) == (2, 6)


def test_a_long_slot_does_not_overlap_the_next_of_its_job(state: State) -> None:
    world = World(MONDAY, takes=lambda due: 90 * MINUTE)
    one = job("slow", catch_up="each")
    world.pass_time(world.scheduler(schedule(one), state), until=MONDAY + 6 * HOUR)
    # `simulated` itself fails when a job runs beside itself. 1 h..2:30, 2 h at 2:31..4:01, 3 h at 4:02..5:32.
    assert [slot for _, slot in world.order] == [MONDAY + n * HOUR for n in (1, 2, 3)]


def test_both_days_on_which_clocks_change(state: State) -> None:
    days = {}
    for start in (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 10, 23, 12, tzinfo=UTC)):
        # A job of its own each, or the second start would have seven months to catch up.
        line = "30 2 * * *"
        one = job(f"daily-{start:%m}", line, timezone="Europe/Berlin", catch_up="each", days_before=1)
        plan = schedule(one)
        world = World(start)
        scheduler = world.scheduler(plan, state)
        world.pass_time(scheduler, until=start + 4 * DAY, step=30 * MINUTE)
        days[start] = [one.as_of(slot) for _, slot in world.order if slot > start]
    assert days == {
        datetime(2026, 3, 27, 12, tzinfo=UTC): ["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"],
        datetime(2026, 10, 23, 12, tzinfo=UTC): ["2026-10-23", "2026-10-24", "2026-10-25", "2026-10-26"],
    }


@on_every_state
def test_a_slot_that_is_taken_from_a_silent_machine_is_not_closed_by_it(state: State) -> None:
    plan, world = schedule(job("hourly")), World(MONDAY, takes=lambda due: 10 * MINUTE)
    first, second = world.scheduler(plan, state), world.scheduler(plan, state)
    world.pass_time(first, until=MONDAY + HOUR + 2 * MINUTE)
    world.alive.discard(first.worker.pid)
    world.at_work["hourly"] = 0
    world.pass_time(second, until=MONDAY + HOUR + 4 * MINUTE)
    world.pass_time(first, second, until=MONDAY + HOUR + 40 * MINUTE)
    held: Mapping[str, Slot] = {f"{one.slot:%H}": one for one in slots_of(state)}
    assert (held["01"].status, held["01"].pid) == ("SUCCEEDED", second.worker.pid)
