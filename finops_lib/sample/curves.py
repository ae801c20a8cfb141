"""How much does each fleet cost on each day? Growth, week shapes, noise, and the labelled anomalies on top."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from zlib import crc32

import numpy as np

from finops_lib.periods import DAYS_PER_MONTH
from finops_lib.sample.anomalies import EVENTS
from finops_lib.sample.commitments import COMMITMENT
from finops_lib.sample.records import Event, Fleet

GROWTH_PER_MONTH = 1.021
MONTH = float(DAYS_PER_MONTH)

# Monday to Sunday; scaled to a mean of 1.
_WEEKS = {
    "office": (1.0, 1.04, 1.06, 1.03, 0.96, 0.32, 0.28),
    "shop": (0.97, 0.95, 0.97, 1.0, 1.08, 1.04, 0.99),
    "weekend": (0.88, 0.86, 0.88, 0.92, 1.05, 1.22, 1.19),
    "weekdays": (1.05, 1.0, 1.0, 1.02, 0.93, 0.0, 0.0),
    "mondays": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "sundays": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
}
# Shapes whose quantity is a fact and not demand: hours that pass, gigabytes that lie there.
STEADY = frozenset({"clock", "fixed", "constant"})
_NOISE = {"bursts": 0.25, "weekdays": 0.09, "mondays": 0.12, "month_end": 0.1, "office": 0.05}


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of the estate, from `first` up to and including `as_of`.

    Labels are counted back from `anchor`, which is as_of unless later months of an older estate are written: up to that
    day both have the same plan.
    """

    first: date
    as_of: date
    anchor: date

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=n) for n in range((self.as_of - self.first).days + 1)]

    @property
    def last(self) -> int:
        """The position of as_of."""
        return (self.as_of - self.first).days

    def index(self, back: int) -> int:
        """Give the position of the day that lies `back` days before the anchor."""
        return (self.anchor - self.first).days - back

    def until_anchor(self) -> Calendar:
        """Give the calendar as it was on the anchor's day."""
        return replace(self, as_of=self.anchor)


@dataclass(frozen=True, slots=True)
class Curve:
    """Money of one fleet per day: what the whole fleet costs, and what its first resource costs on top."""

    fleet_total: np.ndarray
    first_slot_extra: np.ndarray
    # What the labelled anomalies added, by event name: the truth about their impact.
    added: dict[str, np.ndarray]


def stream(seed: int, *names: str) -> np.random.Generator:
    """Give a generator of its own to whatever has these names, so that adding a fleet changes no other."""
    return np.random.default_rng([seed, *(crc32(name.encode()) for name in names)])


def _demand(fleet: Fleet, calendar: Calendar, seed: int) -> np.ndarray:
    """Plan what is not covered; what was planned up to the anchor stays, whatever follows it."""
    planned = _drawn(fleet, calendar.until_anchor(), stream(seed, "curve", fleet.name))
    if calendar.as_of == calendar.anchor:
        return planned
    whole = _drawn(fleet, calendar, stream(seed, "curve-later", fleet.name))
    if fleet.shape == "drift":
        whole *= planned[-1] / whole[len(planned) - 1]
    whole[: len(planned)] = planned
    return whole


def _drawn(fleet: Fleet, calendar: Calendar, rng: np.random.Generator) -> np.ndarray:
    days = calendar.days
    weekday = np.array([day.weekday() for day in days])
    elapsed = np.arange(len(days)) / MONTH
    week = np.array(_WEEKS.get(fleet.shape, (1.0,) * 7))
    curve: np.ndarray = np.full(len(days), fleet.monthly / MONTH) * (week * 7 / week.sum())[weekday]
    if fleet.shape == "drift":
        curve *= np.cumprod(1 + rng.normal(0.0006, 0.002, len(days)))
    if fleet.shape == "bursts":
        # Two days of work in a row, about a third of the time.
        starts = rng.random(len(days)) < 0.2
        busy = starts | np.roll(starts, 1)
        curve *= np.where(busy, 2.8, 0.0)
    if fleet.shape == "month_end":
        near = np.array([(day + timedelta(days=2)).day <= 2 or day.day == 1 for day in days])
        curve *= np.where(near, 10.0, 0.0)
    if fleet.shape not in STEADY:
        curve *= _noise(rng, len(days), _NOISE.get(fleet.shape, 0.03))
        quiet = np.array([(day.month, day.day) >= (12, 24) or (day.month, day.day) == (1, 1) for day in days])
        if fleet.shape in {"office", "weekdays", "shop"}:
            curve = np.where(quiet, curve * (0.8 if fleet.shape == "shop" else 0.45), curve)
    if fleet.shape != "fixed" and fleet.waste == "":
        curve *= GROWTH_PER_MONTH**elapsed
    return curve


