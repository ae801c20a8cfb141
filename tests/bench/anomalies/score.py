"""Flags against labels, event by event: point-wise scores and windows that adjust themselves flatter any noise.

An event is found if a flag falls into its days; flags in the weeks after it, while a level settles, count for nothing.
Every other flag is false: flags at most three days apart are one false alert, and each week of it counts again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tests.bench.estate import Estate, Label

Matrix = NDArray[np.float64]

# Money below which an event is too small to be asked for: its days count neither way.
LEAST_A_DAY, LEAST_A_MONTH = 4.0, 30.0
# A new service is an event from here on; a cheaper one is merely new.
EXPENSIVE_A_DAY = 15.0
LASTING = ("level shift", "step down", "diffuse rise", "ramp", "fee jump")
# Days from the start of an event, or from its end, in which the first flag still counts.
FROM_START = {"level shift": 13, "step down": 13, "diffuse rise": 13}
FROM_END = {"spike": 1, "ramp": 3, "drop": 1, "fee jump": 1}
JOINED, WEEK = 3, 7
# After a level has moved, or while it climbs, more flags are news about the same event.
SETTLES = 28


@dataclass(frozen=True, slots=True)
class Event:
    """An event that should be found, in columns of the estate."""

    node: str
    kind: str
    start: int
    last: int
    amount: float


@dataclass(frozen=True, slots=True)
class Scored:
    """What flags at one threshold are worth.

    Args:
        false_alerts: per 100 series and weeks.
        delay: mean days from the start of an event to its first flag.
        found: events found, per kind, and how many there were.
    """

    threshold: float
    precision: float
    recall: float
    money_recall: float
    false_alerts: float
    delay: float
    found: Mapping[str, tuple[int, int]]

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def events_of(estate: Estate, first: int, last: int) -> tuple[list[Event], dict[str, list[tuple[int, int]]]]:
    """Give the events of `[first, last]`, and per node the days on which flags count for nothing."""
    events: list[Event] = []
    ignored: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for label in estate.labels:
        start, end = estate.column(label.start), estate.column(label.end)
        if start > last:
            continue
        counts_until = min(_counts_until(label, start, end), last)
        settled = start + SETTLES if label.kind in LASTING else counts_until + JOINED
        settled = end + 3 * WEEK if label.kind == "ramp" else settled
        if label.kind == "diffuse rise":
            for series in estate.series:
                if series.startswith(label.series[:-1]):
                    ignored[series].append((start, settled))
        if end < last and label.kind not in ("spike", "long spike", "burst"):
            # What ends comes back, and that is no event of its own.
            ignored[label.series].append((end, end + 2 * WEEK))
        ignored[label.series].append((start - 1, settled))
        if not label.is_announced and start >= first and _is_large(label, start, end):
            events.append(Event(label.series, label.kind, start, counts_until, abs(label.amount)))
    return events, ignored


def alerts(
    confidence: Mapping[str, Matrix], estate: Estate, *, first: int, last: int, least: float
) -> Iterator[tuple[float, bool]]:
    """Give each alert at its highest confidence, and whether it tells of an event.

    Days of at least `least` that are at most three days apart are one alert; those that count for nothing are left out.
    """
    events, ignored = events_of(estate, first, last)
    for node, values in confidence.items():
        windows = [(event.start, event.last) for event in events if event.node == node]
        alert: list[int] = []
        for day in [*(np.flatnonzero(values[: last + 1] >= least)), last + 2 * JOINED]:
            if alert and day - alert[-1] > JOINED:
                is_real = any(start <= one <= end for one in alert for start, end in windows)
                known = [one for one in alert if not any(start <= one <= end for start, end in ignored[node])]
                if alert[0] >= first and (is_real or known):
                    yield float(max(values[one] for one in (alert if is_real else known))), is_real
                alert = []
            alert.append(int(day))


def scored_at(threshold: float, confidence: Mapping[str, Matrix], estate: Estate, *, first: int, last: int) -> Scored:
    """Score the flags at one threshold.

    Args:
        confidence: per node (series, or account/*), one value per column; 0 = no flag at any threshold.
    """
    events, ignored = events_of(estate, first, last)
    of_node: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        of_node[event.node].append(event)
    hits: dict[Event, int] = {}
    false = 0
    for node, values in confidence.items():
        flags = np.flatnonzero((values >= threshold) & (values > 0))
        flags = flags[(flags >= first) & (flags <= last)]
        if not flags.size:
            continue
        is_used = np.zeros(flags.size, bool)
        for event in of_node[node]:
            inside = (flags >= event.start) & (flags <= event.last)
            if inside.any():
                hits[event] = int(flags[inside][0]) - event.start
            is_used |= inside
        for start, end in ignored[node]:
            is_used |= (flags >= start) & (flags <= end)
        false += _episodes(flags[~is_used])
    money = sum(event.amount for event in events)
    there, found = Counter(e.kind for e in events), Counter(e.kind for e in hits)
    weeks = len(estate.series) * (last - first + 1) / WEEK / 100
    return Scored(
        threshold=threshold,
        precision=len(hits) / max(len(hits) + false, 1),
        recall=len(hits) / max(len(events), 1),
        money_recall=sum(event.amount for event in hits) / max(money, 1e-9),
        false_alerts=false / weeks,
        delay=float(np.mean(list(hits.values()))) if hits else 0.0,
        found={kind: (found[kind], count) for kind, count in there.items()},
    )


def curve(confidence: Mapping[str, Matrix], estate: Estate, *, first: int, last: int, points: int = 60) -> list[Scored]:
    """Score at thresholds over the whole ranking, the lowest first."""
    values = np.concatenate([row[first : last + 1] for row in confidence.values()])
    values = values[values > 0]
    if not values.size:
        return [scored_at(1.0, confidence, estate, first=first, last=last)]
    thresholds = np.unique(np.quantile(values, 1 - np.geomspace(1, 1 / values.size, points)))
    return [scored_at(float(t), confidence, estate, first=first, last=last) for t in thresholds]


def average_precision(points: list[Scored]) -> float:
    """Give the area under precision over recall, each precision the best at that recall or above."""
    ordered = sorted(points, key=lambda point: point.recall)
    recalls = np.array([0.0, *(point.recall for point in ordered)])
    precisions = np.maximum.accumulate([point.precision for point in ordered][::-1])[::-1]
    return float(np.sum(np.diff(recalls) * precisions))


def at_budget(points: list[Scored], false_alerts: float = 1.0) -> tuple[float, float]:
    """Give (recall, recall of money) at no more false alerts than that per 100 series and weeks."""
    inside = [point for point in points if point.false_alerts <= false_alerts]
    return max((p.recall for p in inside), default=0.0), max((p.money_recall for p in inside), default=0.0)


def _counts_until(label: Label, start: int, end: int) -> int:
    return start + FROM_START[label.kind] if label.kind in FROM_START else end + FROM_END.get(label.kind, 0)


def _is_large(label: Label, start: int, end: int) -> bool:
    a_day = abs(label.amount) / (end - start + 1)
    if label.kind == "new service":
        # Its money is that of its first thirty days: what matters is an expensive one.
        return abs(label.amount) / 30 >= EXPENSIVE_A_DAY
    if label.kind in ("level shift", "step down", "ramp") and a_day * 30 < LEAST_A_MONTH:
        return False
    return a_day >= LEAST_A_DAY


def _episodes(flags: NDArray[np.int64]) -> int:
    count, last, counted = 0, -WEEK, -WEEK
    for flag in flags:
        if flag - last > JOINED or flag - counted >= WEEK:
            count, counted = count + 1, int(flag)
        last = int(flag)
    return count
