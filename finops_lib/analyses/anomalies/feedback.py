"""What does a person's word change? How sure the detector must be of the same kind of thing at the same node.

The rule, as a whole:
    a false positive raises the threshold of its node, for its test and its direction, by 0.05, up to 0.9,
    for 90 days after the last day of the episode;
    an episode that was acknowledged, resolved or expected changes no threshold: it was real;
    an expected one is a planned change of its node instead, so its eve and the two weeks after are silent.

Question: why not retrain the confidence from what people say? Choice: a rule that fits on five lines.
Why: a handful of verdicts a month is too little to fit weights to, and whoever is woken at night wants to know why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.workbench import TOLD_FROM
from finops_lib.findings import Anomaly

STEP, HIGHEST, LASTS = 0.05, 0.9, timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Somebody said of an episode that nothing had happened.

    Args:
        test: as the detector names it, its direction included, e.g. `sudden+`.
        last_day: the last day of the episode.
    """

    scope: str
    currency: str
    test: str
    last_day: date


def verdicts_of(known: Sequence[Anomaly]) -> list[Verdict]:
    """Give what people said, from what is written down."""
    return [Verdict(a.scope, a.currency, a.test, a.end) for a in known if a.status == "false_positive"]


def told_from(verdicts: Sequence[Verdict], *, test: str, day: date) -> float:
    """Give the confidence from which a test tells a day of a node.

    Args:
        verdicts: those of the node.
    """
    counted = sum(one.test == test and one.last_day < day <= one.last_day + LASTS for one in verdicts)
    return min(TOLD_FROM + STEP * counted, HIGHEST)


def thresholds(
    verdicts: Sequence[Verdict], nodes: Sequence[tuple[str, str]], tests: NDArray[np.str_], first_day: date
) -> Matrix:
    """Give the confidence from which each day of each node is told.

    Args:
        nodes: scope and currency of each row.
        tests: node x day, the test that speaks of the day.
    """
    levels = np.full(tests.shape, TOLD_FROM)
    days = [first_day + timedelta(days=column) for column in range(tests.shape[1])]
    for row, (scope, currency) in enumerate(nodes):
        mine = [one for one in verdicts if (one.scope, one.currency) == (scope, currency)]
        if mine:
            levels[row] = [told_from(mine, test=str(tests[row, column]), day=day) for column, day in enumerate(days)]
    return levels
