"""How does a service cost when nothing happens to it? One function per kind of service, each a course of daily cost."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from tests.bench.estate.calendar import Days

Course = NDArray[np.float64]

# Kind of service -> how often, of a hundred.
KINDS = {
    "steady": 20,
    "office": 20,
    "own week": 14,
    "month end": 6,
    "usage and fee": 8,
    "usage and credit": 6,
    "weekday batch": 6,
    "weekly job": 4,
    "bursts": 4,
    "commitment": 4,
    "fee": 5,
    "credit": 3,
}


def course(kind: str, days: Days, rng: Generator) -> Course:
    """Give the daily cost of one service of this kind, in one currency; fees and jobs are larger than a day's usage."""
    level = float(np.exp(rng.normal(4.2, 1.2)))
    return np.asarray(level * _COURSES[kind](days, rng), dtype=np.float64)


def _usage(days: Days, rng: Generator, week: Course) -> Course:
    """Usage around 1 a day: drift, growth, noise that lasts for days and has heavy tails, a quieter end of the year."""
    drift = np.cumsum(rng.normal(0.0, rng.choice([0.002, 0.006, 0.012]), days.count))
    growth = rng.normal(0.15, 0.5) / 365 * np.arange(days.count)
    noise = _lasting_noise(days, rng, size=rng.choice([0.02, 0.04, 0.08, 0.15], p=[0.3, 0.3, 0.25, 0.15]))
    dip = 1 - (rng.uniform(0.05, 0.45) if rng.random() < 0.4 else 0.0) * days.in_year_end
    return np.asarray(week[days.weekday] * np.exp(drift + growth + noise) * dip)


def _lasting_noise(days: Days, rng: Generator, *, size: float) -> Course:
    kept = rng.uniform(0.1, 0.75)
    shocks = rng.standard_t(4, days.count) / np.sqrt(2.0) * size * np.sqrt(1 - kept**2)
    noise = np.empty(days.count)
    now = 0.0
    for day, shock in enumerate(shocks):
        now = kept * now + shock
        noise[day] = now
    return np.clip(noise, -0.9, 0.9)


def _steady(days: Days, rng: Generator) -> Course:
    return _usage(days, rng, 1 + rng.normal(0, 0.02, 7))


def _office(days: Days, rng: Generator) -> Course:
    weekend = rng.uniform(0.25, 0.85)
    week = np.array([1, 1, 1, 1, 1, weekend, weekend * rng.uniform(0.9, 1.0)]) * (1 + rng.normal(0, 0.03, 7))
    return _usage(days, rng, week)


def _own_week(days: Days, rng: Generator) -> Course:
    return _usage(days, rng, rng.gamma(6.0, 1 / 6.0, 7))


def _month_end(days: Days, rng: Generator) -> Course:
    base, last = _office(days, rng), -int(rng.integers(1, 4))
    sizes = rng.uniform(0.5, 2.5) * np.exp(rng.normal(0, 0.1, days.month.max() + 1))
    return base + base * sizes[days.month] * (days.from_end >= last)


def _usage_and_fee(days: Days, rng: Generator) -> Course:
    return _steady(days, rng) + _fee(days, rng, share=rng.uniform(0.1, 0.5))


def _usage_and_credit(days: Days, rng: Generator) -> Course:
    base = _office(days, rng)
    share = rng.uniform(0.05, 0.3)
    if rng.random() < 0.5:
        return base * (1 - share)
    # One credit a month, on a day of its own, for what the month before has used.
    return base - _once_a_month(days, int(rng.integers(1, 26)), share * _month_before(days, base), rng, jitter=0.0)


def _weekday_batch(days: Days, rng: Generator) -> Course:
    return _usage(days, rng, np.array([1.0, 1, 1, 1, 1, 0, 0]) * rng.uniform(0.8, 1.2, 7))


def _weekly_job(days: Days, rng: Generator) -> Course:
    return _usage(days, rng, 7 * np.eye(7)[int(rng.integers(0, 7))])


def _bursts(days: Days, rng: Generator) -> Course:
    often = rng.uniform(0.04, 0.25)
    return np.asarray(
        (rng.random(days.count) < often) * np.exp(rng.normal(-0.2, rng.uniform(0.3, 0.8), days.count)) / often**0.5
    )


def _commitment(days: Days, rng: Generator) -> Course:
    if rng.random() < 0.6:
        return np.full(days.count, 1.0)
    return _once_a_month(days, 1, np.full(days.month.max() + 1, 30.0), rng, jitter=0.0)


def _fee(days: Days, rng: Generator, share: float = 1.0) -> Course:
    """Give a charge on one of the first three days: a subscription, or support and tax that follow what was used."""
    months = days.month.max() + 1
    follows = rng.random() < 0.6
    amounts = 30 * share * np.exp(np.cumsum(rng.normal(0.008, 0.035, months)) if follows else np.zeros(months))
    return _once_a_month(days, int(rng.integers(1, 4)), amounts, rng, jitter=0.15)


def _credit(days: Days, rng: Generator) -> Course:
    if rng.random() < 0.5:
        return -0.4 * _steady(days, rng)
    amounts = np.full(days.month.max() + 1, 10.0) * np.exp(rng.normal(0, 0.05, days.month.max() + 1))
    return -_once_a_month(days, int(rng.integers(1, 26)), amounts, rng, jitter=0.1)


def _once_a_month(days: Days, on: int, amounts: Course, rng: Generator, *, jitter: float) -> Course:
    """Put the amount of each month on one day of it; with probability `jitter` on the next day."""
    late = rng.random(days.month.max() + 1) < jitter
    return np.asarray(amounts[days.month] * (days.from_start == on + late[days.month]))


def _month_before(days: Days, base: Course) -> Course:
    sums = np.bincount(days.month, weights=base)
    return np.concatenate([sums[1:2], sums[:-1]])


_COURSES: dict[str, Callable[[Days, Generator], Course]] = {
    "steady": _steady,
    "office": _office,
    "own week": _own_week,
    "month end": _month_end,
    "usage and fee": _usage_and_fee,
    "usage and credit": _usage_and_credit,
    "weekday batch": _weekday_batch,
    "weekly job": _weekly_job,
    "bursts": _bursts,
    "commitment": _commitment,
    "fee": _fee,
    "credit": _credit,
}
