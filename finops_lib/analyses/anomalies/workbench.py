"""The detector of our own: every day of every series judged by the days before it, with a confidence one can believe.

    judge     daily cost of many series, and of their accounts -> confidence, expectation and range of each day

What several tests say of one day is not added up: the most confident speaks. A rise that many services of an account
share is told of the account, and its services are silent about it. A move that most of the estate makes at once is taken
out before anything is judged, and days on which a change was announced, with the two weeks after, are not judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.accounts import FEWEST_SERVICES, diffuse_rises
from finops_lib.analyses.anomalies.confidence import confidence_of
from finops_lib.analyses.anomalies.evidence import gather
from finops_lib.analyses.anomalies.expectation import Expectation, expect
from finops_lib.analyses.anomalies.newborn import new_services
from finops_lib.analyses.anomalies.rolling import HISTORY, Matrix

# Told at this confidence unless somebody asks for more or less.
TOLD_FROM = 0.6
# With fewer series, "most of them" is chance.
FEWEST_FOR_COMMON, COMMON_SHARE = 20, 0.3
ANNOUNCED_FOR = 14
# Children of an account that is told are silent from a week before to a week after.
SILENT = 7


@dataclass(frozen=True, slots=True)
class Judged:
    """What is thought of each day. All matrices float64, rows as given, then one row per account; columns = days.

    Args:
        confidence: 0 to 1 that something happened; 0 = nothing is known.
        expected: what the day should have cost.
        noise: one standard deviation of it, in money.
        tests: which test is that sure; "" = none.
    """

    accounts: tuple[str, ...]
    confidence: Matrix
    expected: Matrix
    noise: Matrix
    tests: NDArray[np.str_]


def judge(
    costs: Matrix,
    first_day: date,
    *,
    accounts: Sequence[str] = (),
    announced: Sequence[tuple[int, date]] = (),
) -> Judged:
    """Judge each day of each series.

    Args:
        costs: series x day in one currency; no nan. The newest three days may be incomplete.
        accounts: the account of each series; empty = there are none, and no account is judged.
        announced: row and day of changes that somebody has announced.
    """
    given = _without_common_moves(expect(costs, first_day))
    names = tuple(sorted(set(accounts)))
    where = np.array(accounts)
    groups = [np.flatnonzero(where == name) for name in names]
    confidence = np.zeros(costs.shape)
    tests = np.full(costs.shape, "", dtype="<U14")
    for evidence in gather(given):
        there = evidence.where[:, HISTORY:]
        sure = confidence_of(evidence)
        before = confidence[there]
        confidence[there] = np.maximum(before, sure)
        tests[there] = np.where(sure > before, evidence.test, tests[there])
    alone = groups or [np.arange(len(costs))]
    new = new_services(costs, given.born, alone, np.abs(given.level[:, HISTORY:]))
    tests = np.where(new > confidence, "new service", tests)
    confidence = np.maximum(confidence, new)
    for row, day in announced:
        begin = (day - first_day).days
        confidence[row, max(begin - 1, 0) : begin + ANNOUNCED_FOR + 1] = 0.0

    judged = [number for number, rows in enumerate(groups) if len(rows) >= FEWEST_SERVICES]
    expected, noise = (
        given.expected[:, HISTORY:] + given.charged[1][:, HISTORY:],
        (given.noise * given.unit)[:, HISTORY:],
    )
    if not judged:
        return Judged((), confidence, expected, noise, tests)
    rises = diffuse_rises(given, [groups[number] for number in judged])
    for sure, number in zip(rises, judged, strict=True):
        for day in np.flatnonzero(sure >= 0.5):
            confidence[groups[number], max(day - SILENT, 0) : day + SILENT + 1] = 0.0
    return Judged(
        accounts=tuple(names[number] for number in judged),
        confidence=np.concatenate([confidence, rises]),
        expected=np.concatenate([expected, [expected[groups[number]].sum(axis=0) for number in judged]]),
        noise=np.concatenate([noise, [np.sqrt((noise[groups[number]] ** 2).sum(axis=0)) for number in judged]]),
        tests=np.concatenate([tests, np.where(rises > 0, "diffuse rise", "")]),
    )


def _without_common_moves(given: Expectation) -> Expectation:
    """Let the expectation follow where a third of all series move one way on one day."""
    lives = np.abs(given.expected) > 1.0
    count = lives.sum(axis=0)
    if len(given.costs) < FEWEST_FOR_COMMON:
        return given
    relative = np.where(lives, (given.costs - given.expected) / given.unit, 0.0)
    steps = relative / given.noise
    factor = np.ones(given.costs.shape[1])
    for sign in (1, -1):
        far = lives & (sign * steps > 2.0)
        together = np.flatnonzero(far.sum(axis=0) > np.maximum(COMMON_SHARE * count, FEWEST_FOR_COMMON / 2))
        for day in together[together >= HISTORY]:
            factor[day] = max(1.0 + float(np.median(relative[lives[:, day], day])), 0.0)
    if (factor == 1.0).all():
        return given
    return replace(given, expected=given.expected * factor)
