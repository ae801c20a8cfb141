"""Does a whole account rise although none of its services stands out? The sum of many small moves in one direction.

Each service's change of a week, in units of its own usual change, is cut at four units; the sum over the services of an
account, divided by the root of their number, would be a standard normal number if they moved by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.evidence import LEVEL_SETTLED_AFTER, OPEN_DAYS, SPARSE_BELOW, settled
from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.rolling import MAD_TO_SD, Matrix, lagged, mean_before, rank_of_smooth

FEWEST_SERVICES = 4
FEWEST_ACCOUNTS = 8
# One service that explains this much is the smaller node, and is told by itself; but not where all the others rose as
# well: an account's largest service has the largest part of whatever all of them do.
ONE_EXPLAINS = 0.6
LEAST_RISE = 0.06
# Rises of every twentieth are counted; more than half of the services must have one.
COUNTS_FROM, MOST = 0.05, 0.5
_USUAL_SUM, _STEEPNESS = 6.0, 1.5


@dataclass(frozen=True, slots=True)
class Together:
    """How far the services of each account moved one way; account x judged day.

    Args:
        sums: standard deviations of a sum of services that move by themselves.
        is_rise: whether enough of them rose by little, and none explains most of it.
    """

    sums: Matrix
    is_rise: NDArray[np.bool_]


def moved_together(given: Expectation, groups: Sequence[NDArray[np.int64]]) -> Together:
    """Add up the moves of each account's services.

    Args:
        groups: the rows of each account.
    """
    days, back = 7, 7
    before = lagged(mean_before(given.by_weekday, 14, skip=0), back)
    base = np.abs(before) + 0.1 * given.size
    against = np.maximum(before, lagged(given.lately_high, days))
    now = mean_before(given.by_weekday, days, skip=0)
    change = np.clip((now - before) / base, -3.0, 3.0)
    usual = MAD_TO_SD * rank_of_smooth(np.abs(change), 126, 63, skip=days, newest=given.days.newest)
    # What only comes back to where it was six weeks ago is no rise.
    judged = slice(given.first, None)
    news = np.where(change > 0, np.maximum(now - against, 0.0) / base, change)[:, judged]
    news = np.clip(news, -3.0, 3.0)
    steps = np.clip(news / np.maximum(usual, 0.012), -4.0, 4.0)
    moved = mean_before(given.cleaned, days, skip=0)[:, judged]
    stood = lagged(mean_before(given.cleaned, 14, skip=0), back)[:, judged]
    is_usage = (given.busy[:, judged] >= SPARSE_BELOW) & (np.abs(before[:, judged]) > 1.0)
    lives = is_usage & settled(given, LEVEL_SETTLED_AFTER)

    sums, found = [], []
    for rows in groups:
        here = lives[rows]
        count = here.sum(axis=0)
        difference = np.where(here, moved[rows] - stood[rows], 0.0)
        total = difference.sum(axis=0)
        sizes = np.where(here, np.abs(stood[rows]), 0.0)
        size = sizes.sum(axis=0)
        first = (difference.argmax(axis=0), np.arange(count.size))
        largest = difference[first]
        others = (total - largest) / np.maximum(size - sizes[first], 1e-9)
        rose = ((news[rows] > COUNTS_FROM) & here).sum(axis=0)
        sums.append(np.where(here, steps[rows], 0.0).sum(axis=0) / np.sqrt(np.maximum(count, 1)))
        found.append(
            (count >= FEWEST_SERVICES)
            & (total > LEAST_RISE * size)
            & ((largest < ONE_EXPLAINS * np.maximum(total, 1e-9)) | (others > COUNTS_FROM))
            & (rose > MOST * count)
        )
    return Together(np.stack(sums), np.stack(found))


def diffuse_rises(parts: Sequence[Together], *, open_days: int = OPEN_DAYS) -> Matrix:
    """Give the confidence, account x judged day, that many services of an account rose together by little.

    Args:
        open_days: how many of the newest days may still grow; nothing is said of them.
    """
    sums, is_rise = (np.concatenate([getattr(part, name) for part in parts]) for name in ("sums", "is_rise"))
    if len(sums) >= FEWEST_ACCOUNTS:
        # What all accounts do at once (a price, a rate, the season) is no account's own.
        sums = sums - np.median(sums, axis=0)
    confidence = np.where(is_rise, 1.0 / (1.0 + np.exp(-_STEEPNESS * (sums - _USUAL_SUM))), 0.0)
    confidence[:, max(confidence.shape[1] - open_days, 0) :] = 0.0
    return np.asarray(confidence)
