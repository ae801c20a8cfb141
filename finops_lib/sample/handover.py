"""When is each month handed over, how often, and in which mode? The deliveries of one provider and month, in order.

A closed month is delivered five days after its end. Of the closed ones, counted back from the open month,

    third      restated this morning: AWS and Azure deliver it again with other money (restate.py)
    fourth     delivered again this morning without any change
    second     Azure had also delivered it on the day after its end, before its last days had arrived

AWS wrote its older months in overwrite mode, and the newest ones as a folder per run. Once an AWS refresh had fewer
files than the run before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample import tree_aws, tree_azure, tree_gcp
from finops_lib.sample.deliveries import Run
from finops_lib.sample.layout import lay_out

_AT = time(6, 0, tzinfo=UTC)
_SETTLED_AFTER = timedelta(days=5)
_VERSIONS = 6
_SHRUNK, _FILES_LOST = 2, 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """Which months are special. `today` is the morning on which the estate is looked at."""

    months: tuple[BillingPeriod, ...]
    today: datetime

    @classmethod
    def of(cls, months: Sequence[BillingPeriod], as_of: date) -> Schedule:
        return cls(tuple(months), datetime.combine(as_of + timedelta(days=1), _AT))

    @property
    def restated(self) -> BillingPeriod:
        return self.months[-4]

    @property
    def redelivered(self) -> BillingPeriod:
        return self.months[-5]

    @property
    def hurried(self) -> BillingPeriod:
        return self.months[-3]

    @property
    def open(self) -> BillingPeriod:
        return self.months[-1]

    def first_run(self, month: BillingPeriod) -> datetime:
        """Say when a month was first delivered whole; of the open one only the newest run is left."""
        settled = datetime.combine(month.end, _AT) + _SETTLED_AFTER
        return self.today if month == self.open else min(settled, self.today)


def hand_over(
    folder: Path,
    charges: pl.DataFrame,
    first: pl.DataFrame | None,
    *,
    provider: str,
    month: BillingPeriod,
    schedule: Schedule,
    earlier: Path | None,
) -> tuple[list[Path], list[Path]]:
    """Write all deliveries of one month.

    Args:
        charges: the final charges. first: what was first said of the month, if that was something else.
        earlier: gets what there was of restated and re-delivered months before this morning.
    Returns:
        The files that count now, and those that counted then.
    """
    runs = _runs(charges, first, provider=provider, month=month, schedule=schedule)
    now = _write(folder / provider, runs, provider=provider, month=month, schedule=schedule)
    then: tuple[Path, ...] = ()
    if earlier is not None and _is_delivered_again(provider, month, schedule):
        then = _write(earlier / provider, runs[:-1], provider=provider, month=month, schedule=schedule)
    return list(now), list(then)


def _is_delivered_again(provider: str, month: BillingPeriod, schedule: Schedule) -> bool:
    return provider != "gcp" and month in (schedule.restated, schedule.redelivered)


def _runs(
    charges: pl.DataFrame, first: pl.DataFrame | None, *, provider: str, month: BillingPeriod, schedule: Schedule
) -> list[Run]:
    def frame(rows: pl.DataFrame) -> pl.DataFrame:
        return lay_out(rows, provider=provider, month=month, invoiced=month != schedule.open)

    final, settled = frame(charges), schedule.first_run(month)
    if _is_delivered_again(provider, month, schedule):
        return [Run(settled, final if first is None else frame(first)), Run(schedule.today, final)]
    if provider == "azure" and month == schedule.hurried:
        last_days = datetime.combine(month.end - timedelta(days=2), time())
        hurried = charges.filter(pl.col("ChargePeriodStart") < last_days)
        return [Run(datetime.combine(month.end, _AT), frame(hurried)), Run(settled, final)]
    return [Run(settled, final)]


def _write(
    folder: Path, runs: Sequence[Run], *, provider: str, month: BillingPeriod, schedule: Schedule
) -> tuple[Path, ...]:
    if provider == "gcp":
        return tree_gcp.extract(folder, month, runs[-1])
    if provider == "azure":
        is_open = month == schedule.open
        return tree_azure.overwrite(folder, month, runs[-1]) if is_open else tree_azure.create_new(folder, month, runs)
    if month in schedule.months[-_VERSIONS:]:
        return tree_aws.create_new(folder, month, runs)
    lost = _FILES_LOST if month == schedule.months[_SHRUNK] else 0
    return tree_aws.overwrite(folder, month, runs[-1], emptied=lost)
