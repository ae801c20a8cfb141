"""What does the workbench say of the services a report speaks about, and of the accounts they belong to?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.episodes import Episode, episodes_of
from finops_lib.analyses.anomalies.flagged import Combined, combine
from finops_lib.analyses.anomalies.methods import METHODS, Panel
from finops_lib.analyses.anomalies.series import DailyCost
from finops_lib.analyses.anomalies.workbench import TOLD_FROM
from finops_lib.findings import Anomaly

WORKBENCH = "workbench"


def anomalies_of_services(daily: DailyCost) -> list[Anomaly]:
    """Give every episode of every service, and of accounts whose services rose together."""
    return [
        _anomaly(daily, judged, episode, panel_rows)
        for judged, panel_rows in _judged(daily)
        for episode in episodes_of(judged, TOLD_FROM)
    ]


def course_of(daily: DailyCost, anomaly: Anomaly) -> tuple[date, Matrix, Matrix, Matrix] | None:
    """Give first day, cost, what would be usual and one standard deviation of it, for an episode; None = not found."""
    for judged, panel_rows in _judged(daily):
        if anomaly.scope not in judged.nodes:
            continue
        row = judged.nodes.index(anomaly.scope)
        if row < len(panel_rows) and daily.series[panel_rows[row]].currency != anomaly.currency:
            continue
        for episode in episodes_of(judged, TOLD_FROM):
            if episode.row == row and judged.first_day + timedelta(days=episode.start) == anomaly.start:
                return judged.first_day, judged.actual[row], episode.usual, judged.noise[row]
    return None


def _judged(daily: DailyCost) -> Iterator[tuple[Combined, list[int]]]:
    """Judge series whose bills cover the same days together, one provider and currency at a time, with their rows."""
    groups: dict[tuple[str, str, int, int], list[int]] = {}
    for row, series in enumerate(daily.series):
        known = np.flatnonzero(~np.isnan(daily.costs[row]))
        if known.size:
            groups.setdefault((series.provider, series.currency, int(known[0]), int(known[-1])), []).append(row)
    for (_, _, first, last), rows in sorted(groups.items()):
        panel = Panel(
            series=tuple(daily.series[row].scope for row in rows),
            accounts=tuple(f"{daily.series[row].provider}/{daily.series[row].account}" for row in rows),
            first_day=daily.day(first),
            costs=np.nan_to_num(daily.costs[rows, first : last + 1]),
            # Only days on which the bill is whole are here.
            open_days=0,
        )
        yield combine(panel, {WORKBENCH: METHODS.get(WORKBENCH)(panel)}), rows


def _anomaly(daily: DailyCost, judged: Combined, episode: Episode, panel_rows: list[int]) -> Anomaly:
    is_service = episode.row < len(panel_rows)
    # All series of a panel are of one provider and currency.
    series = daily.series[panel_rows[episode.row if is_service else 0]]
    scope = judged.nodes[episode.row]
    return Anomaly(
        scope=scope,
        provider=series.provider,
        account=series.account if is_service else scope.removeprefix(f"{series.provider}/").removesuffix("/*"),
        service=series.service if is_service else "",
        start=judged.first_day + timedelta(days=episode.start),
        end=judged.first_day + timedelta(days=episode.end),
        expected=episode.expected,
        actual=episode.actual,
        impact=episode.impact,
        currency=series.currency,
        deviation_pct=100 * episode.impact / episode.expected if episode.expected > 0 else None,
        methods=episode.methods,
        score=round(episode.confidence, 2),
        cause="" if is_service else "many services rose a little, none of them much",
        confidence=episode.confidence,
        level="service" if is_service else "account",
        test=episode.test,
        is_over=episode.is_over,
    )
