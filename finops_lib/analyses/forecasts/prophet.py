"""Prophet (Taylor & Letham 2018), as many know it: weekly seasonality, trend with change points, its own intervals.

Here as a baseline. It fits one series after the other, a thousand times slower than the rest, knows no incomplete day
and no calendar charge, and its intervals are far too narrow for sums of days.
"""

from __future__ import annotations

import logging
import warnings
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.intervals import LEVELS, REACHES
from finops_lib.analyses.forecasts.methods import Continuation, History, method
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.errors import ConfigError

SAMPLES = 200


@method("prophet")
def prophet(history: History, days: int) -> Continuation:
    """Fit one model per series.

    Raises:
        ConfigError: prophet is not installed.
    """
    try:
        _import_quietly()
    except ImportError as error:
        raise ConfigError(
            "the forecasting method 'prophet' needs a library that is not installed",
            next_step="pip install finops[prophet], or choose another --method",
        ) from error
    daily = np.zeros((len(history.costs), days))
    offsets = np.zeros((len(history.costs), len(REACHES), len(LEVELS)))
    for row in range(len(history.costs)):
        begin = int(np.argmax(history.known[row])) if history.known[row].any() else history.days
        if history.days - begin >= 3:
            daily[row], samples = _fit(history, row, begin, days)
            offsets[row] = _offsets(samples, days)

    def ahead(week: int, days: int) -> Matrix:
        if week != -1:
            raise ValueError("prophet is fitted to the newest day only")
        return daily[:, :days]

    return Continuation(ahead, ("prophet",) * len(history.costs), offsets)


def _import_quietly() -> None:
    """Import what is needed without its reports: that plotly is missing, and every single fit."""
    logging.getLogger("prophet.plot").setLevel(logging.CRITICAL)
    import cmdstanpy  # noqa: F401
    import pandas  # noqa: F401
    from prophet import Prophet  # noqa: F401

    for name in ("cmdstanpy", "prophet"):
        # A level would not do: the library sets its own again with the first model.
        logging.getLogger(name).disabled = True


def _fit(history: History, row: int, begin: int, days: int) -> tuple[NDArray[np.float64], Matrix]:
    import pandas as pd
    from prophet import Prophet

    first = history.calendar.first_day + timedelta(days=begin)
    past = pd.DataFrame({"ds": pd.date_range(first, periods=history.days - begin), "y": history.costs[row, begin:]})
    model = Prophet(
        daily_seasonality=False, weekly_seasonality=True, yearly_seasonality=False, uncertainty_samples=SAMPLES
    )
    # Its intervals are drawn from numpy's global generator; the same question must get the same answer.
    state = np.random.get_state()
    np.random.seed(0)
    try:
        with warnings.catch_warnings():
            # It calls pandas in ways that newer ones announce the end of; neither is ours to change.
            warnings.simplefilter("ignore")
            model.fit(past, seed=0)
            coming = pd.DataFrame({"ds": pd.date_range(first + timedelta(days=history.days - begin), periods=days)})
            expected = model.predict(coming)["yhat"].to_numpy()
            samples = model.predictive_samples(coming)["yhat"]
    finally:
        np.random.set_state(state)
    return expected, samples


def _offsets(samples: Matrix, days: int) -> Matrix:
    """Give quantiles of the mean cost over each reach around their median, from samples: day x sample."""
    sums = np.cumsum(samples, axis=0)
    ends = np.minimum(np.ceil(REACHES).astype(np.int64), days)
    means = sums[ends - 1] / ends[:, None]
    return np.asarray((np.quantile(means, LEVELS, axis=1) - np.median(means, axis=1)).T)
