"""Which days of the services are worth a reader's time? Flags become episodes, and small or familiar ones are left out.

The workbench decides by itself what is familiar; the rules of thumb, zscore and iqr, get gates of their own here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from finops_lib.analyses.anomalies.detectors import DETECTORS, WINDOW, Matrix, Scores, is_long_enough, past_windows
from finops_lib.analyses.anomalies.series import DailyCost, series_of
from finops_lib.analyses.anomalies.services import WORKBENCH, anomalies_of_services
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly

# Two months: the last month's end, start and weekly jobs are in it.
MEMORY = 63
# An episode must go this much further from the usual than anything in the two months before it.
FURTHER = 1.25
# After four weeks a new level is the usual one; a weekend does not end an episode.
LONGEST, INTERRUPTION = 28, 3


def find_anomalies(
    days: pl.DataFrame,
    *,
    as_of: date,
    method: str = WORKBENCH,
    threshold: float = 3.0,
    lookback_days: int = 30,
    min_impact: float = 100.0,
    min_percent: float = 10.0,
) -> list[Anomaly]:
    """Find the episodes of the last days, the largest money first.

    Args:
        days: figure query `anomalies_series_days`; at least MEMORY days before the look-back make it quiet.
        as_of: the last included day.
        method: workbench, a name from DETECTORS, or "both" for all of these; an episode that several found is one.
        threshold: of zscore and iqr, in standard deviations.
        lookback_days: an episode counts if its last day is one of these.
        min_impact: least difference to the expected cost over the episode, in the currency of the series.
        min_percent: least difference in percent of the expected cost; where nothing was expected, any is enough.
    Raises:
        ConfigError: no such detector.
    """
    names = DETECTORS.names()
    if method not in (WORKBENCH, "both", *names):
        raise ConfigError.unknown("method", method, [WORKBENCH, "both", *names])
    daily = series_of(days)
    if not daily.series:
        return []
    first_judged = as_of - timedelta(days=lookback_days - 1)
    told = anomalies_of_services(daily) if method == WORKBENCH else _fenced(daily, method, threshold)
    in_time = [e for e in told if first_judged <= e.end and e.start <= as_of]
    found = [e for e in in_time if _is_large(e, min_impact, min_percent)]
    return sorted(found, key=lambda a: (-abs(a.impact), a.scope, a.start))


def _fenced(daily: DailyCost, method: str, threshold: float) -> list[Anomaly]:
    """Give the episodes that the rules of thumb find and that go further than what was there before."""
    names = DETECTORS.names() if method == "both" else [method]
    scores = {name: DETECTORS.get(name)(daily.costs, threshold=threshold) for name in names}
    flags = np.stack([found.flagged for found in scores.values()])
    signed = np.sum(np.sign(np.nan_to_num([found.score for found in scores.values()])) * flags, axis=0)
    # The detectors that flagged a day say together what was expected of it.
    expected = np.sum(np.where(flags, [s.expected for s in scores.values()], 0.0), axis=0) / np.maximum(flags.sum(0), 1)
    return [
        _tell(daily, row, episode, scores)
        for row, costs in enumerate(daily.costs)
        for episode in _episodes(signed[row], costs, expected[row])
    ]


def judged_series(days: pl.DataFrame, *, as_of: date, lookback_days: int = 30) -> tuple[int, int]:
    """Count the series of which at least one day could be judged, and all series: silence about the rest means nothing.

    Args:
        days: figure query `anomalies_series_days`.
    """
    daily = series_of(days)
    if not daily.series:
        return 0, 0
    first = max((as_of - daily.first_day).days - lookback_days + 1, 0)
    enough = is_long_enough(past_windows(daily.costs, window=WINDOW)) & ~np.isnan(daily.costs)
    return int(enough[:, first:].any(axis=1).sum()), len(daily.series)


@dataclass(frozen=True, slots=True)
class _Episode:
    start: int
    end: int
    expected_a_day: float


def _episodes(signed: Matrix, costs: Matrix, expected: Matrix) -> Iterator[_Episode]:
    """Give the runs of flagged days that point the same way, each for as long as the cost stays out there."""
    directions = np.sign(signed)
    edges = np.flatnonzero(np.diff(directions)) + 1
    told_until = -1
    for start, stop in zip([0, *edges], [*edges, len(directions)], strict=True):
        if directions[start] == 0 or start <= told_until:
            continue
        # What was expected on the eve of the episode: its own days must not raise the expectation.
        usual = float(expected[start])
        if _is_new(costs, int(start), int(stop), usual):
            told_until = _last_day_out(costs, int(start), int(stop), usual)
            yield _Episode(int(start), told_until, usual)


def _is_new(costs: Matrix, start: int, stop: int, usual: float) -> bool:
    """Say whether the days went clearly further than their series did in the two months before."""
    before = costs[max(start - MEMORY, 0) : start]
    before, during = before[~np.isnan(before)], costs[start:stop]
    if before.size == 0:
        return False
    above, below = max(before.max() - usual, 0.0), max(usual - before.min(), 0.0)
    return bool(np.nanmax(during) - usual > FURTHER * above or usual - np.nanmin(during) > FURTHER * below)


def _last_day_out(costs: Matrix, start: int, stop: int, usual: float) -> int:
    """Follow an episode while its cost stays nearer to the flagged days than to the usual, weekends left aside."""
    halfway = (float(np.nanmean(costs[start:stop])) - usual) / 2
    last = stop - 1
    for day in range(stop, min(start + LONGEST, len(costs))):
        if day - last > INTERRUPTION:
            break
        if (costs[day] - usual) / halfway >= 1:
            last = day
    return last


def _tell(daily: DailyCost, row: int, episode: _Episode, scores: dict[str, Scores]) -> Anomaly:
    series, days = daily.series[row], slice(episode.start, episode.end + 1)
    actual = float(np.nansum(daily.costs[row, days]))
    expected = episode.expected_a_day * (episode.end - episode.start + 1)
    return Anomaly(
        scope=series.scope,
        provider=series.provider,
        account=series.account,
        service=series.service,
        start=daily.day(episode.start),
        end=daily.day(episode.end),
        expected=expected,
        actual=actual,
        impact=actual - expected,
        currency=series.currency,
        deviation_pct=100 * (actual - expected) / expected if expected > 0 else None,
        methods=tuple(name for name, found in scores.items() if found.flagged[row, days].any()),
        score=round(max(float(np.nanmax(np.abs(np.nan_to_num(s.score[row, days])))) for s in scores.values()), 2),
        cause="",
    )


def _is_large(episode: Anomaly, min_impact: float, min_percent: float) -> bool:
    is_large = abs(episode.impact) >= min_impact
    return is_large and (episode.deviation_pct is None or abs(episode.deviation_pct) >= min_percent)
