"""Replay the year and print what came of it: python -m tests.bench budgets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from finops_lib.runs.budget_plan import import_budgets
from finops_lib.runs.opened import opened_state
from finops_lib.state.open import State
from tests.bench.budget_replay.estate import Replayed, load_estate
from tests.bench.budget_replay.table import deliveries, lines
from tests.bench.budget_replay.verdict import Verdict, judge
from tests.bench.budget_replay.year import Hours, Receivers, hourly, receivers, replay
from tests.bench.clock import stopwatch
from tests.bench.place import scaled

# Twelve months, and the three days after them in which the last one becomes whole.
FIRST_HOUR = datetime(2024, 7, 4, tzinfo=UTC)
HOURS = 8760
_PLANNED_ON = date(2024, 6, 1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A replay that is over, with its state still open."""

    estate: Replayed
    hours: Hours
    verdicts: Sequence[Verdict]
    state: State
    receivers: Receivers


def measure(folder: Path) -> None:
    """Print one table: a line per budget."""
    hours = hourly(FIRST_HOUR, scaled(HOURS))
    with stopwatch() as took, replayed(folder, hours) as outcome:
        done = outcome.hours
        print(f"{hours[0]:%Y-%m-%d %H:%M} to {hours[-1]:%Y-%m-%d %H:%M}, {done.checks:,} checks,", end=" ")
        print(
            f"{done.with_news:,} of them with news; ms a check: {done.ms_with_news:.0f}, without {done.ms_without:.0f}"
        )
        print("\n".join(lines(outcome.verdicts)))
        print("\n".join(deliveries(outcome.state, outcome.receivers, done)))
    print(f"{took.wall:.0f} s, {took.cpu:.0f} CPU s, the estate and the verdict included")


@contextmanager
def replayed(folder: Path, hours: Sequence[datetime]) -> Iterator[Outcome]:
    """Load the estate into `folder`, replay some hours and judge them."""
    with receivers() as told:
        os.environ |= {"REPLAY_WEBHOOK": f"{told.webhook.url}/hook", "REPLAY_KEY": "p" * 32}
        estate = load_estate(folder, webhook=told.webhook.url, mail_port=told.mail.port)
        import_budgets(estate.settings, today=_PLANNED_ON)
        with opened_state(estate.settings) as state:
            done = replay(estate, state, hours)
            yield Outcome(estate, done, judge(estate, state, end=hours[-1]), state, told)
