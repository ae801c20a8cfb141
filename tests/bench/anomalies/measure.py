"""Print how each method does on the reporting seeds, in one go and replayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.bench.anomalies.methods import METHODS, Method
from tests.bench.anomalies.noisy import make_noisy_estate
from tests.bench.anomalies.replay import replay
from tests.bench.anomalies.score import Scored, at_budget, average_precision, curve, events_of, scored_at
from tests.bench.clock import stopwatch
from tests.bench.estate import REPORTING_SEEDS, Estate, make_estate
from tests.bench.place import scaled

FIRST, DAYS = 60, 420
NOISY_SEEDS = (201, 202, 203)
REPLAYED_DAYS = 90
# What happened on the newest days is not told yet.
OPEN = 3


def measure(_: Path) -> None:
    estates = [make_estate(seed) for seed in REPORTING_SEEDS[: scaled(len(REPORTING_SEEDS))]]
    _table("labelled estate, reporting seeds", estates)
    _replayed(estates[0])
    _table("noisy series, reporting seeds", [make_noisy_estate(seed) for seed in NOISY_SEEDS[: scaled(3)]])


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
