"""Did the level move? Days of a week or two, weekdays taken out, against the weeks before: shifts, ramps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.evidence import (
    FLOOR_A_MONTH,
    LEVEL_SETTLED_AFTER,
    SPARSE_BELOW,
    WINDOW,
    Evidence,
    Value,
    evidence_of,
    settled,
)
from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.rolling import MAD_TO_SD, Matrix, lagged, mean_before, rank_of_smooth

# A level test compares the mean of its last days with two weeks that end so many days before.
LEVELS = ((3, 3), (7, 7), (7, 21), (14, 28))
# A level that moved by less is weather.
LEAST_MOVE = 0.06
# A climb is so many weeks of which each is above the one before by at least so much.
CLIMB_WEEKS, LEAST_CLIMB = 3, 0.012


def of_weeks(given: Expectation, may_point: Mapping[int, NDArray[np.bool_]], open_days: int) -> list[Evidence]:
    """Make the tests of levels in both directions."""
    can_be = settled(given, LEVEL_SETTLED_AFTER) & (given.busy[:, given.first :] >= SPARSE_BELOW)
    can_be[:, max(can_be.shape[1] - open_days, 0) :] = False
    may = {sign: can_be & may_point[sign] for sign in may_point}
    levels = _level_moves(given, may)
    return [
        *(evidence for sign in may for evidence in _of_levels(levels, sign)),
        *(_of_climb(given, sign, may[sign]) for sign in may),
    ]


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


def _level_moves(given: Expectation, may: Mapping[int, NDArray[np.bool_]]) -> list[_Move]:
    now, asked = slice(given.first, None), given.days.newest
    fortnight = mean_before(given.by_weekday, 14, skip=0)
    # Days that are over, however large, are for the tests of days: the newest must be out there as well.
    latest = mean_before(given.by_weekday, 2, skip=0)[:, now]
    moves = []
    for days, back in LEVELS:
        before = lagged(fortnight, back)
        base = np.abs(before) + 0.1 * given.size
        here = mean_before(given.by_weekday, days, skip=0)
        where, news, money = {}, {}, {}
        for sign in (1, -1):
            lately = lagged(given.lately_high if sign > 0 else given.lately_low, days)[:, now]
            against = np.where(sign * lately > sign * before[:, now], lately, before[:, now])
            nearest = sign * np.minimum(sign * here[:, now], sign * latest)
            news[sign] = np.clip(sign * (nearest - against) / base[:, now], 0.0, 3.0)
            money[sign] = news[sign] * base[:, now]
            is_large = (news[sign] > LEAST_MOVE) & (money[sign] * 30 > FLOOR_A_MONTH)
            where[sign] = may[sign] & is_large
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
        values = [Value(steps), Value(record, 0.1, 30), Value(change), Value(money), Value(move.noise)]
        evidence.append(evidence_of(f"{move.name}{'+' if sign > 0 else '-'}", found, values))
    return evidence


def _of_climb(given: Expectation, sign: int, may: NDArray[np.bool_]) -> Evidence:
    now, asked = slice(given.first, None), given.days.newest
    week = mean_before(given.by_weekday, 7, skip=0)
    stood = lagged(week, 7 * CLIMB_WEEKS)
    base = np.abs(stood) + 0.1 * given.size
    risen = sign * (week - lagged(week, 7)) / base
    each = np.minimum(np.minimum(risen, lagged(risen, 7)), lagged(risen, 14))
    lately = lagged(given.lately_high if sign > 0 else given.lately_low, 7 * CLIMB_WEEKS)
    against = np.where(sign * lately > sign * stood, lately, stood)
    change = np.clip(sign * (week - against) / base, 0.0, 3.0)[:, now]
    money = change * base[:, now]
    where = may & (each[:, now] > LEAST_CLIMB) & (change > LEAST_MOVE) & (money * 30 > FLOOR_A_MONTH)
    rows = np.flatnonzero(where.any(axis=1))
    steps, record = np.zeros_like(change), np.zeros_like(change)
    if rows.size:
        usual = MAD_TO_SD * rank_of_smooth(np.abs(risen[rows]), WINDOW, WINDOW // 2, skip=28, newest=asked)
        steps[rows] = change[rows] / np.maximum(usual, 0.01)
        largest = rank_of_smooth(np.maximum(each[rows], 0.0), WINDOW, WINDOW - 4, skip=28, newest=asked)
        record[rows] = each[rows, now] / (largest + 0.01)
    values = [Value(steps), Value(record, 0.1, 30), Value(each[:, now]), Value(change), Value(money)]
    return evidence_of(f"climb{'+' if sign > 0 else '-'}", where, [*values, Value(given.noise[:, now])])
