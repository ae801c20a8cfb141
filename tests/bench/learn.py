"""Measure `analyses/forecasts/prior.py` again, on the tuning seeds: python -m tests.bench.learn > prior.py"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import prior
from finops_lib.analyses.forecasts.calendar import calendar_of
from finops_lib.analyses.forecasts.course import course_of
from finops_lib.analyses.forecasts.intervals import Misses, misses_of, quantiles_of, typical_of
from finops_lib.analyses.forecasts.level import AHEAD, candidates
from finops_lib.analyses.forecasts.mix import losses
from tests.bench.estate import TUNING_SEEDS, make_estate

# Days of history that are learned from.
DAYS = (400, 500)

TEXT = '''"""What other estates have taught: a series, or a panel, that is too young to say it by itself leans on this.

Measured on the tuning seeds of the labelled estate; `python -m tests.bench.learn` measures it again.
"""

from __future__ import annotations

import numpy as np

# Horizon of `level.AHEAD` x candidate of `level.candidates`: mean squared error over that of all candidates.
CANDIDATES = np.array(
    [
{candidates}    ]
)
# Per sum of `intervals`: the relative miss that series have on the average.
TYPICAL = np.array([{typical}])
# Sum x level of `intervals`: how misses are spread, in units of the typical miss of their series.
QUANTILES = np.array(
    [
{quantiles}    ]
)'''


def learn() -> str:
    """Give the text of the module."""
    loss: NDArray[np.float64] | None = None
    found: list[Misses] = []
    for seed in TUNING_SEEDS:
        estate = make_estate(seed)
        for days in DAYS:
            costs = estate.bills.truth[:, :days]
            known = np.cumsum(costs != 0, axis=1) > 0
            calendar = calendar_of(estate.first_day, days + 100)
            course = course_of(costs, known, calendar, partial=costs[:, :0])
            tried = candidates(course.weeks)
            trials = [losses(course.weeks, tried, ahead) for ahead in AHEAD]
            mean = np.array([lost.sum(axis=(1, 2)) / max(int(counted.sum()), 1) for lost, counted in trials])
            loss = mean if loss is None else loss + mean
            found.append(misses_of(course.ahead, costs, known, calendar))
    assert loss is not None
    # Twice: the second time the misses are measured in units of what was learned the first time.
    for _ in range(2):
        prior.TYPICAL = typical_of(found)
    return TEXT.format(
        candidates=_rows(loss / loss.mean(axis=1, keepdims=True)),
        typical=", ".join(f"{value:.3f}" for value in prior.TYPICAL),
        quantiles=_rows(quantiles_of(found, prior.TYPICAL)),
    )


def _rows(matrix: Sequence[Sequence[float]] | NDArray[np.float64]) -> str:
    return "".join(f"        [{', '.join(f'{value:.2f}' for value in row)}],\n" for row in matrix)


if __name__ == "__main__":
    print(learn())
