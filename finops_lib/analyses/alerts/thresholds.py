"""What fires and what is over, by the table of domain.md 1.10. Each asks only the readings and the earlier events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from finops_lib.analyses.alerts.readings import Reading, since
from finops_lib.messages import AlertEvent, AlertKind

# The threshold of a budget of nothing: any spend.
ANY_SPEND = "any"


@dataclass(frozen=True, slots=True)
class Policy:
    """How patient alerts are. Percentages are of the amount, points are such percentages.

    Args:
        hysteresis: so many points below its threshold an alert is over.
        consecutive: so many new watermarks in a row fire a forecast alert, or end it.
        per_period: a forecast threshold fires at most so often in one period, at least `apart` from each other.
        burn_fires, burn_ends: burn multiples; fires on `burn_consecutive` new watermarks in a row.
        burn_apart: at most one burn alert in this time.
        settles: so long after a period's end its bills still come in, and what they cross is still told.
    """

    hysteresis: float = 5.0
    consecutive: int = 2
    per_period: int = 3
    apart: timedelta = timedelta(hours=24)
    burn_fires: float = 1.5
    burn_ends: float = 1.2
    burn_consecutive: int = 3
    burn_apart: timedelta = timedelta(days=7)
    settles: timedelta = timedelta(days=10)


@dataclass(frozen=True, slots=True)
class Crossing:
    """A threshold that must be told. `value` in percent; `occurrence` counts from 1."""

    kind: AlertKind
    threshold: str
    value: float
    occurrence: int

    @property
    def rank(self) -> tuple[bool, float, bool]:
        """What is worse sorts later: what is spent, or will be, beyond the amount, then how much of it."""
        level = 100.0 if self.threshold == ANY_SPEND or self.kind == "burn" else float(self.threshold)
        return (level >= 100, level, self.kind == "actual")


def actual_crossings(
    read: Sequence[Reading], thresholds: Sequence[int], events: Sequence[AlertEvent], *, spent: bool, policy: Policy
) -> Iterator[Crossing]:
    """Give the thresholds that known cost has reached and that were not told in this period.

    Only an amendment that puts the cost `hysteresis` points below a threshold lets it fire again; a credit never does.

    Args:
        spent: whether there is any cost; for a budget of nothing that is the threshold.
    """
    now = read[-1]
    if now.actual is None:
        if spent and not _of(events, "actual", ANY_SPEND):
            yield Crossing("actual", ANY_SPEND, 100.0, 1)
        return
    for threshold in sorted(set(thresholds)):
        told = _of(events, "actual", str(threshold))
        if now.actual >= threshold and (not told or _amended_below(read, told[-1], threshold - policy.hysteresis)):
            yield Crossing("actual", str(threshold), now.actual, len(told) + 1)


def forecast_crossings(
    read: Sequence[Reading],
    thresholds: Sequence[int],
    events: Sequence[AlertEvent],
    *,
    now: datetime,
    policy: Policy,
) -> Iterator[Crossing]:
    """Give the thresholds that the forecast has been beyond for long enough; what is spent already is no forecast."""
    for threshold in sorted(set(thresholds)):
        recent = [reading.forecast for reading in read[-policy.consecutive :]]
        is_beyond = len(recent) == policy.consecutive and all(x is not None and x >= threshold for x in recent)
        is_spent = read[-1].actual is not None and read[-1].actual >= threshold
        told = _of(events, "forecast", str(threshold))
        if not is_beyond or is_spent or len(told) >= policy.per_period:
            continue
        if told and (not _fell(read, told[-1], threshold, policy) or now - told[-1].created_at < policy.apart):
            continue
        yield Crossing("forecast", str(threshold), recent[-1] or 0.0, len(told) + 1)


def burn_crossings(
    read: Sequence[Reading], events: Sequence[AlertEvent], *, now: datetime, policy: Policy
) -> Iterator[Crossing]:
    """Give the burn alert where the pace has been too fast for long enough and the amount will not do."""
    recent = [reading.burn for reading in read[-policy.burn_consecutive :]]
    is_fast = len(recent) == policy.burn_consecutive and all(x is not None and x >= policy.burn_fires for x in recent)
    ends_beyond = read[-1].forecast is not None and read[-1].forecast > 100
    is_spent = read[-1].actual is not None and read[-1].actual >= 100
    threshold = f"{policy.burn_fires * 100:g}"
    told = _of(events, "burn", threshold)
    if not is_fast or not ends_beyond or is_spent:
        return
    if told and (not _slowed(read, told[-1], policy) or now - told[-1].created_at < policy.burn_apart):
        return
    yield Crossing("burn", threshold, 100 * (recent[-1] or 0.0), len(told) + 1)


def is_over(event: AlertEvent, read: Sequence[Reading], policy: Policy) -> bool:
    """Whether what an event told is over: a forecast that fell, a pace that slowed. Spent money is never unspent."""
    if event.kind == "forecast":
        return _fell(read, event, float(event.threshold), policy, at_the_end=True)
    if event.kind == "burn":
        return _slowed(read, event, policy)
    if event.kind == "actual" and event.threshold != ANY_SPEND:
        return _amended_below(read, event, float(event.threshold) - policy.hysteresis)
    return False


def _of(events: Sequence[AlertEvent], kind: AlertKind, threshold: str) -> list[AlertEvent]:
    told = [event for event in events if (event.kind, event.threshold) == (kind, threshold)]
    return sorted(told, key=lambda event: event.occurrence)


def _amended_below(read: Sequence[Reading], event: AlertEvent, level: float) -> bool:
    """Whether the first reading under a later version of the budget is below `level`."""
    version = int(event.facts.get("version", 1))
    for reading in read:
        if reading.version > version:
            if reading.actual is not None and reading.actual < level:
                return True
            version = reading.version
    return False


def _fell(
    read: Sequence[Reading], event: AlertEvent, threshold: float, policy: Policy, *, at_the_end: bool = False
) -> bool:
    """Whether the forecast was low enough for long enough after an event: at any time since, or by now."""
    after = [reading.forecast for reading in since(read, str(event.facts.get("watermark", "")))]
    low = [x is not None and x < threshold - policy.hysteresis for x in after]
    runs = [low[start : start + policy.consecutive] for start in range(len(low) - policy.consecutive + 1)]
    return any(map(all, runs[-1:] if at_the_end else runs))


def _slowed(read: Sequence[Reading], event: AlertEvent, policy: Policy) -> bool:
    after = since(read, str(event.facts.get("watermark", "")))
    return any(reading.burn is not None and reading.burn < policy.burn_ends for reading in after)
