"""A slot's process: what it is told, when its time is over, and that nothing of it is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.recurrence import Recurrence
from finops_lib.runs import processes
from finops_lib.runs.schedule import children
from finops_lib.runs.schedule.children import MARK, Ended, Process, ProcessLauncher, mark_of
from finops_lib.runs.schedule.due import BACKFILL, Due
from finops_lib.runs.schedule.jobs import Job
from finops_lib.runs.secrets import Scrubber

SLOT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECRET = 'p@ss/w"rd<&é-4711'
# A question that takes hours.
FOREVER = ("sql", "select count(*) from range(1_000_000) as a, range(1_000_000) as b where a.range * b.range % 7 = 1")


def due(*command: str, timeout: timedelta = timedelta(minutes=2)) -> Due:
    return Due(Job("one", command, Recurrence.parse("0 3 * * *"), timeout=timeout), SLOT, "on time")


def ended(process: Process, within_s: float = 60) -> Ended:
    limit = time.monotonic() + within_s
    while (found := process.poll()) is None:
        assert time.monotonic() < limit, "it did not end"
        time.sleep(0.05)
    return found


def wait_until(claim: Callable[[], bool], within_s: float = 30) -> None:
    limit = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < limit, "it never came true"
        time.sleep(0.05)


@pytest.fixture
def launcher(tmp_path: Path) -> ProcessLauncher:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "FINOPS_PROJECT": str(tmp_path)}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    return ProcessLauncher(tmp_path, tmp_path / "logs", environment, Scrubber.of([SECRET]))


def test_its_words_are_those_of_the_command_line(launcher: ProcessLauncher) -> None:
    process = launcher.start(due("--version"))
    assert ended(process) == Ended(0, timed_out=False, said=process.log.read_text().strip())
    assert process.log.read_text().strip().count(".") == 2


def test_a_report_is_made_once_and_sent_to_those_who_are_to_get_it() -> None:
    recurrence = Recurrence.parse("0 3 * * *")
    job = Job("daily", ("run", "overview"), recurrence, notebook="overview", recipients=("ann", "bob"), days_before=3)
    assert children.words_for(Due(job, SLOT, "on time")) == [
        *("run", "overview", "--as-of", "2026-10-30", "--once", "schedule daily 2026-11-02T03:00Z"),
        *("--deliver", "--deliver-to", "ann", "--deliver-to", "bob"),
    ]


def test_a_report_of_a_day_that_is_made_up_for_is_sent_to_nobody() -> None:
    job = Job("daily", ("run", "overview"), Recurrence.parse("0 3 * * *"), notebook="overview", recipients=("ann",))
    words = children.words_for(Due(job, SLOT, BACKFILL, "2026-11-09"))
    assert words[-2:] == ["--once", "schedule daily 2026-11-02T03:00Z again 2026-11-09"]


def test_a_command_has_no_report_to_send() -> None:
    job = Job("fetch", ("collect",), Recurrence.parse("0 3 * * *"), recipients=("ann",))
    assert children.words_for(Due(job, SLOT, "on time")) == ["collect"]


def test_its_last_word_says_why_it_failed(launcher: ProcessLauncher) -> None:
    found = ended(launcher.start(due("runs", "show", "nosuch")))
    assert (found.exit_code, found.said) == (2, "there is no run 'nosuch'; next: finops runs list")


def test_a_secret_in_what_it_says_reaches_no_disk(launcher: ProcessLauncher) -> None:
    process = launcher.start(due("runs", "show", f"a\n{SECRET}\nb"))
    assert ended(process).exit_code == 2
    log = process.log.read_text()
    assert SECRET not in log
    assert "[secret]" in log


def test_much_that_is_said_is_read_to_its_end(launcher: ProcessLauncher) -> None:
    # 900,000 characters without a line break; a pipe holds 64 kB, and nobody must wait for it.
    process = launcher.start(due("sql", "select repeat('x', 900_000) as many", "--format", "csv"))
    assert ended(process).exit_code == 0, process.log.read_text()[-500:]
    assert process.log.read_text().count("x") == 900_000


def test_what_does_not_end_in_its_time_is_ended(launcher: ProcessLauncher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "GRACE_S", 1.0)
    process = launcher.start(due(*FOREVER, timeout=timedelta(seconds=2)))
    assert ended(process).timed_out
    assert processes.marked(mark_of(launcher.project, "one", SLOT), variable=MARK) == []


def test_a_child_dies_with_its_scheduler(tmp_path: Path) -> None:
    code = (
        "import sys, time, os; from pathlib import Path;"
        "from finops_lib.runs.schedule.children import ProcessLauncher;"
        "from tests.runs.schedule.test_children import *;"
        "folder = Path(sys.argv[1]);"
        "ProcessLauncher(folder, folder / 'logs', dict(os.environ), Scrubber(())).start(due(*FOREVER));"
        "print('started', flush=True); time.sleep(60)"
    )
    scheduler = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert scheduler.stdout is not None
    assert scheduler.stdout.readline() == "started\n"
    mark = mark_of(tmp_path, "one", SLOT)
    wait_until(lambda: bool(processes.marked(mark, variable=MARK)))
    scheduler.kill()
    scheduler.wait()
    wait_until(lambda: not processes.marked(mark, variable=MARK))
    scheduler.stdout.close()


def test_a_new_try_ends_what_is_left_of_the_last(launcher: ProcessLauncher) -> None:
    mark = mark_of(launcher.project, "one", SLOT)
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env={**os.environ, MARK: mark})
    wait_until(lambda: bool(processes.marked(mark, variable=MARK)))
    process = launcher.start(due("--version"))
    assert left.poll() is not None
    assert ended(process).exit_code == 0
