"""A day of scheduler/schedule.yaml on the sample estate: what each job costs, and all of them together.

Goal: the daily jobs, each as often as a day asks for it, in less than 90 s on two cores. Slots come in the order of the
day, and each is started by what `finops schedule start` starts it with, so one for which there is nothing to do costs a
look; what cron would pay for its process is said beside it. The bills of the day before are in the lake already, and in
the morning the providers touch the files that a day changes: the running month and what they restate. The weekly jobs
are left out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from finops_lib.runs.budget_plan import import_budgets
from finops_lib.runs.collect import collect
from finops_lib.runs.rates import import_rates
from finops_lib.runs.schedule.children import Launcher
from finops_lib.runs.schedule.due import BACKFILL, Due
from finops_lib.runs.schedule.idle import QUESTIONS
from finops_lib.runs.schedule.jobs import Job
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.runs.schedule.serve import scheduler_of
from finops_lib.sample import RATES_FILE, sample_budget_plan_yaml, sample_workbench_yaml, write_estate
from finops_lib.settings import Settings
from finops_lib.state.open import open_state
from tests.bench.clock import Took, stopwatch
from tests.bench.place import PROJECT, scaled, settings_in
from tests.bench.runs import papermill_floor

_GOAL_S = 90.0
_NEWEST = date(2026, 9, 30)
# Reports are about three days before their slot's day.
_DAY = datetime(2026, 10, 3, tzinfo=UTC)
_ROWS = 250_000
_LOOK_EVERY_S = 0.05
_SHARED = "by CPU, shared by two cores as `parallel: 2` does"


def measure(folder: Path) -> None:
    """Print the seconds of each job of the day, and of the day."""
    params, bills = folder / "params", folder / "bills"
    params.mkdir()
    (params / "workbench.yaml").write_text(sample_workbench_yaml(str(bills)), encoding="utf-8")
    before = _NEWEST - timedelta(days=1)
    write_estate(bills, as_of=before, rows=scaled(_ROWS))
    settings = settings_in(folder)
    collect(settings, settings.workbench.sources)
    estate = write_estate(folder / "newest", as_of=_NEWEST, labelled_as_of=before, rows=scaled(_ROWS))
    _deliver(folder / "newest", bills)
    (params / "budget_plan.yaml").write_text(sample_budget_plan_yaml(estate), encoding="utf-8")
    import_rates(settings, bills / RATES_FILE, source="sample estate")
    import_budgets(settings, today=_NEWEST)
    floor = papermill_floor(folder)
    print(f"papermill, empty notebook             {floor.wall:5.1f} s wall  {floor.cpu:5.2f} s CPU")
    jobs = [job for job in load_schedule(settings) if job.recurrence.expression.endswith(" *")]
    with _launcher(settings) as launcher:
        whole, spent = _run_all(launcher, jobs)
    for job in jobs:
        took, times = spent[job.name]
        ratio = took.cpu / times / floor.cpu
        print(
            f"{times:>3} x {' '.join(job.command):<30}  {took.wall:5.1f} s wall  {took.cpu:5.2f} s CPU  "
            f"{ratio:4.2f} x the floor each"
        )
        if job.command in QUESTIONS:
            by_cron = _by_cron(job)
            print(f"      under cron a process each: {by_cron.cpu:.2f} s CPU, {times * by_cron.cpu:.0f} s a day")
    print(f"the day                               {whole.wall:5.1f} s wall  {whole.cpu:5.2f} s CPU")
    for seconds, how in ((whole.wall, "by the clock on the wall, one job after the other"), (whole.cpu / 2, _SHARED)):
        print(f"{'MET' if seconds < _GOAL_S else 'MISSED'}: {seconds:.0f} s of {_GOAL_S:.0f} s {how}")
    print(f"(load average of the machine meanwhile: {os.getloadavg()[1]:.1f})")


@contextmanager
def _launcher(settings: Settings) -> Iterator[Launcher]:
    """Give what `finops schedule start` starts its slots with."""
    state = open_state(settings.state_url)
    try:
        yield scheduler_of(settings, load_schedule(settings), state).launcher
    finally:
        state.close()


def _deliver(newest: Path, bills: Path) -> None:
    """Bring the files of the newest day as providers do: what is the same as before is not touched."""
    for file in [path for path in bills.rglob("*") if path.is_file()]:
        if not (newest / file.relative_to(bills)).exists():
            file.unlink()
    for file in [path for path in newest.rglob("*") if path.is_file()]:
        target = bills / file.relative_to(newest)
        if not target.exists() or target.read_bytes() != file.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)


def _run_all(launcher: Launcher, jobs: Sequence[Job]) -> tuple[Took, dict[str, tuple[Took, int]]]:
    """Run all slots of the day, one after the other; gives the sum, and that of each job with its slots."""
    spent = {job.name: (Took(), 0) for job in jobs}
    with stopwatch() as whole:
        for slot, job in sorted(_slots(jobs), key=lambda due: due[0]):
            with stopwatch() as took:
                # The bills of a day in the past are not fresh today: its reports are made, and sent to nobody.
                child = launcher.start(Due(job, slot, BACKFILL))
                while (ended := child.poll()) is None:
                    time.sleep(_LOOK_EVERY_S)
            assert ended.exit_code == 0, f"{job.name}: {ended.said}"
            mine, times = spent[job.name]
            spent[job.name] = Took(mine.wall + took.wall, mine.cpu + took.cpu), times + 1
    return whole, spent


def _slots(jobs: Sequence[Job]) -> list[tuple[datetime, Job]]:
    first, last = _DAY - timedelta(seconds=1), _DAY + timedelta(days=1, seconds=-1)
    return [(slot, job) for job in jobs for slot in job.recurrence.between(first, last)]


def _by_cron(job: Job) -> Took:
    """Call a job once as a rendered crontab does."""
    words = [sys.executable, "-m", "finops_lib.cli", "schedule", "run", job.name]
    with stopwatch() as took:
        done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{job.name}: {done.stderr[-2000:]}"
    return took
