"""Which episodes does a page speak about? Those that are written down; where none are, those that a method finds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from finops_lib.analyses.anomalies.find import find_anomalies
from finops_lib.analyses.anomalies.identity import identified
from finops_lib.analyses.anomalies.services import WORKBENCH
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly

RECORDED = "recorded"
# Restated data shows them no more: only who asks for one by its id is told.
_GONE = ("withdrawn",)


def episodes_of_page(
    days: pl.DataFrame,
    recorded: Sequence[Anomaly],
    *,
    as_of: date,
    method: str,
    lookback_days: int,
    currency: str,
    provider: str = "",
    min_impact: float = 100.0,
    min_percent: float = 10.0,
) -> list[Anomaly]:
    """Give the episodes that touch the last days, each with an id, the largest money first.

    Args:
        days: figure query `anomalies_series_days`.
        recorded: all that are written down, of any node, day and currency; their money is what is known of them now.
        method: `recorded`, or what `find_anomalies` takes; before anything is written down, `recorded` is `workbench`.
        min_impact, min_percent: of what a method finds; what is written down was large enough then.
    Raises:
        ConfigError: no such method.
    """
    if method != RECORDED or not recorded:
        used = WORKBENCH if method == RECORDED else method
        limits = {"lookback_days": lookback_days, "min_impact": min_impact, "min_percent": min_percent}
        return identified(find_anomalies(days, as_of=as_of, method=used, **limits))  # type: ignore[arg-type]
    first = as_of - timedelta(days=lookback_days - 1)
    mine = [
        one
        for one in recorded
        if one.currency == currency and provider in ("", one.provider) and one.status not in _GONE
    ]
    touching = [one for one in mine if first <= one.end and one.start <= as_of]
    return sorted(touching, key=lambda one: (-abs(one.impact), one.scope, one.start))


def chosen(found: Sequence[Anomaly], anomaly_id: str, recorded: Sequence[Anomaly] = ()) -> list[Anomaly]:
    """Give the episode with this id or a beginning of it, or all of them where none is asked for.

    Args:
        found: those of the page.
        recorded: all that are written down, whatever the page is about.
    Raises:
        ConfigError: no such episode among them, or several.
    """
    if not anomaly_id:
        return list(found)
    asked = {one.anomaly_id: one for one in (*found, *recorded) if one.anomaly_id.startswith(anomaly_id)}
    if len(asked) == 1:
        return list(asked.values())
    if asked:
        raise ConfigError(
            f"several anomalies begin with {anomaly_id!r}", next_step="finops anomalies list", anomaly_id=anomaly_id
        )
    if recorded:
        raise ConfigError(
            f"{anomaly_id} is none of the {len(recorded)} recorded anomalies",
            next_step="finops anomalies list",
            anomaly_id=anomaly_id,
        )
    raise ConfigError(
        f"{anomaly_id} is none of the {len(found)} anomalies of these days and this currency",
        next_step="finops anomalies detect, which writes down what it finds; or -p lookback_days=90, -p currency=EUR",
        anomaly_id=anomaly_id,
    )
