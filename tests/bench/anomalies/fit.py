"""Print the weights of `confidence.WEIGHTS`: one logistic regression per test, on the tuning seeds of both estates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.days import days_of
from finops_lib.analyses.anomalies.expectation import expect
from finops_lib.analyses.anomalies.gather import gather
from tests.bench.anomalies.noisy import make_noisy_estate
from tests.bench.anomalies.score import events_of
from tests.bench.estate import TUNING_SEEDS, Estate, make_estate

# More estates than others are tuned on: bursts and drops are rare. Neither these nor others are reported ones.
SEEDS = (*TUNING_SEEDS, *range(15, 27))
NOISY_SEEDS = range(3, 15)
FIRST, DAYS = 75, 420
# The days of one event weigh together as much as so many quiet days: or one long ramp would outweigh ten spikes.
# On half of the days of a ramp nothing can be seen yet.
WEIGHT_OF_AN_EVENT = 2.0
FEWEST = 4
DOWN = ("drop", "step down")

Rows = tuple[NDArray[np.float64], NDArray[np.int8], NDArray[np.float64]]


def fit(estates: Sequence[Estate]) -> dict[str, tuple[float, tuple[float, ...]]]:
    """Give constant and weights per test; tests with too few real days are left out."""
    from sklearn.linear_model import LogisticRegression

    parts: dict[str, list[Rows]] = defaultdict(list)
    for estate in estates:
        costs = estate.bills.known_on(DAYS - 1)
        evidence = gather(expect(costs, days_of(estate.first_day, DAYS, newest=DAYS)))
        labelled = {sign: _labelled(estate, costs.shape, sign) for sign in "+-"}
        for found in evidence:
            is_real, weight = labelled[found.test[-1]]
            there = found.where
            known = is_real[there] >= 0
            parts[found.test].append((found.values[known], is_real[there][known], weight[there][known]))
    weights = {}
    for test, rows in parts.items():
        values, is_real, weight = (np.concatenate(column) for column in zip(*rows, strict=True))
        if is_real.sum() >= FEWEST:
            model = LogisticRegression(C=1.0, max_iter=500).fit(values, is_real, sample_weight=weight)
            weights[test] = (float(model.intercept_[0]), tuple(float(c) for c in model.coef_[0]))
    return weights


def _labelled(estate: Estate, shape: tuple[int, ...], sign: str) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Say of each day whether it is real (1), quiet (0) or neither (-1) for tests of one direction, with its weight."""
    is_real, weight = np.zeros(shape, np.int8), np.ones(shape)
    row_of = {name: row for row, name in enumerate(estate.series)}
    events, ignored = events_of(estate, FIRST, shape[1] - 1)
    for node, spans in ignored.items():
        for start, end in spans if node in row_of else ():
            is_real[row_of[node], max(start, 0) : end + 1] = -1
    for event in events:
        if event.node in row_of:
            there = row_of[event.node], slice(event.start, event.last + 1)
            is_real[there] = 1 if (event.kind in DOWN) == (sign == "-") else -1
            days = event.last - event.start + 1
            weight[there] = WEIGHT_OF_AN_EVENT / (days / 2 if event.kind == "ramp" else days)
    # No estate has events in its first weeks: that a series is young must not look like a reason for silence.
    is_real[:, :FIRST] = -1
    return is_real, weight


if __name__ == "__main__":
    made = [*(make_estate(seed) for seed in SEEDS), *(make_noisy_estate(seed) for seed in NOISY_SEEDS)]
    for test, (constant, each) in fit(made).items():
        print(f'    "{test}": ({constant:.2f}, ({", ".join(f"{value:.2f}" for value in each)})),')
