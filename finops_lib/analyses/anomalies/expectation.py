"""What should each day have cost, and how far may it be from that? From the days before it alone.

The expectation is a level times a share of the week. Both are taken from a *cleaned* past: a day outside the range of
its own weekday is put back to the edge of it, until five of the last seven days are out there, for then the level has
moved. What comes back at the same place of the month (fees, taxes, month-end runs) is remembered as a charge of the
calendar and never moves the level.

Question: why not a season model per series? Choice: order statistics of whole weeks, for all series at once.
Why: they need no fitting, survive the events they are to find, and are a hundred times as fast as Prophet. Declined:
exponential smoothing, which learns the anomaly as fast as it learns the level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.calendar_charges import large_charge, remembered_charges
from finops_lib.analyses.anomalies.days import Days
from finops_lib.analyses.anomalies.rolling import (
    HISTORY,
    MAD_TO_SD,
    P75_TO_SD,
    PRECISION,
    Matrix,
    lagged,
    mean_before,
    middle,
    rank_before,
    same_weekdays,
    sorted_few,
)

WEEKS = 6
# Below this share of its weekly level, a weekday says nothing about the level.
QUIET_WEEKDAY = 0.3
# However steady the past: billing itself wobbles by this much.
NOISE_FLOOR = 0.02
# What a judged day rests on: cleaned days so far back, and the expectation of so many.
CLEANED_BACK, EXPECTED_BACK = 287, 192
_FAR = 1e9


@dataclass(frozen=True, slots=True)
class Expectation:
    """All matrices series x day, the judged days with those before them; money in the currency of the series.

    Args:
        days: which of the columns are judged.
        costs: what was charged, with a made-up history before it.
        born: column of the first day with a charge, per series; negative = before these columns.
        expected: what the day should have cost, charges of the calendar left out.
        unit: what one standard deviation is relative to; `noise` is that deviation.
        share: of the weekday in its week; 1 = an average day.
        level: mean of the last seven cleaned days; `size` is it without its sign, never zero; `lately_high`,
            `lately_low` the range it was in for six weeks.
        by_weekday: cleaned cost without its weekday, a level per day.
        charged: the largest charge of this place of the month in the last four months, up and down; 0 = none.
        busy: share of the last 98 days with a charge.
    """

    days: Days
    costs: Matrix
    born: NDArray[np.int64]
    cleaned: Matrix
    expected: Matrix
    unit: Matrix
    noise: Matrix
    share: Matrix
    level: Matrix
    size: Matrix
    lately_high: Matrix
    lately_low: Matrix
    by_weekday: Matrix
    charged: dict[int, Matrix]
    busy: Matrix

    @property
    def first(self) -> int:
        """The first judged column."""
        return int(self.costs.shape[1]) - self.days.newest


def expect(costs: Matrix, days: Days) -> Expectation:
    """Work out the expectation for each day of each series.

    Args:
        costs: series x day, whole numbers of days known or not yet complete; no nan.
    """
    past, born = with_history(costs)
    weeks = same_weekdays(past, WEEKS, newest=days.count)
    usual = middle(weeks)
    wobble = rank_before(np.abs(past - usual), 56, 28)
    size = np.abs(mean_before(np.minimum(past, np.maximum(weeks[-2], usual)), 28)) + 1e-9
    wobble = np.maximum(wobble, 0.03 * size)
    needed = min(days.newest + CLEANED_BACK, days.count)
    large = large_charge(usual, size, wobble)
    charged = {sign: remembered_charges(sign * (past - usual), large, days, born, newest=needed) for sign in (1, -1)}
    past, weeks = past[:, -needed:], [week[:, -needed:] for week in weeks]
    cleaned = _clean(past, weeks, usual[:, -needed:], wobble[:, -needed:], size[:, -needed:], charged)

    level = mean_before(cleaned, 7)
    part_of_week = np.clip(cleaned / np.where(np.abs(level) > 1e-9, level, np.inf), 0.0, 8.0)
    share = middle(same_weekdays(part_of_week, WEEKS, newest=needed))
    by_weekday = np.where(share > QUIET_WEEKDAY, cleaned / np.maximum(share, QUIET_WEEKDAY), level)
    expected = share * _best_level(cleaned, share, level, by_weekday)

    unit = np.maximum(np.abs(expected), 0.2 * np.abs(level)) + 1e-9
    missed = on_busy_weekdays(np.abs(cleaned - expected) / unit, share)
    # Older columns rest on days that are cut off.
    kept = min(days.newest + EXPECTED_BACK, days.count)
    same_weekday = middle(same_weekdays(missed, 8, newest=kept))
    spread = P75_TO_SD * rank_before(missed, 63, 47, newest=kept)
    noise = np.maximum(np.maximum(spread, 0.7 * MAD_TO_SD * same_weekday), NOISE_FLOOR)
    # A level is a mean of seven days, so one a week tells its range.
    lately = same_weekdays(level, WEEKS, newest=kept)
    return Expectation(
        days=days,
        costs=past[:, -kept:],
        born=born + HISTORY - days.count + kept,
        cleaned=cleaned[:, -kept:],
        expected=expected[:, -kept:],
        unit=unit[:, -kept:],
        noise=noise,
        share=share[:, -kept:],
        level=level[:, -kept:],
        size=np.abs(level)[:, -kept:] + 1e-9,
        lately_high=lately[-1],
        lately_low=lately[0],
        by_weekday=by_weekday[:, -kept:],
        charged={sign: charge[:, -kept:] for sign, charge in charged.items()},
        busy=mean_before(past != 0, 98)[:, -kept:],
    )


def with_history(costs: Matrix) -> tuple[Matrix, NDArray[np.int64]]:
    """Put HISTORY days before each series: its own first four weeks, again and again, up to its first charge.

    Nothing within four weeks of the first charge is judged, so no day is judged by what came after it.
    """
    series, length = costs.shape
    has_cost = costs != 0
    born = np.where(has_cost.any(axis=1), has_cost.argmax(axis=1), length)
    whole = np.concatenate([np.zeros((series, HISTORY)), costs], axis=1).astype(PRECISION)
    for begin in np.unique(born[born < length]).tolist():
        weeks = min(28, length - begin) // 7 * 7
        if weeks:
            rows, before = np.flatnonzero(born == begin), HISTORY + begin
            again = begin + (np.arange(before) - before) % weeks
            whole[rows, :before] = costs[rows[:, None], again[None, :]]
    return whole, born


def on_busy_weekdays(missed: Matrix, share: Matrix) -> Matrix:
    """Put in for a weekday without cost what was missed three days before: silence says nothing about noise."""
    return np.where(share > QUIET_WEEKDAY, missed, lagged(missed, 3))


def _clean(
    past: Matrix, weeks: list[Matrix], usual: Matrix, wobble: Matrix, size: Matrix, charged: dict[int, Matrix]
) -> Matrix:
    """Put days outside the range of their weekday back to its edge, unless the level itself has moved."""
    quiet = np.abs(usual) < 0.1 * size
    ratio = np.where(quiet, 1.0, past / np.where(quiet, 1.0, usual))
    # The level has moved by as much as five of the last seven days exceed.
    last_seven = sorted_few([lagged(ratio, back) for back in range(7)])
    risen, fallen = np.maximum(last_seven[2], 1.0), np.minimum(last_seven[4], 1.0)
    above = np.where(usual >= 0, usual * risen, usual * fallen)
    below = np.where(usual >= 0, usual * fallen, usual * risen)
    second = np.where(charged[1] > 0, usual, weeks[-2])
    last_but_one = np.where(charged[-1] > 0, usual, weeks[1])
    highest = np.maximum(np.maximum(second, usual + 3 * wobble), above + 0.12 * np.abs(above))
    lowest = np.minimum(np.minimum(last_but_one, usual - 3 * wobble), below - 0.12 * np.abs(below))
    put_down = np.maximum(usual + 1.5 * wobble, above)
    put_up = np.minimum(usual - 1.5 * wobble, below)
    return np.where(past > highest, put_down, np.where(past < lowest, put_up, past))


def _best_level(cleaned: Matrix, share: Matrix, level: Matrix, by_weekday: Matrix) -> Matrix:
    """Take the level that would have missed least in the last six weeks: whole weeks, or more of yesterday."""
    yesterday, before = lagged(by_weekday, 1), lagged(by_weekday, 2)
    candidates = [
        level,
        0.5 * level + 0.25 * (yesterday + before),
        0.3 * level + 0.7 * yesterday,
        mean_before(cleaned, 14),
    ]
    chosen, least = level, np.full_like(level, _FAR)
    for candidate in candidates:
        guess = share * candidate
        miss = np.minimum(np.abs(cleaned - guess) / np.maximum(np.abs(guess), 0.2 * np.abs(level) + 1e-9), 1.0)
        missed = mean_before(miss, 42)
        is_better = missed < least
        chosen, least = np.where(is_better, candidate, chosen), np.where(is_better, missed, least)
    return chosen
