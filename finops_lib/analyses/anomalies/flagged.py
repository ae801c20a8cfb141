"""Which days are told of which series, and by which methods? What several of them say of one day is one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.methods import Panel
from finops_lib.analyses.anomalies.workbench import ANNOUNCED_FOR, Judged

SCHEMA = {
    "series_id": pl.String,
    "date": pl.Date,
    "score": pl.Float64,
    "confidence": pl.Float64,
    "expected": pl.Float64,
    "actual": pl.Float64,
    "methods": pl.String,
}


@dataclass(frozen=True, slots=True)
class Combined:
    """What several methods say together: of each day the surest one speaks. All matrices node x day.

    Args:
        nodes: the series of a panel, then `<account>/*` of each account that some method judges.
        by_method: the confidence of each method.
    """

    nodes: tuple[str, ...]
    first_day: date
    actual: Matrix
    confidence: Matrix
    expected: Matrix
    noise: Matrix
    tests: NDArray[np.str_]
    by_method: Mapping[str, Matrix]


def combine(panel: Panel, opinions: Mapping[str, Judged]) -> Combined:
    """Put the opinions of several methods on one panel together.

    Args:
        opinions: method -> what it thinks; rows are the panel's series, then the accounts that it judges.
    """
    accounts = sorted({name for judged in opinions.values() for name in judged.accounts})
    nodes = (*panel.series, *(f"{name}/*" for name in accounts))
    row_of = {name: len(panel.series) + number for number, name in enumerate(accounts)}
    shape = (len(nodes), panel.costs.shape[1])
    confidence, expected, noise = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    tests = np.full(shape, "", dtype="<U20")
    by_method: dict[str, Matrix] = {}
    for name, judged in opinions.items():
        rows = np.array([*range(len(panel.series)), *(row_of[account] for account in judged.accounts)], dtype=np.int64)
        own = np.zeros(shape)
        own[rows] = judged.confidence
        # Where nobody is sure of anything, the first method's expectation stands.
        speaks = own > confidence if by_method else np.ones(shape, dtype=np.bool_)
        for mine, its in ((expected, judged.expected), (noise, judged.noise), (tests, judged.tests)):
            whole = np.zeros(shape, dtype=mine.dtype)
            whole[rows] = its
            mine[speaks] = whole[speaks]
        confidence = np.maximum(confidence, own)
        by_method[name] = own
    actual = np.concatenate([panel.costs, *(_cost_of(panel, name) for name in accounts)])
    return Combined(nodes, panel.first_day, actual, confidence, expected, noise, tests, by_method)


def flagged_days(panel: Panel, opinions: Mapping[str, Judged], *, min_score: float) -> pl.DataFrame:
    """Give one row per asked day that at least one method tells, sorted by series and day.

    The surest method speaks of a day: its score, and what it expected. `methods` names all that tell it, by comma.

    Args:
        opinions: method -> what it thinks; rows are the panel's series, then the accounts that it judges.
        min_score: a day is told from here; 0 = every candidate.
    Returns:
        the columns of SCHEMA; series_id is `<account>/*` where an account is told.
    """
    all_of_it = combine(panel, opinions)
    may_tell = ~_announced(panel, all_of_it.nodes)
    if panel.newest is not None:
        may_tell[:, : max(may_tell.shape[1] - panel.newest, 0)] = False
    told = {name: may_tell & (own > 0) & (own >= min_score) for name, own in all_of_it.by_method.items()}
    row, day = np.nonzero(np.any(list(told.values()), axis=0))
    lists = [told[name][row, day].tolist() for name in opinions]
    by_day = zip(*lists, strict=True)
    methods = [",".join(name for name, is_told in zip(opinions, told, strict=True) if is_told) for told in by_day]
    names = np.array(all_of_it.nodes, dtype=object)
    return pl.DataFrame(
        {
            "series_id": names[row].tolist(),
            "date": [panel.first_day + timedelta(days=offset) for offset in day.tolist()],
            "score": all_of_it.confidence[row, day],
            "confidence": all_of_it.confidence[row, day],
            "expected": all_of_it.expected[row, day],
            "actual": all_of_it.actual[row, day],
            "methods": methods,
        },
        schema=SCHEMA,
    ).sort("series_id", "date")


def silent_days(day: date, first_day: date) -> slice:
    """Give the columns on which an announced change is not told: from its eve to two weeks after it."""
    begin = (day - first_day).days
    return slice(max(begin - 1, 0), max(begin + ANNOUNCED_FOR + 1, 0))


def _announced(panel: Panel, nodes: Sequence[str]) -> NDArray[np.bool_]:
    found = np.zeros((len(nodes), panel.costs.shape[1]), dtype=np.bool_)
    row_of = {name: row for row, name in enumerate(nodes) if row >= len(panel.series)}
    accounts = [(row_of[name], day) for name, day in panel.announced if name in row_of]
    for row, day in (*panel.announced_rows(), *accounts):
        found[row, silent_days(day, panel.first_day)] = True
    return found


def _cost_of(panel: Panel, account: str) -> Matrix:
    rows = [row for row, name in enumerate(panel.accounts) if name == account]
    return np.asarray(panel.costs[rows].sum(axis=0, keepdims=True))
