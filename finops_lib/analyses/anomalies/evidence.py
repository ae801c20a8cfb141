"""Which days look as if something happened? One test per way in which cost can leave its range, up and down.

    sudden      one day far from its expectation, and further than almost any day of four months
    sparse      a service that costs only now and then costs a multiple of all it ever did
    charge      a fee, tax or month-end run well above the same place of the last four months
    level 3..14 days of a week or two, weekdays taken out, against the weeks before: shifts, ramps

A test gives the days it can speak of, and a few numbers about each; what they are worth is for `confidence` to say.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.rolling import (
    MAD_TO_SD,
    Matrix,
    lagged,
    mean_before,
    most_before,
    rank_before,
    rank_of_smooth,
)

# Days of the newest bill may still grow: nothing that lacks cost is said of them.
OPEN_DAYS = 3
# Money a day below which nobody wants to hear of it, in the currency of the series.
FLOOR_A_DAY = 4.0
FLOOR_A_MONTH = 30.0
# A level test compares the mean of its last days with two weeks that end so many days before.
LEVELS = ((3, 3), (7, 7), (7, 21), (14, 28))
WINDOW = 126
SETTLED_AFTER, LEVEL_SETTLED_AFTER = 28, 42
SPARSE_BELOW = 0.5
# A level that moved by less is weather.
LEAST_MOVE = 0.06


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one test says.

    Args:
        test: its name, the direction as its last letter: `sudden+`, `level 7/21-`.
        where: series x judged day, True where it speaks.
        values: one array per feature, one entry per True of `where`; logarithms but for shares.
    """

    test: str
    where: NDArray[np.bool_]
    values: NDArray[np.float64]


def gather(expectation: Expectation, *, open_days: int = OPEN_DAYS) -> list[Evidence]:
    """Make every test in both directions.

    Args:
        open_days: how many of the newest days may still grow.
    """
    may_point = {sign: _may_point(expectation, sign, open_days) for sign in (1, -1)}
    levels = _level_moves(expectation, may_point, open_days)
    evidence = []
    for sign in (1, -1):
        evidence += [*_of_a_day(expectation, sign, may_point[sign]), *_of_levels(levels, sign)]
    return evidence


def _of_a_day(given: Expectation, sign: int, may_point: NDArray[np.bool_]) -> list[Evidence]:
    now = slice(given.first, None)
    noise, size, charged = given.noise[:, now], given.size[:, now], given.charged[sign][:, now]
    costs, expected = given.costs[:, now], given.expected[:, now]
    # Charges of the calendar say nothing about how far a day of usage can go.
    beyond = np.maximum(np.maximum(sign * (given.costs - given.expected), 0.0) - 1.1 * given.charged[sign], 0.0)
    # Back to where it lately was is no news.
    back = given.share[:, now] * (given.lately_high if sign > 0 else given.lately_low)[:, now]
    usual = np.where(sign * back > sign * expected, back, expected)
    judged = np.maximum(np.minimum(sign * (costs - usual), beyond[:, now]), 0.0)
    steps = judged / (noise * given.unit[:, now])
    percent = judged / (np.abs(expected) + charged + 0.05 * size)
    tenths = judged / (0.1 * charged + 1e-9)

    can_be = settled(given, SETTLED_AFTER) & (judged >= FLOOR_A_DAY) & may_point
    recurs, is_sparse = charged > 0, given.busy[:, now] < SPARSE_BELOW
    is_charge = can_be & recurs & (tenths > 0.8) & (steps > 2.5)
    is_sudden = can_be & ~is_sparse & ~recurs & (steps > 2.5) & (percent > 0.08)
    is_burst = can_be & is_sparse & ~recurs
    # Only a series that may be told is worth the filters that look for its own records.
    rows = np.flatnonzero((is_charge | is_sudden | is_burst).any(axis=1))
    least = 0.02 * size[rows] + 0.5
    largest, second, in_logs = np.zeros_like(judged), np.zeros_like(judged), np.ones_like(judged)
    if rows.size:
        past, asked = beyond[rows], judged.shape[1]
        largest[rows] = past[:, now] / (most_before(past, WINDOW, newest=asked) + least)
        second[rows] = past[:, now] / (rank_before(past, WINDOW, WINDOW - 2, newest=asked) + least)
        if sign > 0:
            in_logs[rows] = _log_steps(given, rows)
    common = [_Value(judged), _Value(percent), _Value(noise)]
    records = [_Value(largest, 0.1, 30), _Value(second, 0.1, 30)]
    mark = "+" if sign > 0 else "-"
    evidence = [
        _evidence(
            f"sudden{mark}", is_sudden & (second > 0.8), [_Value(steps), _Value(in_logs, 0.1, 100), *records, *common]
        ),
        _evidence(f"charge{mark}", is_charge, [_Value(tenths, 0.1, 30), _Value(steps), records[0], *common]),
    ]
    if sign > 0:
        values = [*records, _Value(given.busy[:, now], is_share=True), *common]
        evidence.append(_evidence(f"sparse{mark}", is_burst & (largest > 0.8), values))
    return evidence


