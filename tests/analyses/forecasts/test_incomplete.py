"""How many of the newest days may still grow, where nobody says so."""

from __future__ import annotations

import numpy as np
import pytest

from finops_lib.analyses.forecasts import incomplete_days_of


def _costs(series: int, tail: list[float]) -> np.ndarray:
    costs = np.full((series, 60), 100.0)
    costs[:, 60 - len(tail) :] *= np.array(tail)
    return costs


@pytest.mark.parametrize(
    ("tail", "days"),
    [([], 0), ([0.4], 1), ([0.9, 0.3], 2), ([0.95, 0.8, 0.1], 3), ([0.0] * 5, 5), ([0.9, 1.0, 1.0], 3)],
    ids=["complete", "one day", "two", "three", "a silent provider", "an older day that is thin"],
)
def test_days_are_judged_by_the_weeks_before(tail: list[float], days: int) -> None:
    assert incomplete_days_of(_costs(10, tail), ["aws"] * 10).tolist() == [days] * 10


def test_each_provider_has_a_lag_of_its_own() -> None:
    costs = np.concatenate([_costs(10, [0.5]), _costs(10, [0.9, 0.2])])
    assert incomplete_days_of(costs, ["aws"] * 10 + ["azure"] * 10).tolist() == [1] * 10 + [2] * 10


def test_without_witnesses_three_days_are_left_out() -> None:
    assert incomplete_days_of(_costs(3, []), ["aws"] * 3).tolist() == [3, 3, 3]
    assert incomplete_days_of(np.full((10, 20), 1.0), ["aws"] * 10).tolist() == [3] * 10


def test_one_service_that_doubled_does_not_vouch_for_the_others() -> None:
    costs = _costs(10, [0.5])
    costs[0] *= 50
    costs[0, -1] = 20_000
    assert incomplete_days_of(costs, ["aws"] * 10).tolist() == [1] * 10
