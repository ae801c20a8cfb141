"""How many of a table's newest days may still grow? Bills come late, and nothing in a file of days says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.panel import Matrix

# Without evidence this many days are taken for incomplete: the longest usual lag of the big three (domain.md 1.5).
USUAL_LAG = 3
LONGEST_LAG = 7
# So many series that were charged regularly must agree before they are evidence.
FEWEST_WITNESSES = 8
# A complete day costs at least this part of the same weekday of the weeks before, over all series of a provider.
COMPLETE = 0.97
# Days older than the usual lag are missing only if half of them is.
MISSING = 0.5
WEEKS_BEFORE = 3


def incomplete_days_of(costs: Matrix, providers: Sequence[str]) -> NDArray[np.int64]:
    """Say for each series how many of the newest days are not complete, judged per provider.

    A day is judged by what the provider's regular series cost on the same weekday of three weeks before. Dropping a day
    that was complete costs little, keeping one that was not costs much: in doubt three days are dropped.

    Args:
        costs: series x day, the last column the newest day; 0 where nothing was charged.
        providers: one name per series.
    """
    days = costs.shape[1]
    lags = np.full(len(costs), min(USUAL_LAG, days), dtype=np.int64)
    if days <= 7 * WEEKS_BEFORE + LONGEST_LAG:
        return lags
    names = np.asarray(providers, dtype=object)
    for provider in set(providers):
        rows = np.flatnonzero(names == provider)
        parts = _parts_known(costs[rows])
        if parts is not None:
            lags[rows] = _lag(parts)
    return lags


def _parts_known(costs: Matrix) -> NDArray[np.float64] | None:
    """Give for 0, 1, ... days before the newest what part of a usual day is there; None without enough witnesses."""
    newest = costs.shape[1] - 1
    parts = np.empty(LONGEST_LAG)
    for lag in range(LONGEST_LAG):
        before = costs[:, [newest - lag - 7 * week for week in range(1, WEEKS_BEFORE + 1)]]
        usual = np.median(before, axis=1)
        is_regular = (before > 0).all(axis=1) & (before.max(axis=1) < 2 * np.maximum(before.min(axis=1), 1e-12))
        if is_regular.sum() < FEWEST_WITNESSES:
            return None
        # One service that doubled must not vouch for the others.
        there = np.clip(costs[is_regular, newest - lag], 0.0, 1.2 * usual[is_regular])
        parts[lag] = min(there.sum() / usual[is_regular].sum(), float(np.median(there / usual[is_regular])) + 0.02)
    return parts


def _lag(parts: NDArray[np.float64]) -> int:
    is_missing = parts < np.where(np.arange(LONGEST_LAG) < USUAL_LAG, COMPLETE, MISSING)
    return int(np.flatnonzero(is_missing)[-1]) + 1 if is_missing.any() else 0
