from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.state.open import State, open_state
from finops_lib.state.runs import (
    RunRecord,
    finish_run,
    get_run,
    list_runs,
    note_progress,
    reclaim_dead_runs,
    start_run,
)

START = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = open_state(f"sqlite:///{tmp_path / 'lake' / 'state.sqlite'}")
    yield state
    state.close()


def running(run_id: str, *, notebook: str = "overview", started: datetime = START, host: str = "here") -> RunRecord:
    return RunRecord(
        run_id=run_id,
        notebook=notebook,
        status="RUNNING",
        parameters={"accounts": ["012"], "threshold": 3.0},
        started_at=started,
        trigger="test",
        host=host,
        pid=42,
        pid_started=1.5,
        heartbeat_at=started,
        versions={"duckdb": "1.5.5"},
    )


def test_a_run_comes_back_as_it_was_entered(state: State) -> None:
    start_run(state, running("a"))
    assert get_run(state, "a") == running("a")


def test_a_finished_run_replaces_what_was_known(state: State) -> None:
    start_run(state, running("a"))
    done = replace(running("a"), status="FAILED", error="x in cell 2", error_cell=2, snapshot=7, git_dirty=True)
    finish_run(state, done)
    assert get_run(state, "a") == done


def test_progress_is_noted_only_while_it_runs(state: State) -> None:
    start_run(state, running("a"))
    later = START + timedelta(seconds=5)
    note_progress(state, "a", cells_done=2, cells_total=9, at=later)
    run = get_run(state, "a")
    assert (run.cells_done, run.cells_total, run.heartbeat_at) == (2, 9, later)
    finish_run(state, replace(run, status="SUCCEEDED"))
    note_progress(state, "a", cells_done=3, cells_total=9, at=later)
    assert get_run(state, "a").cells_done == 2


def test_runs_are_listed_newest_first(state: State) -> None:
    for minute, run_id in enumerate(["a", "b", "c"]):
        start_run(state, running(run_id, started=START + timedelta(minutes=minute), notebook=f"n{minute % 2}"))
    assert [run.run_id for run in list_runs(state)] == ["c", "b", "a"]
    assert [run.run_id for run in list_runs(state, notebook="n0")] == ["c", "a"]
    assert [run.run_id for run in list_runs(state, limit=1)] == ["c"]


def test_a_run_is_found_by_the_beginning_of_its_id(state: State) -> None:
    for run_id in ("2026-a1", "2026-a2", "2025_b"):
        start_run(state, running(run_id))
    assert get_run(state, "2025").run_id == "2025_b"
    with pytest.raises(ConfigError, match="several runs begin with '2026'"):
        get_run(state, "2026")
    for nothing in ("x", "", "2025%"):
        with pytest.raises(ConfigError, match="there is no run"):
            get_run(state, nothing)


def test_a_run_nobody_runs_any_more_is_closed_with_the_reason(state: State) -> None:
    start_run(state, running("dead"))
    asked: list[tuple[int, float]] = []

    def is_alive(pid: int, born: float) -> bool:
        asked.append((pid, born))
        return False

    [closed] = reclaim_dead_runs(state, host="here", at=START, is_alive=is_alive)
    assert asked == [(42, 1.5)]
    assert get_run(state, "dead") == closed
    assert (closed.status, closed.exit_code) == ("KERNEL_DIED", 1)
    assert closed.error == "the runner (process 42 on here) is gone; its last sign of life was 2026-11-24 03:15:00 UTC"


def test_a_living_run_is_left_alone(state: State) -> None:
    start_run(state, running("alive"))
    assert reclaim_dead_runs(state, host="here", at=START, is_alive=lambda *_: True) == []
    assert get_run(state, "alive").status == "RUNNING"


def test_a_run_on_another_machine_is_closed_only_after_long_silence(state: State) -> None:
    start_run(state, running("far", host="there"))

    def closed_at(moment: datetime) -> int:
        return len(reclaim_dead_runs(state, host="here", at=moment, is_alive=lambda *_: pytest.fail("cannot be asked")))

    assert closed_at(START + timedelta(minutes=9)) == 0
    assert closed_at(START + timedelta(minutes=11)) == 1


def test_a_write_that_fails_leaves_no_trace(state: State) -> None:
    from finops_lib.state.models import Run

    start_run(state, running("a"))
    with pytest.raises(RuntimeError), state.write() as session:
        session.delete(session.get_one(Run, "a"))
        raise RuntimeError
    assert get_run(state, "a").status == "RUNNING"