def _log_steps(given: Expectation, rows: NDArray[np.int64]) -> Matrix:
    """Give the distance in standard deviations of logarithms: noise that multiplies makes large rises common."""
    now = slice(given.first, None)
    least = 0.05 * given.size[rows]
    expected = np.log(np.maximum(np.abs(given.expected[rows]), least))
    missed = np.abs(np.log(np.maximum(np.abs(given.cleaned[rows]), least)) - expected)
    usual_miss = rank_before(missed, 63, 50, newest=given.days.newest)
    rise = np.log(np.maximum(np.abs(given.costs[rows, now]), least[:, now])) - expected[:, now]
    return np.asarray(np.maximum(rise, 0.0) / np.maximum(usual_miss, 0.02))


@dataclass(frozen=True, slots=True)
class _Move:
    """One level test: relative change, that in units of its usual and of its largest size, and money a day."""

    name: str
    where: dict[int, NDArray[np.bool_]]
    change: dict[int, Matrix]
    steps: dict[int, Matrix]
    record: dict[int, Matrix]
    money: dict[int, Matrix]
    noise: Matrix


def _level_moves(given: Expectation, may_point: dict[int, NDArray[np.bool_]], open_days: int) -> list[_Move]:
    now, asked = slice(given.first, None), given.days.newest
    fortnight = mean_before(given.by_weekday, 14, skip=0)
    can_be = settled(given, LEVEL_SETTLED_AFTER) & (given.busy[:, now] >= SPARSE_BELOW)
    can_be[:, max(asked - open_days, 0) :] = False
    moves = []
    for days, back in LEVELS:
        before = lagged(fortnight, back)
        base = np.abs(before) + 0.1 * given.size
        here = mean_before(given.by_weekday, days, skip=0)
        where, news, money = {}, {}, {}
        for sign in (1, -1):
            lately = lagged(given.lately_high if sign > 0 else given.lately_low, days)[:, now]
            against = np.where(sign * lately > sign * before[:, now], lately, before[:, now])
            news[sign] = np.clip(sign * (here[:, now] - against) / base[:, now], 0.0, 3.0)
            money[sign] = news[sign] * base[:, now]
            is_large = (news[sign] > LEAST_MOVE) & (money[sign] * 30 > FLOOR_A_MONTH)
            where[sign] = can_be & may_point[sign] & is_large
        # Only a series that may be told is worth the filters that look for its own records.
        rows = np.flatnonzero((where[1] | where[-1]).any(axis=1))
        steps, record = ({sign: np.zeros_like(news[sign]) for sign in news} for _ in range(2))
        if rows.size:
            change = np.clip((here[rows] - before[rows]) / base[rows], -3.0, 3.0)
            usual = MAD_TO_SD * rank_of_smooth(np.abs(change), WINDOW, WINDOW // 2, skip=days, newest=asked)
            largest = {
                sign: rank_of_smooth(np.maximum(sign * change, 0.0), WINDOW, WINDOW - 4, skip=days + 3, newest=asked)
                for sign in news
            }
            for sign in news:
                steps[sign][rows] = news[sign][rows] / np.maximum(usual, 0.012)
                most = np.maximum(largest[sign], 0.5 * largest[-sign])
                record[sign][rows] = news[sign][rows] / (most + 0.015)
        moves.append(_Move(f"level {days}/{back}", where, news, steps, record, money, given.noise[:, now]))
    return moves


def _of_levels(moves: list[_Move], sign: int) -> list[Evidence]:
    evidence = []
    for move in moves:
        change, steps, record, money = (part[sign] for part in (move.change, move.steps, move.record, move.money))
        found = move.where[sign] & (steps > 2.5) & (record > 0.8)
        values = [_Value(steps), _Value(record, 0.1, 30), _Value(change), _Value(money), _Value(move.noise)]
        evidence.append(_evidence(f"{move.name}{'+' if sign > 0 else '-'}", found, values))
    return evidence


def settled(given: Expectation, after: int) -> NDArray[np.bool_]:
    """Say on which judged days a series is old enough."""
    column = np.arange(given.first, given.costs.shape[1])[None, :]
    return np.asarray(column >= given.born[:, None] + after)


def _may_point(given: Expectation, sign: int, open_days: int) -> NDArray[np.bool_]:
    """Say where a move in this direction can be meant: open days and the end of the year make everything smaller."""
    now = slice(given.first, None)
    is_credit = (given.expected[:, now] < -1e-9) | (given.costs[:, now] < 0)
    makes_smaller = is_credit if sign > 0 else ~is_credit
    may_grow: NDArray[np.bool_] = np.zeros(is_credit.shape, bool)
    may_grow[:, max(may_grow.shape[1] - open_days, 0) :] = True
    is_year_end = given.days.is_year_end[-given.days.newest :]
    blocked = makes_smaller & (is_year_end[None, :] | may_grow)
    return np.asarray(~blocked if sign > 0 else ~(blocked | may_grow))


def _evidence(test: str, where: NDArray[np.bool_], values: list[_Value]) -> Evidence:
    return Evidence(test, where, np.stack([value.at(where) for value in values], axis=1))


@dataclass(frozen=True, slots=True)
class _Value:
    """One feature, worked out only where a test speaks: a share as it is, or a logarithm between two limits."""

    values: Matrix
    low: float = 1e-3
    high: float = 1e5
    is_share: bool = False

    def at(self, where: NDArray[np.bool_]) -> Matrix:
        there = self.values[where]
        return there if self.is_share else np.log(np.clip(there, self.low, self.high))
