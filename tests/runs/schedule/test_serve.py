"""`finops schedule start` as a real process: killed while it works, stopped gently and at once, started twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from finops_lib.runs import processes
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.schedule.children import MARK, mark_of
from finops_lib.runs.schedule.serve import folder_of
from finops_lib.settings import Settings
from finops_lib.state.runs import list_runs
from finops_lib.state.slots import Slot, register, slots_of
from tests.runs.conftest import MakeNotebook

pytestmark = pytest.mark.slow
HOURS = timedelta(hours=2)
SCHEDULE = "jobs:\n  story: {notebook: story, cron: '0 * * * *'}\n"
# It says that it works, and ends when it is let go.
WORKS = """
import time
from pathlib import Path
with Path("began").open("a") as file: file.write("x")
while not Path("go").exists(): time.sleep(0.05)
"""


@pytest.fixture
def project(settings: Settings, make_notebook: MakeNotebook, tmp_path: Path) -> Settings:
    """A project whose one job owes its newest slot."""
    make_notebook(WORKS.replace('Path("', f'Path("{tmp_path}/'))
    (settings.project / "scheduler").mkdir()
    (settings.project / "scheduler" / "schedule.yaml").write_text(SCHEDULE, encoding="utf-8")
    with open_ledger(settings) as state:
        register(state, ["story"], at=datetime.now(UTC) - HOURS)
    return settings


def finops(*words: str) -> list[str]:
    return [sys.executable, "-m", "finops_lib.cli", "schedule", *words]


@contextmanager
def scheduler(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    """Start one, and leave nothing of it behind, whatever the test found."""
    process = subprocess.Popen(finops("start"), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        processes.kill_all(at_work(settings))


def at_work(settings: Settings) -> list[psutil.Process]:
    marks = [mark_of(settings.project, slot.job, slot.slot) for slot in slots(settings)]
    return [process for mark in marks for process in processes.marked(mark, variable=MARK)]


def slots(settings: Settings) -> list[Slot]:
    with open_ledger(settings) as state:
        return slots_of(state)


def newest(settings: Settings) -> tuple[str, int]:
    found = slots(settings)
    return (found[0].status, found[0].attempts) if found else ("", 0)


def wait_until(claim: Callable[[], bool], within_s: float = 90) -> None:
    limit = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.1)


def works(settings: Settings, times: int = 1) -> bool:
    began = settings.project / "began"
    return began.exists() and len(began.read_text()) == times


def let_go(settings: Settings) -> None:
    (settings.project / "go").touch()


def left_behind(settings: Settings) -> list[str]:
    """Give what must not be there when nothing works: processes, and folders of runs that are not closed."""
    private = [path.name for path in (settings.outputs / "story").glob(".*")]
    return [str(process) for process in at_work(settings)] + private


def test_a_slot_whose_scheduler_is_killed_is_made_once_by_the_next(project: Settings) -> None:
    with scheduler(project) as first:
        wait_until(lambda: works(project))
        first.kill()
        wait_until(lambda: not at_work(project))
        assert newest(project) == ("RUNNING", 1)
    let_go(project)
    with scheduler(project) as second:
        wait_until(lambda: newest(project) == ("SUCCEEDED", 2))
        second.send_signal(signal.SIGTERM)
        assert second.wait(60) == 0
    with open_ledger(project) as state:
        # Nobody was left to close the first one's run; the next runner did.
        assert [run.status for run in list_runs(state)] == ["SUCCEEDED", "KERNEL_DIED"]
    assert works(project, times=2)
    assert left_behind(project) == []


def test_a_second_one_is_refused_and_the_first_is_healthy(project: Settings) -> None:
    let_go(project)
    with scheduler(project) as first:
        wait_until(lambda: newest(project)[0] == "SUCCEEDED")
        second = subprocess.run(finops("start"), capture_output=True, text=True, timeout=60)
        assert (second.returncode, second.stderr) == (
            5,
            f"finops: a scheduler runs here already (process {first.pid}); next: stop it first, or leave it at work\n",
        )
        health = folder_of(project) / "health.json"
        wait_until(lambda: json.loads(health.read_text())["jobs"]["story"]["last_status"] == "SUCCEEDED")
        assert subprocess.run(finops("health"), capture_output=True, timeout=60).returncode == 0
        metrics = (folder_of(project) / "metrics.prom").read_text()
        names = {family.name for family in text_string_to_metric_families(metrics)}
        assert {"finops_job_last_success_timestamp_seconds", "finops_scheduler_last_look_timestamp_seconds"} <= names
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
    said = subprocess.run(finops("health"), capture_output=True, text=True, timeout=60)
    assert said.returncode == 1
    assert "was stopped at" in said.stderr


def test_asked_once_it_waits_for_what_works(project: Settings) -> None:
    with scheduler(project) as process:
        wait_until(lambda: works(project))
        process.send_signal(signal.SIGTERM)
        time.sleep(3)
        assert process.poll() is None
        let_go(project)
        assert process.wait(60) == 0
    assert newest(project) == ("SUCCEEDED", 1)
    assert left_behind(project) == []


def test_asked_twice_it_stops_at_once_and_the_slot_is_due_again(project: Settings) -> None:
    with scheduler(project) as process:
        wait_until(lambda: works(project))
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        assert process.wait(60) == 0
    [slot] = [one for one in slots(project) if one.status != "COVERED"]
    assert (slot.status, slot.error) == ("WAITING", "the scheduler was stopped")
    assert left_behind(project) == []
