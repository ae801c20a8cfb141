"""Distance beyond the quartiles of the recent past (Tukey 1977, fences)."""

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

# Of a normal distribution: how far a quartile lies from the middle, and how wide the box is, in standard deviations.
QUARTILE, BOX = 0.6745, 1.349
# With fewer days of cost the box shrinks to nothing and every batch run would stick out.
BUSY_SHARE = 0.75


@detector("iqr")
def iqr(costs: Matrix, *, threshold: float = 3.0, window: int = WINDOW) -> Scores:
    """Score every day of every series by how far it lies outside the box of its own recent past.

    The score is in standard deviations of a normal distribution, so one threshold serves all detectors: Tukey's fence
    of 1.5 boxes is a score of 2.7, 3.0 is a fence of 1.7 boxes.

    Args:
        costs: series x day, one currency; nan = not reported yet.
    """
    past = past_windows(costs, window=window)
    enough = is_long_enough(past)
    # nanquantile warns about a window without a single number; such days are not judged anyway.
    low, middle, high = np.nanquantile(np.where(enough[:, :, None], past, 0.0), (0.25, 0.5, 0.75), axis=2)
    spread = np.maximum((high - low) / BOX, NOISE_FLOOR * np.maximum(np.abs(middle), np.abs(np.nan_to_num(costs))))
    spread = np.where(spread == 0, 1.0, spread)
    outside = np.where(costs > high, costs - high, np.where(costs < low, costs - low, 0.0))
    score = np.where(outside == 0, 0.0, outside / spread + QUARTILE * np.sign(outside))
    busy = (np.nan_to_num(past) != 0).sum(axis=2) >= BUSY_SHARE * np.maximum((~np.isnan(past)).sum(axis=2), 1)
    score = np.where(enough & busy, score, np.nan)
    return Scores(expected=middle, scale=spread, score=score, flagged=np.abs(np.nan_to_num(score)) >= threshold)
