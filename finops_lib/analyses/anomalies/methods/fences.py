"""The two rules of thumb, as methods that can be named: three standard deviations, one and a half boxes."""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.anomalies.detectors import Detector, Scores
from finops_lib.analyses.anomalies.iqr import iqr
from finops_lib.analyses.anomalies.methods import Panel, judged_by_distance, method
from finops_lib.analyses.anomalies.workbench import Judged
from finops_lib.analyses.anomalies.zscore import zscore

SIGMA = 3.0
# Tukey's fence of 1.5 boxes beyond the quartile, in standard deviations of a normal distribution.
FENCE = 2.698
# A window of four weeks per day of so many series is held at once.
_ROWS = 250


@method("zscore")
def zscore_method(panel: Panel) -> Judged:
    """Tell what is 3 standard deviations from the mean of the 28 days before."""
    return judged_by_distance(_in_portions(zscore, panel), usual=SIGMA, name="zscore")


@method("iqr")
def iqr_method(panel: Panel) -> Judged:
    """Tell what is 1.5 boxes outside the quartiles of the 28 days before."""
    return judged_by_distance(_in_portions(iqr, panel), usual=FENCE, name="iqr")


def _in_portions(detector: Detector, panel: Panel) -> Scores:
    parts = [detector(panel.costs[row : row + _ROWS]) for row in range(0, len(panel.costs), _ROWS)]
    names = ("expected", "scale", "score", "flagged")
    return Scores(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
