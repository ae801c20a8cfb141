"""Which candidates does a series trust? Those that foretold its own past best, mixed by inverse squared error.

Every candidate is tried on every week of the series' past, and at each of them the mix knows only trials whose outcome
was known by then. A series with few trials leans on PRIOR, the errors of the candidates on other estates.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.level import AHEAD, Candidates
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import Weeks

Cube = NDArray[np.float64]
# An outcome further off than this many typical misses is an event that no candidate could know.
WORST = 3.0
# A trial of half a year ago counts half as much as the newest.
FORGETS = 0.5 ** (1 / 26)
# So many trials of other series stand beside those of the series itself.
BELIEVED = 3.0
SELECTIVE = 6.0
FEWEST_WEEKS = 6
PLAIN = "mean of 4 weeks"


def mixed_levels(weeks: Weeks, tried: Candidates, prior: Matrix) -> tuple[Cube, NDArray[np.int64]]:
    """Give the mean daily cost over the next 1, 2, 4, 8 and 13 weeks (AHEAD), as foretold at the end of every week.

    Args:
        prior: horizon x candidate, mean squared error on other estates, relative to that of all candidates.
    Returns:
        horizon x series x week; and per series the candidate that is trusted most for the next four weeks.
    """
    mixes = [_mix(weeks, tried, ahead, prior[number]) for number, ahead in enumerate(AHEAD)]
    levels = np.stack([mixed for mixed, _ in mixes])
    # Before six weeks are known there is nothing to try candidates on (domain.md 1.7).
    age = np.cumsum(weeks.weight, axis=1)
    plain = tried.level[tried.names.index(PLAIN)]
    return np.where(age < FEWEST_WEEKS, plain, levels), mixes[AHEAD.index(4)][1]


def losses(weeks: Weeks, tried: Candidates, ahead: int) -> tuple[Cube, NDArray[np.bool_]]:
    """Give the squared error of each candidate at each week, in units typical for the series; which count.

    Returns:
        candidate x series x week; series x week, False where the outcome is not known or the series had not begun.
    """
    foretold = tried.ahead(ahead)
    count = weeks.raw.shape[1]
    counted = np.zeros(weeks.raw.shape, dtype=bool)
    loss = np.zeros(foretold.shape)
    if count <= ahead:
        return loss, counted
    money = np.concatenate([np.zeros((len(weeks.raw), 1)), np.cumsum(weeks.raw, axis=1)], axis=1)
    outcome = (money[:, 1 + ahead :] - money[:, 1:-ahead]) / ahead
    counted[:, :-ahead] = weeks.weight[:, :-ahead] > 0
    missed = np.abs(foretold[:, :, :-ahead] - outcome)
    typical = np.median(missed, axis=0)
    known = counted[:, :-ahead]
    scale = (typical * known).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    ratio = np.minimum(missed / np.maximum(scale, 1e-12)[None, :, None], WORST)
    loss[:, :, :-ahead] = np.where(known, ratio**2, 0.0)
    return loss, counted


def _mix(weeks: Weeks, tried: Candidates, ahead: int, prior: NDArray[np.float64]) -> tuple[Matrix, NDArray[np.int64]]:
    loss, counted = losses(weeks, tried, ahead)
    foretold = tried.ahead(ahead)
    mixed = np.empty(weeks.raw.shape)
    trust = np.ones(loss.shape[:2])
    total = np.zeros(loss.shape[:2])
    trials = np.zeros(len(weeks.raw))
    for week in range(weeks.raw.shape[1]):
        if week >= ahead:
            total = total * FORGETS + loss[:, :, week - ahead]
            trials = trials * FORGETS + counted[:, week - ahead]
        # In units of the mean loss of the series, so that prior and trials speak of the same thing.
        unit = np.maximum(total.mean(axis=0) / np.maximum(trials, 1e-9), 1e-9)
        own = np.where(trials > 0, total / unit, 0.0)
        error = (own + BELIEVED * prior[:, None]) / (trials + BELIEVED)
        trust = error**-SELECTIVE
        mixed[:, week] = (trust * foretold[:, :, week]).sum(axis=0) / trust.sum(axis=0)
    return mixed, np.argmax(trust, axis=0)
