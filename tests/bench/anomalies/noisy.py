"""Series as noisy as real ones: shared holidays, pay days, outages, seasons, heavy tails; large events put in."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
from numpy.random import Generator

from tests.bench.estate import Bills, Estate, Label
from tests.bench.estate.calendar import Days, days_from
from tests.bench.estate.courses import Course
from tests.bench.estate.happenings import Happened

EVENTS = ("spike", "long spike", "level shift", "drop")
CHANCES = (0.35, 0.3, 0.25, 0.1)


def make_noisy_estate(seed: int, *, series: int = 120, days: int = 430) -> Estate:
    """Make an estate of one kind of service, each day of it a surprise."""
    rng = np.random.default_rng((seed, 1))
    calendar = days_from(date(2023, 3, 1), days)
    holidays = np.zeros(days)
    holidays[rng.integers(20, days - 5, 9)] = 1.0
    names = tuple(f"aws/{number // 8:04d}/service {number % 8}" for number in range(series))
    truth = np.stack([_course(calendar, holidays, rng) for _ in names])
    labels = [label for row, name in enumerate(names) for label in _events(truth[row], name, calendar, rng)]
    bills = Bills(truth, ("aws",) * series, np.ones_like(truth), seed)
    return Estate(names, ("noisy",) * series, calendar.first, bills, tuple(labels))


def _course(days: Days, holidays: Course, rng: Generator) -> Course:
    level, count = float(np.exp(rng.normal(5, 1))), days.count
    week = np.maximum(1 + rng.normal(0, 0.25, 7) * rng.choice([0.3, 1.0]), 0.1)
    week[5:] *= rng.choice([rng.uniform(0.2, 0.8), rng.uniform(1.2, 1.8), 1.0], p=[0.4, 0.2, 0.4])
    size, kept = rng.choice([0.08, 0.15, 0.25, 0.35]), rng.uniform(0.1, 0.8)
    shocks = rng.standard_t(4, count) / np.sqrt(2) * size * np.sqrt(1 - kept**2)
    noise = np.empty(count)
    now = 0.0
    for day, shock in enumerate(shocks):
        now = kept * now + shock
        noise[day] = now
    days_of_year = np.arange(count) / 365
    season = rng.uniform(0, 0.3) * np.sin(2 * np.pi * (days_of_year + rng.random()))
    costs = level * week[days.weekday] * np.exp(np.clip(noise, -1.2, 1.5) + season + rng.normal(0, 0.3) * days_of_year)
    costs *= 1 + holidays * rng.choice([-0.5, -0.3, 0.4, 0.0]) * rng.uniform(0.5, 1.5)
    if rng.random() < 0.35:
        pay_day = int(rng.choice([1, 15, 25, 28]))
        peak = rng.uniform(0.2, 1.0) * np.exp(rng.normal(0, 0.2, count))
        costs *= 1 + ((days.from_start == pay_day) | (days.from_start == pay_day + 1)) * peak
    outages = np.flatnonzero(rng.random(count) < 0.004)
    costs[outages] *= rng.uniform(0, 0.4, outages.size)
    return np.asarray(costs)


def _events(costs: Course, name: str, days: Days, rng: Generator) -> list[Label]:
    labels = []
    for _ in range(rng.poisson(1.0)):
        start, kind = int(rng.integers(70, days.count - 25)), str(rng.choice(EVENTS, p=CHANCES))
        first, last, amount = _happen(costs, kind, start, rng)
        labels.append(Label(kind, name, days.first + timedelta(days=first), days.first + timedelta(days=last), amount))
    return labels


def _happen(costs: Course, kind: str, start: int, rng: Generator) -> Happened:
    if kind == "spike":
        end, factor = start, rng.uniform(2.5, 6.0)
    elif kind == "level shift":
        end, factor = len(costs) - 1, rng.uniform(1.7, 3.0)
    elif kind == "long spike":
        end, factor = start + int(rng.integers(1, 6)), rng.uniform(2.0, 4.0)
    else:
        end, factor = start + int(rng.integers(1, 6)), rng.uniform(0.0, 0.25)
    before = float(costs[start : end + 1].sum())
    costs[start : end + 1] *= factor
    return start, end, float(costs[start : end + 1].sum()) - before
