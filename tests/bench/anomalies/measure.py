"""Print how each method does on the reporting seeds, in one go and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finops_lib.analyses.anomalies.workbench import judge
from tests.bench.anomalies.methods import METHODS, Method, ours
from tests.bench.anomalies.noisy import make_noisy_estate
from tests.bench.anomalies.replay import replay
from tests.bench.anomalies.score import (
    Scored,
    alerts,
    at_budget,
    average_precision,
    curve,
    events_of,
    scored_at,
)
from tests.bench.clock import stopwatch
from tests.bench.estate import REPORTING_SEEDS, Estate, make_estate
from tests.bench.place import scaled

FIRST, DAYS = 60, 420
NOISY_SEEDS = (201, 202, 203)
REPLAYED_DAYS = 90
DAILY_SERIES, DAILY_DAYS, JUDGED_DAILY = 5_000, 400, 7
CONFIDENCES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
# What happened on the newest days is not told yet.
OPEN = 3


def measure(_: Path) -> None:
    estates = [make_estate(seed) for seed in REPORTING_SEEDS[: scaled(len(REPORTING_SEEDS))]]
    _table("labelled estate, reporting seeds", estates)
    _believed(estates)
    _daily_run(estates[0])
    _replayed(estates[0])
    noisy = [make_noisy_estate(seed) for seed in NOISY_SEEDS[: scaled(3)]]
    _table("noisy series, reporting seeds", noisy)
    _believed(noisy)


def _believed(estates: Sequence[Estate]) -> None:
    """Print of how many alerts at each confidence something had happened."""
    told, real = np.zeros(len(CONFIDENCES) - 1, np.int64), np.zeros(len(CONFIDENCES) - 1, np.int64)
    for estate in estates:
        scores = ours(estate.bills.known_on(DAYS - 1), estate)
        for confidence, is_real in alerts(scores, estate, first=FIRST, last=DAYS - 1, least=CONFIDENCES[0]):
            place = int(np.searchsorted(CONFIDENCES, confidence, side="right")) - 1
            told[place] += 1
            real[place] += is_real
    print("workbench, how many alerts of a confidence are real:")
    for low, high, count, hits in zip(CONFIDENCES, CONFIDENCES[1:], told, real, strict=False):
        print(f"  {low:.2f} to {min(high, 1.0):.2f}{count:7,} alerts{hits / max(count, 1):8.0%}")


def _daily_run(estate: Estate) -> None:
    """Print what it costs to judge the last week of an estate of 5,000 series with 400 days each."""
    count = scaled(DAILY_SERIES)
    times = -(-count // len(estate.series))
    costs = np.tile(estate.bills.known_on(DAILY_DAYS - 1), (times, 1))[:count]
    accounts = [f"{part}/{name.rsplit('/', 1)[0]}" for part in range(times) for name in estate.series][:count]
    with stopwatch() as took:
        judge(costs, estate.first_day, accounts=accounts, newest=JUDGED_DAILY)
    print(
        f"workbench, a daily run: the last {JUDGED_DAILY} days of {count:,} series of {DAILY_DAYS} days in "
        f"{took.cpu:.2f} CPU s"
    )


def _replayed(estate: Estate) -> None:
    """Print what people would have been told, one run an evening on what the bills showed then."""
    first, last = DAYS - 1 - scaled(REPLAYED_DAYS), DAYS - 1
    print(f"replayed: {len(estate.series)} series, one run on each of {last - first + 1} evenings, bills as known then")
    print(f"{'method':<18}{'P':>7}{'R':>7}{'$R':>7}{'false':>8}{'days until told':>17}")
    for method in METHODS:
        if method.name not in ("workbench", "zscore 30 days", "mean + 30 %"):
            continue
        confidence, told_on = replay(method, estate, first=first, last=last)
        scored = scored_at(method.threshold, confidence, estate, first=first, last=last - OPEN)
        events, _ = events_of(estate, first, last - OPEN)
        # A method that knows no accounts says nothing of them.
        windows = [(e.start, told_on[e.node][e.start : e.last + 1]) for e in events if e.node in told_on]
        lags = [float(np.nanmin(days) - start) for start, days in windows if np.isfinite(days).any()]
        numbers = f"{scored.precision:7.3f}{scored.recall:7.3f}{scored.money_recall:7.3f}{scored.false_alerts:8.2f}"
        print(f"{method.name:<18}{numbers}{float(np.mean(lags)) if lags else 0:17.1f}", flush=True)


def _table(title: str, estates: Sequence[Estate]) -> None:
    print(f"{title}: {sum(len(estate.series) for estate in estates)} series x {DAYS} days")
    print("P, R = events; $R = by money; false = per 100 series and weeks; R@1, $R@1 = at one false alert there")
    print(
        f"{'method':<18}{'P':>7}{'R':>7}{'F1':>7}{'$R':>7}{'false':>8}{'delay':>7}{'AP':>7}{'R@1':>7}{'$R@1':>7}"
        "  series/CPU s"
    )
    kinds: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for method in METHODS:
        rows = [_judge(method, estate) for estate in estates]
        usual = [row[0] for row in rows]
        means = [
            float(np.mean([getattr(s, name) for s in usual])) for name in ("precision", "recall", "f1", "money_recall")
        ]
        rest = [float(np.mean([row[i] for row in rows])) for i in (1, 2, 3)]
        false, delay = (float(np.mean([getattr(s, name) for s in usual])) for name in ("false_alerts", "delay"))
        speed = float(np.mean([row[4] for row in rows]))
        numbers = "".join(f"{value:7.3f}" for value in means)
        note = " (sees the future)" if method.sees_future else ""
        print(
            f"{method.name:<18}{numbers}{false:8.2f}{delay:7.1f}",
            "".join(f"{value:7.3f}" for value in rest),
            f"  {speed:,.0f}{note}",
            sep="",
            flush=True,
        )
        if method.name == "workbench":
            for scored in usual:
                found.update({kind: hit for kind, (hit, _) in scored.found.items()})
                kinds.update({kind: there for kind, (_, there) in scored.found.items()})
    print(
        "workbench, found per kind: "
        + ", ".join(f"{kind} {found[kind]}/{count}" for kind, count in sorted(kinds.items()))
    )


def _judge(method: Method, estate: Estate) -> tuple[Scored, float, float, float, float]:
    some = _part(estate, method.most_series)
    costs = some.bills.known_on(DAYS - 1)[: len(some.series)]
    with stopwatch() as took:
        scores = method.score(costs, some)
    points = curve(scores, some, first=FIRST, last=DAYS - 1)
    usual = scored_at(method.threshold, scores, some, first=FIRST, last=DAYS - 1)
    return usual, average_precision(points), *at_budget(points), len(some.series) / max(took.cpu, 1e-9)


def _part(estate: Estate, most: int | None) -> Estate:
    if most is None:
        return estate
    names = estate.series[: scaled(most)]
    labels = tuple(label for label in estate.labels if label.series in names)
    return Estate(names, estate.kinds[: len(names)], estate.first_day, estate.bills, labels)
