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
    HISTORY,
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one test says.

    Args:
        test: its name, the direction as its last letter: `sudden+`, `level 7/21-`.
        where: series x day, True where it speaks.
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
    excess = np.maximum(sign * (given.costs - given.expected), 0.0)
    charged = given.charged[sign]
    # Back to where it lately was is no news.
    back = given.share * (given.lately_high if sign > 0 else given.lately_low)
    usual = np.where(sign * back > sign * given.expected, back, given.expected)
    judged = np.maximum(np.minimum(sign * (given.costs - usual), excess - 1.1 * charged), 0.0)
    steps = judged / (given.noise * given.unit)
    least = 0.02 * given.size + 0.5
    # Charges of the calendar say nothing about how far a day of usage can go.
    beyond = np.maximum(excess - 1.1 * charged, 0.0)
    largest = beyond / (most_before(beyond, WINDOW) + least)
    second = beyond / (rank_before(beyond, WINDOW, WINDOW - 2) + least)
    percent = judged / (np.abs(given.expected) + charged + 0.05 * given.size)

    can_be = _settled(given, SETTLED_AFTER) & (judged >= FLOOR_A_DAY) & may_point
    recurs, is_sparse = charged > 0, given.busy < SPARSE_BELOW
    common = [_Value(judged), _Value(percent), _Value(given.noise)]
    mark = "+" if sign > 0 else "-"

    found = can_be & ~is_sparse & ~recurs & (steps > 2.5) & (second > 0.8) & (percent > 0.08)
    in_logs = _Value(_log_steps(given) if sign > 0 else np.ones_like(steps), 0.1, 100)
    evidence = [
        _evidence(
            f"sudden{mark}", found, [_Value(steps), in_logs, _Value(largest, 0.1, 30), _Value(second, 0.1, 30), *common]
        )
    ]
    tenths = judged / (0.1 * charged + 1e-9)
    found = can_be & recurs & (tenths > 0.8) & (steps > 2.5)
    evidence.append(
        _evidence(f"charge{mark}", found, [_Value(tenths, 0.1, 30), _Value(steps), _Value(largest, 0.1, 30), *common])
    )
    if sign > 0:
        found = can_be & is_sparse & ~recurs & (largest > 0.8)
        values = [_Value(largest, 0.1, 30), _Value(second, 0.1, 30), _Value(given.busy, is_share=True), *common]
        evidence.append(_evidence(f"sparse{mark}", found, values))
    return evidence


def _log_steps(given: Expectation) -> Matrix:
    """Give the distance in standard deviations of logarithms: noise that multiplies makes large rises common."""
    least = 0.05 * given.size
    expected = np.log(np.maximum(np.abs(given.expected), least))
    usual_miss = rank_before(np.abs(np.log(np.maximum(np.abs(given.cleaned), least)) - expected), 63, 50)
    rise = np.maximum(np.log(np.maximum(np.abs(given.costs), least)) - expected, 0.0)
    return np.asarray(rise / np.maximum(usual_miss, 0.02))


@dataclass(frozen=True, slots=True)
class _Move:
    """One level test: relative change, that in units of its usual and of its largest size, and money a day."""

    name: str
    where: NDArray[np.bool_]
    change: dict[int, Matrix]
    steps: dict[int, Matrix]
    record: dict[int, Matrix]
    money: dict[int, Matrix]
    noise: Matrix


def _level_moves(given: Expectation, may_point: dict[int, NDArray[np.bool_]], open_days: int) -> list[_Move]:
    fortnight = mean_before(given.by_weekday, 14, skip=0)
    settled = _settled(given, LEVEL_SETTLED_AFTER) & (given.busy >= SPARSE_BELOW)
    settled[:, settled.shape[1] - open_days :] = False
    moves = []
    for days, back in LEVELS:
        before = lagged(fortnight, back)
        base = np.abs(before) + 0.1 * given.size
        now = mean_before(given.by_weekday, days, skip=0)
        change = np.clip((now - before) / base, -3.0, 3.0)
        usual = np.maximum(MAD_TO_SD * rank_of_smooth(np.abs(change), WINDOW, WINDOW // 2, skip=days), 0.012)
        up = np.maximum(change, 0.0)
        down = np.maximum(-change, 0.0)
        largest = {1: rank_of_smooth(up, WINDOW, WINDOW - 4, skip=days + 3)}
        largest[-1] = rank_of_smooth(down, WINDOW, WINDOW - 4, skip=days + 3)
        where, news, record = np.zeros(settled.shape, bool), {}, {}
        for sign in (1, -1):
            lately = lagged(given.lately_high if sign > 0 else given.lately_low, days)
            against = np.where(sign * lately > sign * before, lately, before)
            news[sign] = np.clip(sign * (now - against) / base, 0.0, 3.0)
            record[sign] = news[sign] / (np.maximum(largest[sign], 0.5 * largest[-sign]) + 0.015)
            where |= settled & may_point[sign] & (news[sign] > 0)
        moves.append(
            _Move(
                name=f"level {days}/{back}",
                where=where,
                change=news,
                steps={sign: news[sign] / usual for sign in news},
                record=record,
                money={sign: news[sign] * base for sign in news},
                noise=given.noise,
            )
        )
    return moves


def _of_levels(moves: list[_Move], sign: int) -> list[Evidence]:
    evidence = []
    for move in moves:
        change, steps, record, money = (part[sign] for part in (move.change, move.steps, move.record, move.money))
        found = move.where & (steps > 2.5) & (record > 0.8) & (change > 0.06) & (money * 30 > FLOOR_A_MONTH)
        values = [_Value(steps), _Value(record, 0.1, 30), _Value(change), _Value(money), _Value(move.noise)]
        evidence.append(_evidence(f"{move.name}{'+' if sign > 0 else '-'}", found, values))
    return evidence


def _settled(given: Expectation, after: int) -> NDArray[np.bool_]:
    """Say where a series is old enough to be judged; the made-up history never is."""
    column = np.arange(given.costs.shape[1])[None, :]
    return np.asarray(column >= HISTORY + given.born[:, None] + after)


def _may_point(given: Expectation, sign: int, open_days: int) -> NDArray[np.bool_]:
    """Say where a move in this direction can be meant: open days and the end of the year make everything smaller."""
    is_credit = (given.expected < -1e-9) | (given.costs < 0)
    makes_smaller = is_credit if sign > 0 else ~is_credit
    may_grow: NDArray[np.bool_] = np.zeros(given.costs.shape, bool)
    may_grow[:, may_grow.shape[1] - open_days :] = True
    blocked = makes_smaller & (given.is_year_end[None, :] | may_grow)
    return np.asarray(~blocked if sign > 0 else ~(blocked | may_grow))


def _evidence(test: str, where: NDArray[np.bool_], values: list[_Value]) -> Evidence:
    where = where.copy()
    where[:, :HISTORY] = False
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
