"""Check the budgets at every hour, as the schedule does, and send what must be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from finops_lib.plans import Budget
from finops_lib.runs.alert_outbox import deliver_waiting
from finops_lib.runs.budget_check import Known, check_known
from finops_lib.runs.scoped import BudgetCosts
from finops_lib.state.open import State
from tests.bench.budget_replay.estate import Replayed
from tests.bench.budget_replay.known import stale
from tests.bench.clock import stopwatch
from tests.delivery.letters import Receiver
from tests.delivery.relay import Relay, relay


@dataclass
class Receivers:
    """Slack and PagerDuty behind one address, and a mail relay; they take everything and remember it."""

    webhook: Receiver
    mail: Relay


@contextmanager
def receivers() -> Iterator[Receivers]:
    with Receiver() as webhook, relay() as mail:
        yield Receivers(webhook, mail)


@dataclass(slots=True)
class Hours:
    """What the checks did, all in all; `seconds` they took, with and without news."""

    checks: int = 0
    with_news: int = 0
    sent: int = 0
    unreached: set[str] = field(default_factory=set)
    seconds: dict[bool, float] = field(default_factory=lambda: {True: 0.0, False: 0.0})

    @property
    def ms_with_news(self) -> float:
        return 1000 * self.seconds[True] / max(self.with_news, 1)

    @property
    def ms_without(self) -> float:
        return 1000 * self.seconds[False] / max(self.checks - self.with_news, 1)


def replay(replayed: Replayed, state: State, hours: Sequence[datetime]) -> Hours:
    """Check at each of some hours, in order."""
    done = Hours()
    frame, seen = pl.DataFrame(), None
    for at in hours:
        delivered = replayed.bills.deliveries(at)
        if delivered != seen:
            frame, seen = replayed.bills.known(delivered), delivered
        known = known_at(replayed, frame, delivered, at, number=done.with_news)
        with stopwatch() as took:
            checked = check_known(replayed.settings, state, known, as_of="", now=at)
        done.seconds[bool(checked.new)] += took.wall
        done.checks += 1
        done.with_news += bool(checked.new)
        done.unreached |= set(checked.unreached)
        if checked.waiting:
            # The receivers need no rest between two messages.
            done.sent += deliver_waiting(replayed.settings, state, sleep=lambda _: None).sent
    return done


def known_at(
    replayed: Replayed, days: pl.DataFrame, delivered: dict[str, datetime], at: datetime, *, number: int = 0
) -> Known:
    """Give what a check reads, as of deliveries; `days` as `Bills` gives them."""
    judged = stale(days, delivered, at)

    def costs(_: Sequence[Budget], day: date) -> BudgetCosts:
        through = pl.min_horizontal("complete_through", pl.lit(day))
        return BudgetCosts(
            judged.filter(pl.col("day") <= day).with_columns(complete_through=through), replayed.movers, replayed.rates
        )

    return Known(tuple(replayed.bills.coverage(delivered)), number, costs, lambda _, __: pl.DataFrame())


def hourly(first: datetime, count: int, *, every: int = 1) -> list[datetime]:
    """Give some hours, `every` so many."""
    return [first + timedelta(hours=number) for number in range(0, count, every)]
