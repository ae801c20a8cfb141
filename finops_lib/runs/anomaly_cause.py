"""Look into episodes: fetch the charges behind them and say what moved, from the lake of a run or of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from finops_lib.analyses.anomalies.comparison import Comparison, compared_days
from finops_lib.analyses.anomalies.investigation import Investigation
from finops_lib.analyses.anomalies.investigation import investigate as look_into
from finops_lib.analyses.anomalies.node_values import node_of
from finops_lib.findings import Anomaly
from finops_lib.lake.open import open_lake
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import HasConnection, bind, run_query
from finops_lib.settings import Settings

if TYPE_CHECKING:
    import polars as pl

CHARGES, TAGS, LARGEST, SAME_DAY = "anomaly_charges", "anomaly_tags", "anomaly_largest_charges", "anomaly_same_day"
MOST_CHARGES = 200
# Charges of that many suspects stand first among the charges.
_SUSPECTS = 20


class Query(Protocol):
    """Asks a figure query by name, as `Run.query` does."""

    def __call__(self, name: str, **values: object) -> pl.DataFrame: ...


def investigate(
    settings: Settings,
    anomaly: Anomaly,
    *,
    as_of: date | None = None,
    snapshot: int | None = None,
) -> Investigation:
    """Explain one episode from the lake; what `finops anomalies show ID` prints.

    Args:
        as_of: the last included day; None = the episode as it was recorded.
        snapshot: of the lake; None = the newest.
    Raises:
        LakeError: there is no lake, or the snapshot is gone.
    """
    limits: dict[str, Any] = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    with open_lake(settings.lake, snapshot=snapshot, **limits) as lake:
        [found] = investigate_all(_asking(lake), [anomaly], as_of=as_of)
    return found


def investigate_all(query: Query, anomalies: Sequence[Anomaly], *, as_of: date | None = None) -> list[Investigation]:
    """Explain episodes by figure queries; `run.query` remembers each for the fold."""
    first_days = query("run_context")
    found = []
    for anomaly in anomalies:
        node = node_of(anomaly)
        comparison = _comparison(anomaly, first_days, as_of)
        asked = {
            **node.bound(),
            **comparison.windows(),
            "currency": anomaly.currency,
            "since": comparison.since,
            "until": comparison.end,
        }
        charges, tags = query(CHARGES, first_day=comparison.start, **asked), query(TAGS, **asked)
        found.append(look_into(anomaly, node, comparison, charges, tags))
    return found


def largest_charges(query: Query, found: Investigation, *, most: int = MOST_CHARGES) -> pl.DataFrame:
    """Give the charges of an episode's days, those of the suspects first."""
    suspects = [mover.id.lower() for mover in found.walk.suspects[:_SUSPECTS] if mover.level == "resource"]
    return query(
        LARGEST,
        **found.node.bound(),
        currency=found.anomaly.currency,
        first_day=found.comparison.start,
        until=found.comparison.end,
        suspects=suspects,
        most=most,
    )


def same_day(query: Query, found: Investigation, *, as_of: date) -> pl.DataFrame:
    """Give the resources of the node's account that were charged first, or no more, from the episode's first day on."""
    return query(
        SAME_DAY,
        provider=found.node.provider,
        account=found.node.account,
        currency=found.anomaly.currency,
        since=found.comparison.since,
        first_day=found.comparison.start,
        until=max(as_of, found.comparison.end),
    )


def _comparison(anomaly: Anomaly, first_days: pl.DataFrame, as_of: date | None) -> Comparison:
    """Choose the compared days, as far as the provider's bills in this currency go back."""
    known = [
        row["first_day"]
        for row in first_days.iter_rows(named=True)
        if (row["x_Provider"], row["BillingCurrency"]) == (anomaly.provider, anomaly.currency) and row["first_day"]
    ]
    end = max(min(anomaly.end, as_of or anomaly.end), anomaly.start)
    return compared_days(anomaly.start, end, first_day=min(known, default=anomaly.start))


def _asking(lake: HasConnection) -> Query:
    def query(name: str, **values: object) -> pl.DataFrame:
        sql = figure_sql(name)
        return run_query(lake, sql, bind(name, sql, {}, values))

    return query
