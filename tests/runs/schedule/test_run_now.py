"""What cron calls: everything a job owes, once, whoever calls; and slots of other days again."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError, LockError, RunError
from finops_lib.runs import clock
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.schedule.run_now import backfill, run_job
from finops_lib.settings import Settings
from finops_lib.state.open import open_state
from finops_lib.state.runs import list_runs
from finops_lib.state.slots import Worker, claim, register, slots_of
from tests.runs.conftest import MakeNotebook

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 5, 12, 0, 30, tzinfo=UTC)
SCHEDULE = """
jobs:
  story: {notebook: story, cron: "0 6 * * *", days_before: 2, catch_up: each}
  broken: {command: runs show nosuch, cron: "0 6 * * *"}
  away: {command: collect, cron: "0 6 * * *"}
"""


@pytest.fixture(autouse=True)
def project(settings: Settings, make_notebook: MakeNotebook, monkeypatch: pytest.MonkeyPatch) -> None:
    make_notebook("print(as_of)", parameters='as_of: str = ""  # last included day')
    (settings.project / "scheduler").mkdir()
    (settings.project / "scheduler" / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
    monkeypatch.setattr(clock, "now", lambda: NOW)


def quiet(line: str) -> None:
    """Say nothing."""


def runs_of(settings: Settings) -> list[tuple[str, str | None]]:
    with open_ledger(settings) as state:
        return [(run.trigger, run.as_of) for run in reversed(list_runs(state))]


def test_a_job_that_is_called_twice_runs_once(settings: Settings) -> None:
    [first] = run_job(settings, "story", say=quiet)
    assert (first.slot, first.status) == (datetime(2026, 11, 5, 6, tzinfo=UTC), "SUCCEEDED")
    assert run_job(settings, "story", say=quiet) == []
    # Two days before the slot's day.
    assert runs_of(settings) == [("schedule story 2026-11-05T06:00Z", "2026-11-03")]


def test_the_call_of_one_job_does_not_settle_the_others(settings: Settings) -> None:
    with pytest.raises(RunError):
        run_job(settings, "broken", say=quiet)
    assert [slot.status for slot in run_job(settings, "story", say=quiet)] == ["SUCCEEDED"]


def test_what_was_missed_between_two_calls_is_caught_up(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    run_job(settings, "story", say=quiet)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=2))
    assert [slot.slot.day for slot in run_job(settings, "story", say=quiet)] == [6, 7]
    assert [as_of for _, as_of in runs_of(settings)] == ["2026-11-03", "2026-11-04", "2026-11-05"]


def test_a_job_that_fails_says_why_and_what_next(settings: Settings) -> None:
    with pytest.raises(RunError, match="broken 2026-11-05 06:00 UTC: failed; there is no run 'nosuch'"):
        run_job(settings, "broken", say=quiet)


def test_a_job_at_work_elsewhere_is_left_alone(settings: Settings) -> None:
    state = open_state(settings.state_url)
    slot = datetime(2026, 11, 5, 6, tzinfo=UTC)
    register(state, ["away"], at=slot - timedelta(seconds=1))
    claim(state, "away", slot, worker=Worker("elsewhere", 7, 1.0), why="on time", at=NOW)
    state.close()
    with pytest.raises(LockError, match=r"away of 2026-11-05 06:00 UTC runs already \(process 7 on elsewhere\)"):
        run_job(settings, "away", say=quiet)


def test_a_job_that_nobody_wrote_down_is_named(settings: Settings) -> None:
    with pytest.raises(ConfigError, match=r"unknown job 'stroy'.*did you mean 'story'"):
        run_job(settings, "stroy", say=quiet)


def test_a_backfill_runs_each_day_once_and_only_what_is_missing(settings: Settings) -> None:
    days = {"first": date(2026, 11, 2), "last": date(2026, 11, 4), "say": quiet}
    would = backfill(settings, "story", dry_run=True, **days)
    assert [(one.slot.day, one.as_of, one.status) for one in would] == [
        (2, "2026-10-31", "would run"),
        (3, "2026-11-01", "would run"),
        (4, "2026-11-02", "would run"),
    ]
    assert runs_of(settings) == []
    done = backfill(settings, "story", parallel=2, **days)
    assert [one.status for one in done] == ["SUCCEEDED"] * 3
    assert backfill(settings, "story", only_missing=True, **days) == []
    state = open_state(settings.state_url)
    assert {one.why for one in slots_of(state)} == {"backfill"}
    state.close()


def test_a_backfill_without_only_missing_makes_them_again(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    day = {"first": date(2026, 11, 4), "last": date(2026, 11, 4), "say": quiet}
    backfill(settings, "story", **day)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=1))
    [again] = backfill(settings, "story", **day)
    assert (again.before, again.status, len(runs_of(settings))) == ("SUCCEEDED", "SUCCEEDED", 2)


def test_what_is_always_about_the_newest_day_has_nothing_to_run_again(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="away is about whatever is newest"):
        backfill(settings, "away", first=date(2026, 11, 2), last=date(2026, 11, 4), say=quiet)


def test_days_in_the_wrong_order_are_refused(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="--to 2026-11-01 is before --from 2026-11-04"):
        backfill(settings, "story", first=date(2026, 11, 4), last=date(2026, 11, 1), say=quiet)


def test_a_schedule_that_is_not_there_is_named(settings: Settings, tmp_path: Path) -> None:
    (settings.project / "scheduler" / "schedule.yaml").unlink()
    with pytest.raises(ConfigError, match="there is no"):
        run_job(settings, "story", say=quiet)
