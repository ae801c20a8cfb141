"""The quiet days between Christmas and New Year: they are no news about the level, and they come again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.calendar import Calendar
from finops_lib.analyses.forecasts.panel import Matrix

# Who has never been seen at a year's end is expected a little quieter, as services are on the average.
UNSEEN = 0.95
QUIETEST = 0.3
FEWEST_DAYS = 3
WEEKS_BESIDE = 3


@dataclass(frozen=True, slots=True)
class YearEnds:
    """The year's ends of a history: first and last column of each, and per series what a day cost over a usual one."""

    spans: tuple[tuple[int, int], ...]
    ratios: tuple[NDArray[np.float64], ...]

    def factor(self, calendar: Calendar, last: int, ahead: Calendar) -> Matrix:
        """Give what to multiply the days ahead with, as known at column `last`: series x day ahead, or 1 x day."""
        seen = [
            ratio for (start, _), ratio in zip(self.spans, self.ratios, strict=True) if start + FEWEST_DAYS <= last + 1
        ]
        ratio = seen[-1][:, None] if seen else np.full((1, 1), UNSEEN)
        return np.asarray(np.where(ahead.is_year_end[None, :], ratio, 1.0))


def year_ends_of(usage: Matrix, known: NDArray[np.bool_], calendar: Calendar) -> tuple[YearEnds, Matrix]:
    """Find how quiet each year's end was, and give the usage as it would have been without."""
    spans, ratios, filled = [], [], usage
    edges = np.flatnonzero(np.diff(np.concatenate([[0], calendar.is_year_end.astype(np.int8), [0]])))
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if start < 7 * WEEKS_BESIDE or stop - start < FEWEST_DAYS:
            continue
        ratio = _ratio(usage, known, int(start), int(stop))
        if filled is usage:
            filled = usage.copy()
        filled[:, start:stop] = usage[:, start:stop] / ratio[:, None]
        spans.append((int(start), int(stop) - 1))
        ratios.append(ratio)
    return YearEnds(tuple(spans), tuple(ratios)), filled


def _ratio(usage: Matrix, known: NDArray[np.bool_], start: int, stop: int) -> NDArray[np.float64]:
    """Compare with the same weekdays of the weeks before, and of those after where they are there already."""
    usual = _same_weekdays(usage, start, stop, range(-WEEKS_BESIDE, 0), base=start)
    if usage.shape[1] - stop >= 7:
        after = _same_weekdays(usage, start, stop, range(0, min(WEEKS_BESIDE, (usage.shape[1] - stop) // 7)), base=stop)
        # A level that falls for good at Christmas is not a quiet week.
        usual = np.where(np.abs(after.sum(axis=1)) < np.abs(usual.sum(axis=1)), after.T, usual.T).T
    expected, actual = usual.sum(axis=1), usage[:, start:stop].sum(axis=1)
    has_usual = known[:, start - 7 * WEEKS_BESIDE] & (np.abs(expected) > 0)
    ratio = np.where(has_usual, actual / np.where(has_usual, expected, 1.0), 1.0)
    return np.asarray(np.where((ratio < 0.97) & (ratio > 0), np.maximum(ratio, QUIETEST), 1.0))


def _same_weekdays(usage: Matrix, start: int, stop: int, weeks: range, *, base: int) -> Matrix:
    days = np.arange(start, stop)
    columns = [base + 7 * week + (days - base) % 7 for week in weeks]
    return np.asarray(np.median(np.stack([usage[:, column] for column in columns]), axis=0))
