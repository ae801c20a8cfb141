"""Outside the interval of Prophet's model (Taylor & Letham 2018) of the whole series.

Here as a baseline: it fits one series after the other, judges a day by later ones too, and knows no incomplete day.
"""

from __future__ import annotations

import logging
import warnings
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import FEWEST_DAYS, NOISE_FLOOR, Scores
from finops_lib.analyses.anomalies.methods import Panel, judged_by_distance, method
from finops_lib.analyses.anomalies.workbench import Judged
from finops_lib.errors import ConfigError

SAMPLES = 200
INTERVAL = 0.99
# Half of the interval in standard deviations of a normal distribution.
HALF = 2.576


@method("prophet")
def prophet(panel: Panel) -> Judged:
    """Tell what lies outside the 99 % interval of one model per series.

    Raises:
        ConfigError: prophet is not installed.
    """
    try:
        _import_quietly()
    except ImportError as error:
        raise ConfigError(
            "the method 'prophet' needs a library that is not installed",
            next_step="pip install finops[prophet], or choose another --method",
        ) from error
    costs = panel.costs
    expected, half, score = np.zeros_like(costs), np.zeros_like(costs), np.full_like(costs, np.nan)
    for row, values in enumerate(costs):
        begin = int(np.argmax(values != 0))
        if len(values) - begin < FEWEST_DAYS or np.ptp(values[begin:]) == 0:
            continue
        middle, width = _fit(values[begin:], panel, begin)
        expected[row, begin:] = middle
        half[row, begin:] = np.maximum(width, NOISE_FLOOR * HALF * np.maximum(np.abs(middle), np.abs(values[begin:])))
        score[row, begin:] = HALF * (values[begin:] - middle) / np.maximum(half[row, begin:], 1e-12)
    flagged = np.abs(np.nan_to_num(score)) >= HALF
    scores = Scores(expected=expected, scale=half / HALF, score=score, flagged=flagged)
    return judged_by_distance(scores, usual=HALF, name="prophet")


def _import_quietly() -> None:
    """Import what is needed without its reports: that plotly is missing, and every single fit."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)
    import cmdstanpy  # noqa: F401
    import pandas  # noqa: F401
    from prophet import Prophet  # noqa: F401

    for name in ("cmdstanpy", "prophet"):
        # A level would not do: the library sets its own again with the first model.
        logging.getLogger(name).disabled = True


def _fit(values: NDArray[np.float64], panel: Panel, begin: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give what the model expects of each day, and half of its interval."""
    import pandas as pd
    from prophet import Prophet

    first = panel.first_day + timedelta(days=begin)
    past = pd.DataFrame({"ds": pd.date_range(first, periods=len(values)), "y": values})
    model = Prophet(
        daily_seasonality=False,
        weekly_seasonality=True,
        yearly_seasonality=False,
        interval_width=INTERVAL,
        uncertainty_samples=SAMPLES,
    )
    # Its intervals are drawn from numpy's global generator; the same question must get the same answer.
    state = np.random.get_state()
    np.random.seed(0)
    try:
        with warnings.catch_warnings():
            # It calls pandas in ways that newer ones announce the end of; neither is ours to change.
            warnings.simplefilter("ignore")
            model.fit(past, seed=0)
            band = model.predict(past[["ds"]])
    finally:
        np.random.set_state(state)
    half = (band["yhat_upper"].to_numpy() - band["yhat_lower"].to_numpy()) / 2
    return band["yhat"].to_numpy(), half
