"""The forecaster on labelled estates it was not tuned on, with the baselines beside it (goals: facts/anomalies.md 4).

Every tenth day is an origin, with the bill as it was known that evening: newest days incomplete, months not restated
yet. WAPE is the sum of absolute errors over the sum of what was charged, over all services and origins. A service of
which fewer than three days are known gets no forecast; those are left out for all methods.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import Panel, forecast, incomplete_days_of, totals_by_horizon
from tests.bench.clock import stopwatch
from tests.bench.estate import REPORTING_SEEDS, Estate, make_estate
from tests.bench.place import scaled

HORIZONS = ("month_end", "30d", "60d", "90d")
METHODS = ("workbench", "run-rate", "linear", "seasonal-naive")
GOALS = {"month_end": 0.045, "30d": 0.08, "60d": 0.09, "90d": 0.10}
ORIGINS = range(305, 426, 10)
SERIES = 500
# Prophet takes a hundred times as long: every tenth service, two origins, one seed.
PROPHET_EVERY, PROPHET_ORIGINS = 10, (325, 385)


@dataclass(slots=True)
class Score:
    """What one method got at one horizon, summed over services and origins."""

    missed: float = 0.0
    charged: float = 0.0
    shares: list[float] = field(default_factory=list)
    inside80: list[bool] = field(default_factory=list)
    inside95: list[bool] = field(default_factory=list)

    @property
    def wape(self) -> float:
        return self.missed / self.charged

    @property
    def mean_wape(self) -> float:
        """The mean over services of their own WAPE, so that each counts the same; one above 2 counts as 2."""
        return float(np.mean(np.minimum(self.shares, 2.0)))


def measure(_: Path) -> None:
    """Print one table: method x horizon."""
    estates = [make_estate(seed, series=scaled(SERIES)) for seed in REPORTING_SEEDS]
    print(f"{len(estates)} estates of {len(estates[0].series)} services, {len(ORIGINS)} origins each", flush=True)
    print(_header())
    everyone = [np.arange(len(estate.series)) for estate in estates]
    workbench = None
    for name in METHODS:
        scores = _measure(name, estates, everyone, ORIGINS)
        workbench = workbench or scores
    few = [np.arange(0, len(estates[0].series), PROPHET_EVERY)]
    print(f"on {len(few[0])} services and {len(PROPHET_ORIGINS)} origins of the first estate:", flush=True)
    for name in ("workbench", "run-rate", "prophet"):
        _measure(name, estates[:1], few, PROPHET_ORIGINS)
    for horizon, goal in GOALS.items():
        if workbench and workbench[horizon].wape > goal:
            print(f"MISSED: {horizon} {workbench[horizon].wape:.4f}, goal {goal}")


def _measure(
    method: str, estates: Sequence[Estate], rows: Sequence[NDArray[np.int64]], origins: Sequence[int]
) -> dict[str, Score]:
    scores = {horizon: Score() for horizon in HORIZONS}
    count, cpu = 0, 0.0
    for estate, chosen in zip(estates, rows, strict=True):
        missed = {horizon: np.zeros((2, len(chosen))) for horizon in HORIZONS}
        for origin in origins:
            known = estate.bills.known_on(origin)
            with stopwatch() as took:
                # How complete the newest days are is judged by all services of a provider.
                lags = incomplete_days_of(known, estate.bills.providers)
                names = tuple(estate.series[row] for row in chosen)
                panel = Panel(names, estate.first_day, known[chosen], lags[chosen])
                totals = totals_by_horizon(panel, forecast(panel, days=90, method=method), HORIZONS)
            cpu, count = cpu + took.cpu, count + len(chosen)
            for horizon, charged in _charged(estate, origin):
                frame = totals.filter(totals["horizon"] == horizon)
                _count(scores[horizon], missed[horizon], frame.to_dict(as_series=False), charged[chosen])
        for horizon, (error, charged_sum) in missed.items():
            scores[horizon].shares += list(error[charged_sum > 0] / charged_sum[charged_sum > 0])
    print(_line(method, scores, 1000 * cpu / count), flush=True)
    return scores


def _charged(estate: Estate, origin: int) -> Iterator[tuple[str, NDArray[np.float64]]]:
    """Give what each horizon came to, as it was finally billed."""
    truth, day = estate.bills.truth, estate.day(origin)
    begun = estate.column(day.replace(day=1))
    yield "month_end", truth[:, begun : begun + monthrange(day.year, day.month)[1]].sum(axis=1)
    for days in (30, 60, 90):
        yield f"{days}d", truth[:, origin + 1 : origin + 1 + days].sum(axis=1)


def _count(
    score: Score, missed: NDArray[np.float64], frame: dict[str, list[float]], charged: NDArray[np.float64]
) -> None:
    values = {name: np.array(frame[name], dtype=float) for name in ("yhat", "lo80", "hi80", "lo95", "hi95")}
    told = ~np.isnan(values["yhat"])
    error = np.abs(values["yhat"] - charged)[told]
    score.missed += float(error.sum())
    score.charged += float(np.abs(charged[told]).sum())
    missed[0, told] += error
    missed[1, told] += np.abs(charged[told])
    # A charge that is foretold to the sixth decimal is inside, whatever binary arithmetic makes of it.
    for level, inside in (("80", score.inside80), ("95", score.inside95)):
        low, high = values[f"lo{level}"][told] - 1e-5, values[f"hi{level}"][told] + 1e-5
        inside += list((low <= charged[told]) & (charged[told] <= high))


def _line(method: str, scores: dict[str, Score], cpu: float) -> str:
    cells = [
        f"{score.wape:>8.4f} {score.mean_wape:>6.3f} {np.mean(score.inside80):>6.3f} {np.mean(score.inside95):>6.3f}"
        for score in scores.values()
    ]
    return f"{method:<15} {' |'.join(cells)} | {cpu:>7.2f}"


def _header() -> str:
    names = " |".join(f"{horizon:>29}" for horizon in HORIZONS)
    parts = " |".join(f"{'WAPE':>8} {'mean':>6} {'in 80':>6} {'in 95':>6}" for _ in HORIZONS)
    return f"{'':<15} {names} | CPU s per\n{'':<15} {parts} | 1,000 series"
