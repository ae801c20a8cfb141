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
    "sudden+": (-11.58, (1.12, 1.89, -0.25, 0.23, -1.39, 0.10, 1.68, -1.06, 0.66)),
    "charge+": (-0.14, (-0.09, 0.14, 0.58, 0.35, 1.60, 0.08, -0.25)),
    "run 2+": (-7.98, (2.53, -0.60, 0.05, 2.23, -1.24, 0.57)),
    "run 3+": (-7.60, (2.43, 0.02, 0.06, 1.97, -1.25, 0.65)),
    "sparse+": (-12.95, (1.86, 1.61, 2.28, 1.69, 0.46, 0.28, 0.16, 0.23)),
    "sudden-": (-10.82, (1.41, 1.30, -0.47, 0.61, -0.55, -0.29, 1.30, -0.15, 1.09)),
    "charge-": (4.56, (1.11, -0.35, 0.23, -0.36, 0.76, 0.06, -1.09)),
    "run 2-": (-10.23, (3.52, -0.35, -0.00, 2.42, -0.51, 1.10)),
    "run 3-": (-9.25, (2.34, 0.76, -0.10, 2.85, -1.31, 1.04)),
    "level 3/3+": (-4.08, (2.85, 0.94, 3.34, 0.07, -1.55)),
    "level 7/7+": (-1.07, (1.78, 1.87, 3.22, 0.02, -0.97)),
    "level 7/21+": (-0.88, (0.60, 2.48, 3.18, 0.05, -1.10)),
    "level 14/28+": (0.95, (-0.73, 2.84, 2.61, 0.07, -0.54)),
    "level 3/3-": (-4.16, (2.36, 2.50, 3.40, 0.18, -1.64)),
    "level 7/7-": (-2.87, (0.78, 4.43, 1.60, 0.15, -0.40)),
    "level 7/21-": (-1.45, (-0.78, 5.10, 2.07, 0.04, -0.84)),
    "level 14/28-": (-0.44, (-0.64, 3.49, 1.90, -0.19, -0.45)),
    "climb+": (-2.73, (1.59, 0.56, -0.72, 2.59, -0.04, 0.32)),
    "climb-": (-0.23, (1.67, 0.21, 0.02, 2.14, -0.02, 0.76)),
}


def confidence_of(evidence: Evidence) -> Matrix:
    """Give for each entry of the evidence the probability that something happened; 0 for a test without weights."""
    if evidence.test not in WEIGHTS:
        return np.zeros(len(evidence.values))
    constant, weights = WEIGHTS[evidence.test]
    return np.asarray(1.0 / (1.0 + np.exp(-(constant + evidence.values @ np.array(weights)))))