def _noise(rng: np.random.Generator, days: int, sigma: float) -> np.ndarray:
    """Draw day-to-day noise that remembers yesterday and has heavy tails, with a mean near 1."""
    shocks = np.clip(rng.standard_t(5, days), -4, 4) * sigma
    level = np.empty(days)
    last = 0.0
    for day in range(days):
        last = 0.55 * last + shocks[day]
        level[day] = last
    result: np.ndarray = np.exp(level - sigma**2)
    return result


def _committed(fleet: Fleet, calendar: Calendar, share: float, rng: np.random.Generator) -> np.ndarray:
    """Plan what is used of a commitment: never all, less at weekends, less after a machine was switched off."""
    commitment = COMMITMENT[fleet.commitment]
    days = calendar.days
    used = 0.93 + rng.normal(0, 0.012, len(days))
    if commitment.key != "ri":
        used -= np.array([0.09 if day.weekday() >= 5 else 0.0 for day in days])
    else:
        used[max(calendar.index(34), 0) :] -= 0.33
    curve = float(commitment.per_day) * share * np.clip(used, 0.05, 0.985)
    if commitment.bought is not None:
        curve[: max(calendar.index(commitment.bought), 0)] = 0.0
    return curve


def _profile(event: Event, fleet: Fleet, calendar: Calendar, rng: np.random.Generator) -> tuple[slice, np.ndarray]:
    first, last = max(calendar.index(event.start), 0), calendar.index(event.end) + 1
    length = max(last - first, 0)
    size = np.full(length, event.size)
    if event.kind == "slow_ramp":
        size = event.size * np.arange(1, length + 1) / max(length, 1)
    if event.kind == "diffuse_rise":
        size = np.full(length, rng.uniform(0.12, 0.28))
    if event.kind == "spike_several_days":
        size = size * rng.uniform(0.85, 1.15, length)
    if event.end == 0 and length:
        # What had not ended on the anchor's day goes on.
        size = np.append(size, np.full(calendar.last + 1 - last, size[-1]))
    return slice(first, first + len(size)), size


def plan_curve(fleet: Fleet, *, calendar: Calendar, seed: int, share: float, clock_price: float, slots: int) -> Curve:
    """Plan one fleet's effective cost per day.

    Args:
        share: the fleet's share of its commitment; 1 for all others.
        clock_price: price of an hour, for the shape `clock`.
        slots: resources at a time, for the shape `clock`.
    """
    length = len(calendar.days)
    if fleet.commitment:
        total = _committed(fleet, calendar, share, stream(seed, "curve", fleet.name))
    elif fleet.shape == "clock":
        total = np.full(length, 24.0 * clock_price * slots)
    else:
        total = _demand(fleet, calendar, seed)
    if fleet.starts is not None:
        total[: max(calendar.index(fleet.starts), 0)] = 0.0
    if fleet.stops is not None:
        total[max(calendar.index(fleet.stops) + 1, 0) :] = 0.0
    extra = np.zeros(length)
    added: dict[str, np.ndarray] = {}
    for event in EVENTS:
        if fleet.name not in event.fleets:
            continue
        if event.kind == "new_service":
            added[event.name] = total.copy()
            continue
        where, size = _profile(event, fleet, calendar, stream(seed, "event", event.name, fleet.name))
        usual = fleet.monthly / MONTH * GROWTH_PER_MONTH ** (np.arange(length) / MONTH)
        gain = np.zeros(length)
        if event.slot_only:
            gain[where] = usual[where] * size
            extra += gain
        else:
            gain[where] = total[where] * size
            total = total + gain
        added[event.name] = gain
    return Curve(total, extra, added)
