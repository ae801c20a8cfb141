"""A month of scheduler/schedule.yaml in which everything goes wrong: what became of each job.

Goal: nothing is done, reported or told twice, and what was not done says why. The clock, the processes and the wire are
simulated; the schedule, the scheduler and the state database are those of every day. Once by UTC, as it is written, and
by the clock of Berlin through both days on which that changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.jobs import Schedule
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.state.open import open_state
from tests.bench.clock import stopwatch
from tests.bench.place import scaled, settings_in
from tests.runs.schedule.troubled import Month, Troubles, in_table, midnight

_DAYS = 31
_MONTHS = ((date(2026, 3, 15), "UTC"), (date(2026, 3, 15), "Europe/Berlin"), (date(2026, 10, 10), "Europe/Berlin"))


def measure(folder: Path) -> None:
    """Print what became of each job in each month."""
    written = load_schedule(settings_in(folder))
    for first, timezone in _MONTHS:
        schedule = by_the_clock_of(written, timezone)
        start = midnight(first, timezone)
        end = midnight(first + timedelta(days=scaled(_DAYS)), timezone)
        state = open_state(f"sqlite:///{folder / f'{first}-{timezone[:3]}.sqlite'}")
        with stopwatch() as took:
            account = Month(schedule, state, Troubles.of_month(start, seed=8), start, end).run()
        state.close()
        print(
            f"\n{first} + {scaled(_DAYS)} days by the clock of {timezone}: {account.kills} kills, "
            f"{account.unwritten} ends not written down, at most {account.most_at_once} at once ({took.wall:.0f} s)"
        )
        print("\n".join(in_table(account)), flush=True)
        bad = [row.job for row in account.rows if not row.is_kept]
        print(f"MISSED: {', '.join(bad)}" if bad else "MET: every moment is accounted for, nothing twice")


def by_the_clock_of(schedule: Schedule, timezone: str) -> Schedule:
    """Give the schedule with every line of cron read from another clock."""
    jobs = {job.name: replace(job, recurrence=Recurrence(job.recurrence.expression, timezone)) for job in schedule}
    return replace(schedule, jobs=jobs)
