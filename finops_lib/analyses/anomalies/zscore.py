"""Distance from the recent mean in standard deviations (Shewhart 1931, 3-sigma rule)."""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.anomalies.detectors import (
    NOISE_FLOOR,
    WINDOW,
    Matrix,
    Scores,
    detector,
    is_long_enough,
    past_windows,
)


@detector("zscore")
def zscore(costs: Matrix, *, threshold: float = 3.0, window: int = WINDOW) -> Scores:
    """Score every day of every series against its own recent mean.

    Args:
        costs: series x day, one currency; nan = not reported yet.
    """
    # The judged day stays out of its own baseline, or a large spike hides itself.
    past = past_windows(costs, window=window)
    known = ~np.isnan(past)
    count = np.maximum(known.sum(axis=2), 1)
    mean = np.where(known, past, 0.0).sum(axis=2) / count
    deviation = np.where(known, past - mean[:, :, None], 0.0)
    std = np.sqrt((deviation**2).sum(axis=2) / count)
    scale = np.maximum(std, NOISE_FLOOR * np.maximum(np.abs(mean), np.abs(np.nan_to_num(costs))))
    scale = np.where(scale == 0, 1.0, scale)
    score = (costs - mean) / scale
    score = np.where(is_long_enough(past), score, np.nan)
    return Scores(expected=mean, scale=scale, score=score, flagged=np.abs(np.nan_to_num(score)) >= threshold)
