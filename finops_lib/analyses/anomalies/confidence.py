"""How likely is it that a day with this evidence is real? One logistic curve per test, fitted to a labelled estate.

The weights are printed by `python -m tests.bench.anomalies.fit` from the tuning seeds of `tests/bench/estate`; the
figures in the README come from other seeds. `make bench-anomalies` prints how many alerts of each confidence are real.
"""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.anomalies.evidence import Evidence
from finops_lib.analyses.anomalies.rolling import Matrix

# Test -> constant, one weight per value in the order of `evidence`.
WEIGHTS: dict[str, tuple[float, tuple[float, ...]]] = {
    "sudden+": (-13.05, (1.47, 1.35, -0.19, 0.17, -1.42, 0.09, 1.59, -1.32, 0.78)),
    "charge+": (-0.19, (-0.10, 0.15, 0.66, 0.35, 1.42, 0.09, -0.38)),
    "run 2+": (-9.75, (2.49, -0.72, 0.04, 2.19, -1.49, 0.76)),
    "run 3+": (-8.91, (2.38, -0.11, 0.05, 1.94, -1.51, 0.75)),
    "sparse+": (-13.19, (1.95, 1.29, 2.24, 1.36, 0.46, 0.27, 0.16, 0.24)),
    "sudden-": (-11.06, (1.49, 1.21, -0.48, 0.64, -0.54, -0.29, 1.30, -0.27, 0.97)),
    "charge-": (1.94, (1.03, -0.22, 0.21, -0.31, 0.65, 0.01, -0.78)),
    "run 2-": (-10.38, (3.58, -0.35, 0.02, 2.22, -0.33, 1.03)),
    "run 3-": (-9.40, (2.32, 0.76, -0.09, 2.71, -1.19, 0.98)),
    "level 3/3+": (-5.02, (2.94, 0.74, 3.22, 0.08, -1.69)),
    "level 7/7+": (-2.10, (1.93, 1.64, 3.23, 0.03, -1.19)),
    "level 7/21+": (-1.78, (0.62, 2.35, 3.28, 0.06, -1.38)),
    "level 14/28+": (0.23, (-0.81, 2.96, 2.66, 0.08, -0.71)),
    "level 3/3-": (-4.81, (2.34, 2.55, 3.22, 0.18, -1.56)),
    "level 7/7-": (-3.37, (0.73, 4.35, 1.55, 0.15, -0.39)),
    "level 7/21-": (-2.03, (-0.69, 4.92, 2.05, 0.05, -0.82)),
    "level 14/28-": (-0.91, (-0.64, 3.44, 1.96, -0.21, -0.49)),
    "climb+": (-3.75, (1.84, 0.67, -0.64, 2.54, -0.04, 0.14)),
    "climb-": (-0.33, (1.66, 0.18, 0.13, 2.17, -0.04, 0.73)),
}


def confidence_of(evidence: Evidence) -> Matrix:
    """Give for each entry of the evidence the probability that something happened; 0 for a test without weights."""
    if evidence.test not in WEIGHTS:
        return np.zeros(len(evidence.values))
    constant, weights = WEIGHTS[evidence.test]
    return np.asarray(1.0 / (1.0 + np.exp(-(constant + evidence.values @ np.array(weights)))))
