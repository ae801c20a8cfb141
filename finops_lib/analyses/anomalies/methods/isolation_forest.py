"""Days that random cuts separate soon from the others (Liu, Ting & Zhou 2008), with scikit-learn.

Here as a baseline. It looks at the whole series, so a day is judged by later ones too, and knows no direction.
"""

from __future__ import annotations

import numpy as np

from finops_lib.analyses.anomalies.detectors import FEWEST_DAYS, NOISE_FLOOR, Scores
from finops_lib.analyses.anomalies.methods import Panel, judged_by_distance, method
from finops_lib.analyses.anomalies.workbench import Judged
from finops_lib.errors import ConfigError

TREES = 60
# The forest's own threshold is 0; its decision function seldom leaves -0.3 to 0.2.
_STEP = 0.1


@method("isolation_forest")
def isolation_forest(panel: Panel) -> Judged:
    """Tell what a forest per series calls an outlier by its cost, its distance from the week and its step.

    Raises:
        ConfigError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import IsolationForest
    except ImportError as error:
        raise ConfigError(
            "the method 'isolation_forest' needs a library that is not installed",
            next_step="pip install scikit-learn, or choose another --method",
        ) from error
    costs = panel.costs
    expected, score = np.zeros_like(costs), np.full_like(costs, np.nan)
    for row, values in enumerate(costs):
        week = np.array([values[max(day - 7, 0) : day].mean() if day else values[0] for day in range(len(values))])
        expected[row] = week
        if len(values) < FEWEST_DAYS or np.ptp(values) == 0:
            continue
        features = np.stack([values, values - week, np.diff(values, prepend=values[0])], axis=1)
        found = IsolationForest(n_estimators=TREES, random_state=0).fit(features).decision_function(features)
        score[row] = np.sign(values - week) * np.maximum(1.0 - found / _STEP, 0.0)
    scale = np.maximum(NOISE_FLOOR * np.abs(expected), np.std(costs, axis=1, keepdims=True))
    scores = Scores(expected=expected, scale=scale, score=score, flagged=np.abs(np.nan_to_num(score)) >= 1.0)
    return judged_by_distance(scores, usual=1.0, name="isolation_forest")
