"""How likely is it that a day with this evidence is real? One logistic curve per test, fitted to a labelled estate.

The weights are printed by `python -m tests.bench.anomalies.fit` from the tuning seeds of `tests/bench/estate`; the
figures in the README come from other seeds. Of the days at a confidence of 0.9, nine in ten belong to a real event.
"""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.anomalies.evidence import Evidence
from finops_lib.analyses.anomalies.rolling import Matrix

# Test -> constant, one weight per value in the order of `evidence`.
WEIGHTS: dict[str, tuple[float, tuple[float, ...]]] = {
    "sudden+": (-6.66, (1.15, 0.86, -0.29, 0.00, 0.19, 1.32, -0.74)),
    "charge+": (-5.07, (-0.40, -0.14, 0.97, 0.90, 0.21, -0.19)),
    "sparse+": (-17.74, (2.02, 1.86, 0.27, 0.80, 0.41, -0.21)),
    "level 3/3+": (-4.82, (2.63, 1.06, 2.59, 0.24, -1.47)),
    "level 7/7+": (-0.77, (0.70, 0.34, 2.39, 0.05, -1.14)),
    "level 7/21+": (-0.35, (0.11, 0.58, 2.82, 0.01, -1.41)),
    "level 14/28+": (-0.14, (-0.49, 1.67, 1.96, 0.02, -0.83)),
    "sudden-": (-2.54, (1.93, 0.00, -0.19, -0.21, -0.39, 2.02, -0.13)),
    "level 3/3-": (-3.88, (1.48, 2.80, 3.22, 0.10, -1.82)),
    "level 7/7-": (-2.39, (0.54, 4.42, 1.83, -0.19, -1.00)),
    "level 7/21-": (-2.73, (0.30, 4.33, 1.64, -0.25, -1.02)),
    "level 14/28-": (-0.84, (-0.14, 1.71, 1.50, -0.15, -0.26)),
}


def confidence_of(evidence: Evidence) -> Matrix:
    """Give for each entry of the evidence the probability that something happened; 0 for a test without weights."""
    if evidence.test not in WEIGHTS:
        return np.zeros(len(evidence.values))
    constant, weights = WEIGHTS[evidence.test]
    return np.asarray(1.0 / (1.0 + np.exp(-(constant + evidence.values @ np.array(weights)))))
