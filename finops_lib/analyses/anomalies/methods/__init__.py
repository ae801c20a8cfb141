"""What can `--method` name? A function from a panel of daily cost to what it thinks of each day; one file per method.

    workbench          the detector of our own, with a confidence one can believe; judges accounts as well
    zscore, iqr        3 sigma; Tukey's fences of 1.5 boxes
    prophet            outside the interval of a model of the whole series
    isolation_forest   easily told apart from the other days of the series

Question: how do methods of so different a kind share one score? Choice: each says how far out a day is in units of its
own usual threshold, and `confidence_at` maps that to the scale of the workbench, so that the usual threshold of each is
TOLD_FROM. Only the workbench's number is a probability; that of the others ranks their days and no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from finops_lib.analyses.anomalies.detectors import Matrix, Scores
from finops_lib.analyses.anomalies.evidence import OPEN_DAYS
from finops_lib.analyses.anomalies.workbench import TOLD_FROM, Judged
from finops_lib.registry import Registry


@dataclass(frozen=True, slots=True)
class Panel:
    """Daily cost of many series in one currency; 0 where nothing was charged.

    Args:
        series: their names.
        accounts: the account of each; empty = there are none.
        costs: series x day, from `first_day` on; no nan.
        announced: changes that somebody has announced: a series, or `<account>/*` for all of an account, and the day.
            One that names no series of the panel says nothing.
        open_days: how many of the newest days may still grow.
        newest: only so many of the last days are asked for; None = all. A method may judge the others all the same.
    """

    series: tuple[str, ...]
    accounts: tuple[str, ...]
    first_day: date
    costs: Matrix
    announced: tuple[tuple[str, date], ...] = ()
    open_days: int = OPEN_DAYS
    newest: int | None = None

    def rows(self, rows: slice) -> Panel:
        """Give the panel of some of its series."""
        return replace(self, series=self.series[rows], accounts=self.accounts[rows], costs=self.costs[rows])

    def announced_rows(self) -> list[tuple[int, date]]:
        """Give what is announced by the rows of the series it is true of."""
        named: dict[str, list[date]] = {}
        for name, day in self.announced:
            named.setdefault(name, []).append(day)
        accounts = self.accounts or ("",) * len(self.series)
        return [
            (row, day)
            for row, (name, account) in enumerate(zip(self.series, accounts, strict=True))
            for day in (*named.get(name, ()), *named.get(f"{account}/*", ()))
        ]


Method = Callable[[Panel], Judged]

METHODS: Registry[Method] = Registry("method", "finops_lib.analyses.anomalies.methods")
method = METHODS.register

# These fit one series after the other.
ONE_BY_ONE = ("prophet", "isolation_forest")
# Half-way to its threshold a day is no candidate of any method.
CANDIDATE_FROM = 0.5


def confidence_at(distance: Matrix) -> Matrix:
    """Map distances in units of the usual threshold to 0..1 so that 1.0 becomes TOLD_FROM; nan is 0."""
    far = np.nan_to_num(np.abs(distance))
    return np.where(far >= CANDIDATE_FROM, 1.0 - (1.0 - TOLD_FROM) ** far, 0.0)


def judged_by_distance(scores: Scores, *, usual: float, name: str) -> Judged:
    """Read the distances of a detector as an opinion.

    Args:
        usual: the distance from which the method itself would tell, in standard deviations.
    """
    confidence = confidence_at(scores.score / usual)
    signed = np.where(np.nan_to_num(scores.score) < 0, f"{name}-", f"{name}+")
    return Judged(
        accounts=(),
        confidence=confidence,
        expected=np.nan_to_num(scores.expected),
        noise=np.nan_to_num(scores.scale),
        tests=np.where(confidence > 0, signed, ""),
    )
