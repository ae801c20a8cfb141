"""The detector of our own: every day of every series judged by the days before it, with a confidence one can believe.

    judge     daily cost of many series, and of their accounts -> confidence, expectation and range of each day

Of one day the most confident test speaks; others that say the same add a little. A rise that many services of an
account share is told of the account, and its services are silent about it. A move that most of the estate makes at once
is taken out before anything is judged, and days on which a change was announced, with the two weeks after, are not
judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.accounts import FEWEST_SERVICES, diffuse_rises, moved_together
from finops_lib.analyses.anomalies.confidence import confidence_of
from finops_lib.analyses.anomalies.days import days_of
from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.evidence import OPEN_DAYS
from finops_lib.analyses.anomalies.expectation import Expectation, expect
from finops_lib.analyses.anomalies.gather import gather
from finops_lib.analyses.anomalies.newborn import new_services

# Told at this confidence unless somebody asks for more or less.
TOLD_FROM = 0.6
# Tests look at the same cost, so what a second one says counts for so much only.
AGREEMENT = 0.25
# With fewer series, "most of them" is chance.
FEWEST_FOR_COMMON, COMMON_SHARE = 20, 0.3
ANNOUNCED_FOR = 14
# So many series and their statistics stay in a processor's cache.
ROWS_AT_ONCE = 240
# Children of an account that is told are silent from a week before to a week after.
SILENT = 7


@dataclass(frozen=True, slots=True)
class Judged:
    """What is thought of each judged day. All matrices float64; rows as given, then one row per account.

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

    def last(self, days: int) -> Judged:
        """Give what is thought of the last days only."""
        kept = slice(self.confidence.shape[1] - days, None)
        return Judged(
            self.accounts, self.confidence[:, kept], self.expected[:, kept], self.noise[:, kept], self.tests[:, kept]
        )

    def of_days(self, days: int) -> Judged:
        """Give it as matrices of so many days: of those before the judged ones nothing is known."""
        missing = ((0, 0), (days - self.confidence.shape[1], 0))
        confidence, expected, noise = (np.pad(own, missing) for own in (self.confidence, self.expected, self.noise))
        return Judged(self.accounts, confidence, expected, noise, np.pad(self.tests, missing, constant_values=""))


def judge(
    costs: Matrix,
    first_day: date,
    *,
    accounts: Sequence[str] = (),
    announced: Sequence[tuple[int, date]] = (),
    open_days: int = OPEN_DAYS,
    newest: int | None = None,
) -> Judged:
    """Judge each day of each series.

    Args:
        costs: series x day in one currency; no nan.
        accounts: the account of each series; empty = there are none, and no account is judged.
        announced: row and day of changes that somebody has announced.
        open_days: how many of the newest days may still grow: that they lack cost is no news.
        newest: judge only so many of the last days, in a fraction of the time; None = all. What is said of them is the
            same.
    """
    known = costs.shape[1]
    asked = known if newest is None else min(newest, known)
    # An account that is told silences its services some days later, too.
    days = days_of(first_day, known, newest=min(asked + SILENT, known))
    names = tuple(sorted(set(accounts)))
    where = np.array(accounts)
    groups = [np.flatnonzero(where == name) for name in names] or [np.arange(len(costs))]
    blocks = list(_blocks(groups))
    given = [expect(costs[block.rows], days) for block in blocks]
    factor = _common_moves(given, known)
    shape = (len(costs), days.newest)
    confidence, expected, noise = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    tests = np.full(shape, "", dtype="<U14")
    together, told = [], []
    for block, part in zip(blocks, given, strict=True):
        if factor is not None:
            part = replace(part, expected=part.expected * factor)
        confidence[block.rows], tests[block.rows] = _judge_alone(costs[block.rows], part, block, open_days)
        expected[block.rows] = (part.expected + part.charged[1])[:, part.first :]
        noise[block.rows] = (part.noise * part.unit)[:, part.first :]
        large = [group for group, own in enumerate(block.groups) if names and len(own) >= FEWEST_SERVICES]
        if large:
            together.append(moved_together(part, [block.groups[group] for group in large]))
            told += [block.rows[block.groups[group]] for group in large]
    for row, day in announced:
        begin = (day - first_day).days - known + days.newest
        confidence[row, max(begin - 1, 0) : max(begin + ANNOUNCED_FOR + 1, 0)] = 0.0
    judged = Judged((), confidence, expected, noise, tests)
    if together:
        judged = _with_accounts(judged, diffuse_rises(together, open_days=open_days).astype(np.float64), told, accounts)
    return judged.last(asked)


