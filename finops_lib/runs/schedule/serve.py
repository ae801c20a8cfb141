"""The scheduler in the foreground: APScheduler wakes it, signals stop it, a lock keeps a second one away."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from finops_lib.errors import LockError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import open_lake
from finops_lib.runs import clock, processes
from finops_lib.runs.schedule import health
from finops_lib.runs.schedule.children import ProcessLauncher, inherited
from finops_lib.runs.schedule.idle import AskingLauncher
from finops_lib.runs.schedule.jobs import Schedule
from finops_lib.runs.schedule.judge import LedgerJudge
from finops_lib.runs.schedule.opened import load_schedule, schedule_path, this_worker
from finops_lib.runs.schedule.service import Scheduler
from finops_lib.runs.secrets import Scrubber, known_secrets
from finops_lib.settings import Settings
from finops_lib.state.open import State, open_state
from finops_lib.state.slots import Slot

TICK_S = 5.0
# What runs when a stop is asked for may end by itself for so long; asked twice, it is stopped at once.
STOP_WITHIN_S = 600.0
_AGES_EVERY = timedelta(minutes=10)
_LOCK = "scheduler.lock"
# Should the timer ever fail to wake it.
_LONGEST_SLEEP_S = 30.0

Say = Callable[[str], None]


def folder_of(settings: Settings) -> Path:
    """Give where a scheduler keeps its health, metrics and logs."""
    return settings.outputs / health.FOLDER


def scheduler_of(settings: Settings, schedule: Schedule, state: State) -> Scheduler:
    """Make a scheduler that starts `finops ...` in the project's folder, where there is something to do."""
    references = [settings.workbench.model_dump(mode="json"), [list(job.parameters.values()) for job in schedule]]
    scrubber = Scrubber.of(known_secrets(references, os.environ))
    logs = folder_of(settings) / "logs"
    launcher = ProcessLauncher(settings.project, logs, inherited(), scrubber)
    return Scheduler(
        schedule,
        state,
        this_worker(),
        AskingLauncher.of(launcher, settings, state, logs),
        LedgerJudge(state, settings),
        is_alive=processes.is_alive,
        clean_up=launcher.clean_up,
        awake_since=clock.now(),
    )


def serve(settings: Settings, *, say: Say, tick_s: float = TICK_S, stop_within_s: float = STOP_WITHIN_S) -> None:
    """Run the schedule until a signal asks to stop; the file is read again when it changes.

    Raises:
        ConfigError: the schedule is wrong.
        LockError: another scheduler runs here.
    """
    schedule = load_schedule(settings)
    with _only_one(folder_of(settings)):
        state = open_state(settings.state_url)
        try:
            _Service(settings, scheduler_of(settings, schedule, state), say, stop_within_s).run(tick_s)
        finally:
            state.close()


@dataclass(slots=True)
class _Service:
    settings: Settings
    scheduler: Scheduler
    say: Say
    stop_within_s: float
    asked_to_stop: int = 0
    ages: dict[str, timedelta] = field(default_factory=dict)
    ages_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    read_at: float = 0.0
    wake: threading.Event = field(default_factory=threading.Event)

    def run(self, tick_s: float) -> None:
        from apscheduler.schedulers.background import BackgroundScheduler
        from apscheduler.triggers.interval import IntervalTrigger

        self.read_at = schedule_path(self.settings).stat().st_mtime
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        timer = BackgroundScheduler(timezone=UTC)
        # One look at a time; what a slow look missed is one more look, never several.
        look = IntervalTrigger(seconds=tick_s, timezone=UTC)
        options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        timer.add_job(self.wake.set, look, next_run_time=clock.now(), **options)
        timer.start()
        jobs = len(self.scheduler.schedule.jobs)
        self.say(f"{jobs} jobs; the first: {self._first()}. Stop with Ctrl-C; what runs may end by itself.")
        try:
            self._loop()
        finally:
            timer.shutdown(wait=False)
            self.scheduler.stop(clock.now())
            health.mark_stopped(folder_of(self.settings), at=clock.now())

    def _loop(self) -> None:
        deadline = None
        while True:
            self.wake.wait(_LONGEST_SLEEP_S)
            self.wake.clear()
            now = clock.now()
            for slot in self.scheduler.tick(now):
                self.say(in_words(slot))
            self._read_again()
            health.write_pulse(folder_of(self.settings), health.pulse_of(self.scheduler, at=now, ages=self._ages(now)))
            if not self.asked_to_stop:
                continue
            deadline = deadline or time.monotonic() + self.stop_within_s
            if not self.scheduler.running or self.asked_to_stop > 1 or time.monotonic() > deadline:
                return

    def _stop(self, number: int, _frame: object) -> None:
        self.asked_to_stop += 1
        self.scheduler.stopping = True
        self.wake.set()

    def _read_again(self) -> None:
        """Take up a changed file; a wrong one is said once, and what was read before goes on."""
        path = schedule_path(self.settings)
        with contextlib.suppress(OSError):
            changed = path.stat().st_mtime
            if changed == self.read_at:
                return
            self.read_at = changed
            try:
                self.scheduler.schedule = load_schedule(self.settings)
            except Exception as error:
                self.say(f"the schedule was changed and is wrong; the one before goes on: {error}")
            else:
                self.say(f"the schedule was changed: {len(self.scheduler.schedule.jobs)} jobs")

    def _ages(self, now: datetime) -> dict[str, timedelta]:
        if now - self.ages_at >= _AGES_EVERY:
            self.ages, self.ages_at = data_ages(self.settings, now), now
        return self.ages

    def _first(self) -> str:
        coming = [(next(job.recurrence.after(clock.now())), job.name) for job in self.scheduler.schedule]
        return f"{min(coming)[1]} at {min(coming)[0]:%Y-%m-%d %H:%M} UTC" if coming else "none"


def data_ages(settings: Settings, now: datetime) -> dict[str, timedelta]:
    """Say of each source how long ago its newest complete day ended."""
    if not is_there(settings.lake):
        return {}
    with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=1) as lake:
        tables = {name for (name,) in lake.con.execute("show tables").fetchall()}
        if "data_freshness" not in tables:
            return {}
        rows = lake.con.execute("select x_SourceId, max(complete_through) from data_freshness group by all").fetchall()
    ended = {
        source: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) for source, day in rows if day
    }
    return {source: now - moment for source, moment in ended.items()}


def in_words(slot: Slot) -> str:
    """Say in one line what became of a slot."""
    said = f"{slot.job} {slot.slot:%Y-%m-%d %H:%M} UTC: {slot.status.lower()}"
    if slot.status == "WAITING" and slot.next_try is not None:
        said += f", tried again at {slot.next_try:%H:%M:%S} UTC"
    return f"{said}; {slot.error}" if slot.error else said


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Hold the lock of this machine's scheduler; the system lets go of a dead one's."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _LOCK).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise LockError(
                f"a scheduler runs here already (process {holder})", next_step="stop it first, or leave it at work"
            ) from error
        file.seek(0)
        file.truncate()
        file.write(str(os.getpid()))
        file.flush()
        yield
