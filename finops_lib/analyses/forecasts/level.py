"""Candidates for the level of a series: what an average day will cost over the next weeks.

Every candidate is computed for every week of the past at once, from that week and those before it only. So the same
numbers serve as forecast (the newest week) and as its own trial (all others).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import MAD_TO_STD, Weeks

Cube = NDArray[np.float64]

# Weeks ahead for which candidates are tried and mixed: a horizon between two of them is interpolated.
AHEAD = (1, 2, 4, 8, 13)
WINDOWS = (1, 2, 4, 8, 26)
SMOOTHINGS = (0.5, 0.25)
RAW_WINDOWS = (13, 26)
# A shift is larger than this part of the level, and this part of it happens between two weeks.
SHIFT, AT_ONCE = 0.15, 0.8
# A week is over its oddity when its last days are back by this part of the way.
GONE_BACK = 0.7
# Weeks of a trend -> the part of its slope that is left a week later: a short trend soon ends.
TRENDS = {4: 0.8, 8: 0.9, 13: 1.0, 26: 1.0, 39: 1.0, 52: 1.0}


@dataclass(frozen=True, slots=True)
class Candidates:
    """`level` and `slope` are candidate x series x week: daily cost at that week's end, and its change a week.

    `kept` is the part of its slope that a candidate keeps from week to week.
    """

    names: tuple[str, ...]
    level: Cube
    slope: Cube
    kept: tuple[float, ...]

    def ahead(self, weeks: int) -> Cube:
        """Give the mean daily cost that each candidate expects over the next `weeks` weeks."""
        steps = [np.cumsum(kept ** np.arange(1, weeks + 1)).mean() for kept in self.kept]
        return np.asarray(self.level + self.slope * np.array(steps)[:, None, None])


def candidates(weeks: Weeks) -> Candidates:
    """Compute all candidates for all weeks."""
    level, raw, weight = _settled(_without_lone_weeks(weeks), weeks), weeks.raw, weeks.weight
    begun = _weeks_since_shift(level, weight, weeks.newest)
    found: dict[str, tuple[Matrix, Matrix, float]] = {}
    none = np.zeros_like(level)
    for span in WINDOWS:
        found[f"mean of {span} weeks"] = (_rebased_mean(level, weight, begun, span), none, 1.0)
    for share in SMOOTHINGS:
        memory = round(2 / share)
        smooth = np.where(begun < memory, _rebased_mean(level, weight, begun, memory), _smoothed(level, weight, share))
        found[f"smoothed {share}"] = (smooth, none, 1.0)
    for span in RAW_WINDOWS:
        found[f"mean of {span} weeks with outliers"] = (_rebased_mean(raw, weight, begun, span), none, 1.0)
    for span, kept in TRENDS.items():
        end, slope = _line(level, weight, begun, span)
        # The line tells the direction, the newest weeks where it has come to.
        found[f"trend of {span} weeks"] = (0.5 * (end + found["mean of 2 weeks"][0] + 0.5 * slope), slope, kept)
    levels, slopes, kept_of = zip(*found.values(), strict=True)
    return Candidates(tuple(found), np.stack(levels), np.stack(slopes), kept_of)


def _without_lone_weeks(weeks: Weeks) -> Matrix:
    """Bring a week that both its neighbours contradict back to them; the newest week has no second neighbour yet."""
    level = weeks.level.copy()
    before, now, after = weeks.level[:, :-2], weeks.level[:, 1:-1], weeks.level[:, 2:]
    whole = (weeks.weight[:, :-2] > 0) & (weeks.weight[:, 2:] > 0)
    low, high = np.minimum(before, after), np.maximum(before, after)
    spread = 3 * _weekly_noise(weeks.level, weeks.weight)[:, None]
    level[:, 1:-1] = np.where(whole, np.clip(now, low - spread, high + spread), now)
    return level


def _settled(level: Matrix, weeks: Weeks) -> Matrix:
    """Take the end of a week for the week where it began with an outage or a spike that is over."""
    before = np.zeros_like(level)
    money, mass = _sums(level, weeks.weight)
    stop = np.arange(1, level.shape[1])
    start = np.maximum(stop - 3, 0)
    known = mass[:, stop] - mass[:, start]
    before[:, 1:] = (money[:, stop] - money[:, start]) / np.maximum(known, 1e-9)
    moved, back = np.abs(level - before), np.abs(weeks.newest - before)
    is_odd = (moved > 4 * _weekly_noise(level, weeks.weight)[:, None]) & (moved > 0.1 * np.abs(before))
    is_odd[:, 1:] &= known > 0.9
    is_odd[:, 0] = False
    return np.asarray(np.where(is_odd & (back < GONE_BACK * moved), before, level))


def _weekly_noise(level: Matrix, weight: Matrix) -> NDArray[np.float64]:
    """Give the robust standard deviation of a week against the week before; infinite where there are too few."""
    if level.shape[1] < 2:
        return np.full(len(level), np.inf)
    both = (weight[:, 1:] > 0) & (weight[:, :-1] > 0)
    change = np.where(both, np.abs(np.diff(level, axis=1)), np.nan)[:, -52:]
    ordered = np.sort(change, axis=1)
    count = both[:, -52:].sum(axis=1)
    at = np.maximum(count // 2, 0)
    found = np.take_along_axis(ordered, np.minimum(at, ordered.shape[1] - 1)[:, None], axis=1)[:, 0]
    return np.asarray(np.where(count >= 3, MAD_TO_STD * np.nan_to_num(found) / np.sqrt(2.0), np.inf))


def _sums(level: Matrix, weight: Matrix) -> tuple[Matrix, Matrix]:
    first = np.zeros((len(level), 1))
    money = np.concatenate([first, np.cumsum(level * weight, axis=1)], axis=1)
    mass = np.concatenate([first, np.cumsum(weight, axis=1)], axis=1)
    return money, mass


def _mean_of_last(level: Matrix, weight: Matrix, span: NDArray[np.int64]) -> Matrix:
    """Give for each week the mean of the `span` weeks up to it; span is series x week."""
    money, mass = _sums(level, weight)
    end = np.arange(1, level.shape[1] + 1)[None, :]
    start = np.maximum(end - span, 0)
    rows = np.arange(len(level))[:, None]
    total = money[:, 1:] - money[rows, start]
    known = mass[:, 1:] - mass[rows, start]
    return np.asarray(np.where(known > 1e-9, total / np.maximum(known, 1e-9), 0.0))


def _rebased_mean(level: Matrix, weight: Matrix, begun: NDArray[np.int64], span: int) -> Matrix:
    return _mean_of_last(level, weight, np.minimum(begun, span))


def _smoothed(level: Matrix, weight: Matrix, kept: float) -> Matrix:
    """Smooth exponentially, with the exact mean of what is known at the start (weights normalised)."""
    money, mass = np.zeros(len(level)), np.zeros(len(level))
    smooth = np.empty_like(level)
    for week in range(level.shape[1]):
        money = (1 - kept) * money + weight[:, week] * level[:, week]
        mass = (1 - kept) * mass + weight[:, week]
        smooth[:, week] = np.where(mass > 1e-9, money / np.maximum(mass, 1e-9), 0.0)
    return smooth


def _weeks_since_shift(
    level: Matrix, weight: Matrix, newest: Matrix, *, limit: float = 6.0, spans: int = 10
) -> NDArray[np.int64]:
    """Say for each week how many weeks ago the level shifted for the last time; a large number where it did not.

    A shift: the weeks since then and the six before differ by more than `limit` times what the series' weeks differ by
    anyway, and by more than a tenth; most of the way is gone at once, or it is a trend; and the newest days have not
    gone back.
    """
    noise = _weekly_noise(level, weight)[:, None]
    begun = np.full(level.shape, 10_000, dtype=np.int64)
    best = np.full(level.shape, limit)
    money, mass = _sums(level, weight)
    for span in range(1, min(spans, level.shape[1] - 1) + 1):
        turn = np.arange(level.shape[1] - span) + 1
        after, _ = _mean_between(money, mass, turn, turn + span)
        before, known = _mean_between(money, mass, np.maximum(turn - 6, 0), turn)
        first, _ = _mean_between(money, mass, turn, turn + min(span, 2))
        last, _ = _mean_between(money, mass, np.maximum(turn - 2, 0), turn)
        change = np.abs(after - before)
        apart = change / np.maximum(noise * np.sqrt(1 / span + 1 / 6) * 1.5, 1e-12)
        is_shift = (known > 1.5) & (apart > best[:, span:])
        is_shift &= change > SHIFT * np.maximum(np.abs(before), np.abs(after))
        is_shift &= (first - last) * (after - before) > AT_ONCE * change**2
        is_shift &= np.abs(newest[:, span:] - before) > 0.5 * change
        best[:, span:] = np.where(is_shift, apart, best[:, span:])
        begun[:, span:] = np.where(is_shift, span, begun[:, span:])
    return begun


def _mean_between(
    money: Matrix, mass: Matrix, start: NDArray[np.int64], stop: NDArray[np.int64]
) -> tuple[Matrix, Matrix]:
    """Give the mean of the weeks of `[start, stop)`, and how many of them are known."""
    known = mass[:, stop] - mass[:, start]
    return (money[:, stop] - money[:, start]) / np.maximum(known, 1e-9), known


def _line(level: Matrix, weight: Matrix, begun: NDArray[np.int64], span: int) -> tuple[Matrix, Matrix]:
    """Fit a line through the last `span` weeks of each week: its value at the end, its slope; flat since a shift."""
    x = np.arange(span) - (span - 1) / 2
    end, slope = _rebased_mean(level, weight, begun, min(span, 4)), np.zeros_like(level)
    if level.shape[1] < span:
        return end, slope
    windows = np.lib.stride_tricks.sliding_window_view(level, span, axis=1)
    known = np.lib.stride_tricks.sliding_window_view(weight > 0, span, axis=1).all(axis=2)
    usable = known & (begun[:, span - 1 :] > span)
    fitted = windows @ x / (x @ x)
    slope[:, span - 1 :] = np.where(usable, fitted, 0.0)
    end[:, span - 1 :] = np.where(usable, windows.mean(axis=2) + fitted * x[-1], end[:, span - 1 :])
    return end, slope
