"""A few troubled days of a schedule: every moment is accounted for, and nothing is done or told twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.state.open import State
from tests.runs.schedule.troubled import DAY, HOUR, Account, Month, Troubles, due_on_the_clock, midnight

pytestmark = pytest.mark.slow
BERLIN = "Europe/Berlin"
OFTEN = {"SourceError": 4, "LockError": 6}


def job(name: str, cron: str, **values: object) -> Job:
    command = ("run", name) if "notebook" in values else (name,)
    return replace(Job(name, command, Recurrence(cron, BERLIN)), **values)


# Those of scheduler/schedule.yaml that differ in kind.
SCHEDULE = Schedule(
    {
        "collect": job("collect", "10 */6 * * *", timeout=2 * HOUR, retries=OFTEN, first_wait=timedelta(minutes=2)),
        "budget-check": job("budget-check", "5 * * * *"),
        "anomalies": job("anomalies", "0 2 * * *", after=("collect",)),
        "overview": job(
            "overview",
            "0 6 * * *",
            notebook="overview",
            days_before=3,
            after=("collect",),
            wait_at_most=2 * DAY,
            catch_up="each",
        ),
    }
)


def through(state: State, first: date, days: int, troubles: Troubles) -> Account:
    start, end = midnight(first, BERLIN), midnight(first + days * DAY, BERLIN)
    return Month(SCHEDULE, state, troubles, start, end).run()


def at(*moment: int) -> datetime:
    return datetime(2026, *moment, tzinfo=UTC)


def test_three_days_without_power_are_caught_up_as_each_job_wants(state: State) -> None:
    troubles = Troubles(off=((at(3, 27, 9), at(3, 30, 9)),))
    account = through(state, date(2026, 3, 27), 4, troubles)
    rows = {row.job: row for row in account.rows}
    # The clock jumps on the 29th: three days of 24 hours and one of 23.
    assert rows["budget-check"].due == 95
    assert rows["overview"].days == 4
    assert all(row.is_kept for row in account.rows), account
    # Of the 27th 00:10 and 06:10, of the 30th 12:10 and 18:10 UTC+2; of those without power the newest.
    assert (rows["collect"].once, rows["collect"].covered) == (5, 11)
    assert (rows["anomalies"].once, rows["anomalies"].covered) == (2, 2)
    assert not account.reasons


def test_a_provider_that_is_away_for_a_day_is_told_once_for_each_time(state: State) -> None:
    account = through(state, date(2026, 10, 20), 3, Troubles(away=((at(10, 20, 22), at(10, 21, 22)),)))
    rows = {row.job: row for row in account.rows}
    assert all(row.is_kept for row in account.rows), account
    # Four times a day, each with its four further tries; the owner hears of each.
    assert (rows["collect"].failed, rows["collect"].attempts, rows["collect"].told) == (4, 4 * 5 + 8, 4)
    # What reads the newest bill says so after six hours; a day's report waits for it.
    assert account.reasons["anomalies", "waited 6 h for collect, which did not succeed"] == 1
    assert (rows["overview"].days, rows["overview"].missed) == (3, 0)


def test_crashes_and_two_schedulers_on_the_night_with_an_hour_more(state: State) -> None:
    hours = tuple(at(10, 24, 21, 50) + n * timedelta(minutes=47) for n in range(16))
    troubles = Troubles(crashes=hours[::2], unwritten=hours[1::2], doubled=((at(10, 25, 0), at(10, 25, 20)),))
    account = through(state, date(2026, 10, 25), 1, troubles)
    rows = {row.job: row for row in account.rows}
    assert account.kills >= 10
    assert account.unwritten > 0
    assert (rows["budget-check"].due, rows["collect"].due, rows["anomalies"].due) == (25, 4, 1)
    assert all(row.is_kept for row in account.rows), account
    # A bill through the 24th has passed 50 and 80 percent: two alerts, whoever checks.
    assert (rows["budget-check"].told, rows["overview"].told) == (2, 1)


@pytest.mark.parametrize(
    ("cron", "first", "count"),
    [
        ("30 2 * * *", date(2026, 3, 29), 1),
        ("30 2 * * *", date(2026, 10, 25), 1),
        ("5 * * * *", date(2026, 3, 29), 23),
        ("5 * * * *", date(2026, 10, 25), 25),
        ("10 */6 * * *", date(2026, 10, 25), 4),
        ("0 3 * * sun", date(2026, 10, 25), 1),
        ("0 3 * * mon", date(2026, 10, 25), 0),
    ],
)
def test_the_clock_on_the_wall_and_the_reader_of_cron_agree(cron: str, first: date, count: int) -> None:
    one = job("one", cron)
    start, end = midnight(first, BERLIN), midnight(first + DAY, BERLIN)
    assert due_on_the_clock(one, start, end) == len(one.recurrence.between(start, end)) == count
