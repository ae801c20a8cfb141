"""What is a detector? A function over a matrix of daily cost, entered in DETECTORS by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from finops_lib.registry import Registry

Matrix = NDArray[np.float64]

WINDOW = 28
# Two weeks, so that every weekday has been seen twice.
FEWEST_DAYS = 14
# A perfectly steady past would hide every jump behind 0/0: assume 1 % noise, of the past or of the day itself.
NOISE_FLOOR = 0.01


@dataclass(frozen=True, slots=True)
class Scores:
    """What a detector makes of every day of every series; all of them series x day.

    `score` is the distance from the expected range in standard deviations, signed; nan where the past is too short.
    `scale` is one standard deviation of the usual range.
    """

    expected: Matrix
    scale: Matrix
    score: Matrix
    flagged: NDArray[np.bool_]


Detector = Callable[..., Scores]

DETECTORS: Registry[Detector] = Registry("detector", "finops_lib.analyses.anomalies")
detector = DETECTORS.register


def past_windows(costs: Matrix, *, window: int) -> Matrix:
    """Give for every day the `window` days before it, the judged day left out; nan before the first day.

    Args:
        costs: series x day.
    Returns:
        series x day x window.
    """
    before = np.full((costs.shape[0], window), np.nan)
    padded = np.concatenate([before, costs], axis=1)[:, :-1]
    return np.asarray(sliding_window_view(padded, window, axis=1))


def is_long_enough(past: Matrix) -> NDArray[np.bool_]:
    """Say for every day whether its past holds enough reported days to judge by."""
    return np.asarray(np.sum(~np.isnan(past), axis=2) >= min(FEWEST_DAYS, past.shape[2]))