@dataclass(frozen=True, slots=True)
class _Block:
    """Whole accounts that are worked on at once: their rows, and the places of each account among these."""

    rows: NDArray[np.int64]
    groups: tuple[NDArray[np.int64], ...]


def _blocks(groups: Sequence[NDArray[np.int64]]) -> Iterator[_Block]:
    """Cut the estate into parts that fit a processor's cache."""
    taken: list[NDArray[np.int64]] = []
    for group in groups:
        taken.append(group)
        if sum(map(len, taken)) >= ROWS_AT_ONCE:
            yield _block(taken)
            taken = []
    if taken:
        yield _block(taken)


def _block(groups: Sequence[NDArray[np.int64]]) -> _Block:
    ends = np.cumsum([len(group) for group in groups])
    places = [np.arange(end - len(group), end) for group, end in zip(groups, ends, strict=True)]
    return _Block(np.concatenate(groups), tuple(places))


def _judge_alone(costs: Matrix, given: Expectation, block: _Block, open_days: int) -> tuple[Matrix, NDArray[np.str_]]:
    """Judge each series by itself: the most confident test speaks, and those that agree make it a little surer."""
    surest = np.zeros((len(costs), given.days.newest))
    doubt = np.ones_like(surest)
    tests = np.full(surest.shape, "", dtype="<U14")
    for evidence in gather(given, open_days=open_days):
        there = evidence.where
        sure = confidence_of(evidence)
        before = surest[there]
        surest[there] = np.maximum(before, sure)
        doubt[there] *= 1.0 - sure
        tests[there] = np.where(sure > before, evidence.test, tests[there])
    left = 1.0 - surest
    confidence = 1.0 - left * (doubt / np.maximum(left, 1e-9)) ** AGREEMENT
    new = new_services(costs, given, block.groups)
    return np.maximum(confidence, new), np.where(new > confidence, "new service", tests)


def _with_accounts(alone: Judged, rises: Matrix, told: Sequence[NDArray[np.int64]], accounts: Sequence[str]) -> Judged:
    """Add a row for each account; where an account is told, its services are silent."""
    confidence = alone.confidence
    for sure, rows in zip(rises, told, strict=True):
        for day in np.flatnonzero(sure >= 0.5):
            confidence[rows, max(day - SILENT, 0) : day + SILENT + 1] = 0.0
    return Judged(
        accounts=tuple(accounts[rows[0]] for rows in told),
        confidence=np.concatenate([confidence, rises]),
        expected=np.concatenate([alone.expected, [alone.expected[rows].sum(axis=0) for rows in told]]),
        noise=np.concatenate([alone.noise, [np.sqrt((alone.noise[rows] ** 2).sum(axis=0)) for rows in told]]),
        tests=np.concatenate([alone.tests, np.where(rises > 0, "diffuse rise", "")]),
    )


def _common_moves(given: Sequence[Expectation], known: int) -> Matrix | None:
    """Give the factor by which most of the estate moves on each day: where a third of all series go one way."""
    if sum(len(part.costs) for part in given) < FEWEST_FOR_COMMON:
        return None
    relative = np.concatenate([(part.costs - part.expected) / part.unit for part in given])
    lives = np.concatenate([np.abs(part.expected) > 1.0 for part in given])
    steps = np.concatenate([np.abs(part.costs - part.expected) > 2.0 * part.noise * part.unit for part in given])
    count = lives.sum(axis=0)
    factor = np.ones(relative.shape[1])
    for sign in (1, -1):
        far = (lives & steps & (sign * relative > 0)).sum(axis=0)
        together = np.flatnonzero(far > np.maximum(COMMON_SHARE * count, FEWEST_FOR_COMMON / 2))
        # The made-up history moves as it is made up.
        for day in together[together >= len(relative[0]) - known]:
            factor[day] = max(1.0 + float(np.median(relative[lives[:, day], day])), 0.0)
    return None if (factor == 1.0).all() else factor
