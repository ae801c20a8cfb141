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
    "sudden+": (-6.57, (1.20, 0.92, -0.29, -0.02, 0.18, 1.32, -0.60)),
    "charge+": (-4.43, (-0.41, -0.05, 1.14, 0.83, 0.52, -0.05)),
    "sparse+": (-10.46, (3.25, 1.16, 0.64, 0.32, 0.31, 0.23)),
    "level 3/3+": (-4.09, (2.65, 1.00, 2.95, 0.18, -1.39)),
    "level 7/7+": (0.15, (0.77, 0.47, 2.73, 0.00, -0.89)),
    "level 7/21+": (0.38, (0.22, 0.83, 2.92, -0.04, -1.02)),
    "level 14/28+": (0.27, (-0.50, 1.91, 2.05, 0.03, -0.55)),
    "sudden-": (-2.21, (1.87, 0.00, -0.20, -0.10, -0.37, 2.05, -0.02)),
    "level 3/3-": (-2.31, (2.16, 2.11, 3.50, -0.11, -1.39)),
    "level 7/7-": (-1.33, (2.48, 3.61, 2.50, -0.23, -0.14)),
    "level 7/21-": (0.05, (0.12, 3.79, 2.78, -0.30, -0.90)),
    "level 14/28-": (1.11, (-0.28, 1.86, 2.05, -0.30, -0.16)),
}


def confidence_of(evidence: Evidence) -> Matrix:
    """Give for each entry of the evidence the probability that something happened; 0 for a test without weights."""
    if evidence.test not in WEIGHTS:
        return np.zeros(len(evidence.values))
    constant, weights = WEIGHTS[evidence.test]
    return np.asarray(1.0 / (1.0 + np.exp(-(constant + evidence.values @ np.array(weights)))))
