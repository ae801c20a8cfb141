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
    "sudden+": (-6.21, (-1.65, 0.40, -0.48, -0.79, 1.24, 0.20, 4.23, -3.68)),
    "charge+": (1.18, (-0.74, 0.23, 0.59, 0.42, 1.89, 0.66)),
    "run 2+": (-4.33, (2.38, -0.40, 0.05, 2.13, -1.03)),
    "run 3+": (-3.70, (2.37, 0.06, 0.06, 1.87, -1.06)),
    "sparse+": (-11.87, (1.57, 2.29, 1.92, 1.60, 0.49, 0.30, 0.19)),
    "sudden-": (-6.22, (0.08, 2.66, -0.50, 0.22, -0.44, -0.24, 0.30, -0.03)),
    "charge-": (-0.79, (1.34, -1.34, 0.42, -0.53, 0.04, -0.31)),
    "run 2-": (-4.16, (3.27, -0.18, -0.05, 2.57, -0.53)),
    "run 3-": (-3.38, (2.45, 0.56, -0.14, 2.94, -1.20)),
    "level 3/3+": (-3.22, (2.66, 0.84, 3.59, 0.05, -1.68)),
    "level 7/7+": (-0.44, (1.67, 1.91, 3.29, 0.03, -0.99)),
    "level 7/21+": (-0.16, (0.67, 2.46, 3.21, 0.02, -1.03)),
    "level 14/28+": (1.56, (-0.52, 2.61, 2.63, 0.06, -0.48)),
    "level 3/3-": (-3.42, (2.45, 2.50, 3.65, 0.11, -1.71)),
    "level 7/7-": (-2.38, (1.12, 4.30, 1.67, 0.13, -0.34)),
    "level 7/21-": (-0.99, (-0.15, 4.69, 2.11, -0.01, -0.72)),
    "level 14/28-": (0.22, (-0.61, 3.50, 1.84, -0.19, -0.34)),
    "climb+": (-2.42, (1.61, 0.70, -0.78, 2.56, -0.03, 0.36)),
    "climb-": (-0.19, (1.36, 0.44, -0.33, 2.57, -0.08, 0.58)),
}


def confidence_of(evidence: Evidence) -> Matrix:
    """Give for each entry of the evidence the probability that something happened; 0 for a test without weights."""
    if evidence.test not in WEIGHTS:
        return np.zeros(len(evidence.values))
    constant, weights = WEIGHTS[evidence.test]
    return np.asarray(1.0 / (1.0 + np.exp(-(constant + evidence.values @ np.array(weights)))))
