"""One number -> an estate with its labels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from tests.bench.estate import happenings
from tests.bench.estate.bills import COMPLETE, Bills
from tests.bench.estate.calendar import Days, days_from
from tests.bench.estate.courses import KINDS, Course, course

TUNING_SEEDS = (11, 12, 13, 14)
REPORTING_SEEDS = (101, 102, 103, 104)
SERVICES_PER_ACCOUNT = 12
# Happenings per series and 400 days.
RATE = 0.32


@dataclass(frozen=True, slots=True)
class Label:
    """Something that happened: what, to which series (`provider/account/*` = the account), when, how much money."""

    kind: str
    series: str
    start: date
    end: date
    amount: float
    is_announced: bool = False


@dataclass(frozen=True, slots=True)
class Estate:
    """Daily cost of many services in one currency, `bills.truth` series x day, and what happened to them."""

    series: tuple[str, ...]
    kinds: tuple[str, ...]
    first_day: date
    bills: Bills
    labels: tuple[Label, ...]

    def day(self, column: int) -> date:
        return self.first_day + timedelta(days=column)

    def column(self, day: date) -> int:
        return (day - self.first_day).days


def make_estate(seed: int, *, series: int = 500, days: int = 520) -> Estate:
    """Make the estate of one seed; it begins on another day of the year for each."""
    rng = np.random.default_rng(seed)
    calendar = days_from(date(2023, 1, 1) + timedelta(days=int(rng.integers(0, 720))), days)
    names, kinds = _names(series, rng), tuple(rng.choice(list(KINDS), series, p=np.array([*KINDS.values()]) / 100))
    truth = np.stack([course(kind, calendar, rng) for kind in kinds])
    labels = [*_new_services(names, truth, calendar, rng), *_happen(names, kinds, truth, calendar, rng)]
    labels += _diffuse_rises(names, kinds, truth, calendar, rng)
    truth *= _currency_rates(names, calendar, rng)
    providers = tuple(name.split("/")[0] for name in names)
    bills = Bills(truth, providers, _restatements(truth, calendar, rng), seed)
    return Estate(names, kinds, calendar.first, bills, tuple(labels))


def _names(series: int, rng: Generator) -> tuple[str, ...]:
    providers = rng.choice(list(COMPLETE), -(-series // SERVICES_PER_ACCOUNT), p=[0.5, 0.3, 0.2])
    accounts = [f"{provider}/{number:04d}" for number, provider in enumerate(providers)]
    return tuple(f"{accounts[i // SERVICES_PER_ACCOUNT]}/service {i % SERVICES_PER_ACCOUNT:02d}" for i in range(series))


def _new_services(names: tuple[str, ...], truth: Course, days: Days, rng: Generator) -> list[Label]:
    """Let some services begin late; those of a size that matters are labelled."""
    labels = []
    for row in np.flatnonzero(rng.random(len(names)) < 0.06):
        begin = int(rng.integers(60, days.count - 60))
        truth[row, :begin] = 0.0
        amount = float(truth[row, begin : begin + 30].sum())
        if amount > 0:
            labels.append(_label("new service", names[row], days, begin, begin + 9, amount))
    return labels


def _happen(names: tuple[str, ...], kinds: tuple[str, ...], truth: Course, days: Days, rng: Generator) -> list[Label]:
    labels = []
    what, chances = list(happenings.USAGE), [chance for _, chance in happenings.USAGE.values()]
    for row, kind in enumerate(kinds):
        for _ in range(rng.poisson(RATE * days.count / 400)):
            start = int(rng.integers(45, days.count - 5))
            if truth[row, start - 30 : start].sum() == 0:
                continue
            if kind in happenings.KINDS_OF_USAGE:
                name = str(rng.choice(what, p=chances))
                labels.append(_label(name, names[row], days, *happenings.USAGE[name][0](truth[row], start, rng)))
            elif kind == "fee":
                labels.append(_label("fee jump", names[row], days, *happenings.fee_jump(truth[row], start, rng)))
            elif kind == "bursts":
                labels.append(_label("burst", names[row], days, *happenings.burst(truth[row], start, rng)))
        if kind in happenings.KINDS_OF_USAGE and rng.random() < 0.05:
            start = int(rng.integers(45, days.count - 5))
            turn = happenings.level_shift if rng.random() < 0.5 else happenings.step_down
            labels.append(_label("announced step", names[row], days, *turn(truth[row], start, rng), is_announced=True))
    return labels


def _diffuse_rises(
    names: tuple[str, ...], kinds: tuple[str, ...], truth: Course, days: Days, rng: Generator
) -> list[Label]:
    """Let two in a hundred accounts rise everywhere a little: visible only in the sum."""
    labels = []
    accounts = sorted({name.rsplit("/", 1)[0] for name in names})
    for account in rng.choice(accounts, max(1, len(accounts) // 20), replace=False):
        start = int(rng.integers(60, days.count - 30))
        amount = 0.0
        for row, name in enumerate(names):
            if name.startswith(f"{account}/") and kinds[row] in happenings.KINDS_OF_USAGE:
                more = rng.uniform(0.12, 0.28) * truth[row, start:]
                truth[row, start:] += more
                amount += float(more.sum())
        if amount > 0:
            labels.append(_label("diffuse rise", f"{account}/*", days, start, days.count - 1, amount))
    return labels


def _currency_rates(names: tuple[str, ...], days: Days, rng: Generator) -> Course:
    """Give the monthly rate of accounts that are billed in another currency; 1 for all others."""
    accounts = [name.rsplit("/", 1)[0] for name in names]
    rates = {
        account: np.exp(np.cumsum(rng.normal(0, 0.012, days.month.max() + 1)))
        for account in sorted(set(accounts))
        if rng.random() < 0.15
    }
    flat = np.ones(days.month.max() + 1)
    return np.stack([rates.get(account, flat)[days.month] for account in accounts])


def _restatements(truth: Course, days: Days, rng: Generator) -> Course:
    """Give what a month's first bill showed of the truth: nearly always all, sometimes a little less or more."""
    months = days.month.max() + 1
    factor = np.where(rng.random((len(truth), months)) < 0.06, rng.uniform(0.97, 1.02, (len(truth), months)), 1.0)
    return np.asarray(factor[:, days.month])


def _label(
    kind: str, series: str, days: Days, start: int, end: int, amount: float, *, is_announced: bool = False
) -> Label:
    first, last = days.first + timedelta(days=start), days.first + timedelta(days=end)
    return Label(kind, series, first, last, amount, is_announced)
