"""Look into episodes: fetch the charges behind them and say what moved, from the lake of a run or of the settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

import duckdb

from finops_lib.analyses.anomalies.comparison import Comparison, compared_days
from finops_lib.analyses.anomalies.investigation import Investigation
from finops_lib.analyses.anomalies.investigation import investigate as look_into
from finops_lib.analyses.anomalies.node_values import node_of
from finops_lib.analyses.anomalies.walk import Mover
from finops_lib.errors import ConfigError, LakeError
from finops_lib.findings import Anomaly
from finops_lib.lake.open import open_lake
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import HasConnection, bind, run_query
from finops_lib.settings import Settings

if TYPE_CHECKING:
    import polars as pl

CHARGES, TAGS, LARGEST, SAME_DAY = "anomaly_charges", "anomaly_tags", "anomaly_largest_charges", "anomaly_same_day"
NODE_DAYS = "anomaly_node_days"
MOST_CHARGES = 200
# How many episodes of a list are shown in full, and how many get a sentence.
SHOWN, LISTED = 3, 30
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
        LakeError: there is no lake, or the snapshot is gone or has no marts.
        ConfigError: the node is not one that charges can be chosen by.
    """
    limits: dict[str, Any] = {"memory_limit": settings.memory_limit, "threads": settings.threads}
    with open_lake(settings.lake, snapshot=snapshot, **limits) as lake:
        try:
            [found] = investigate_all(asking(lake), [anomaly], as_of=as_of)
        except duckdb.CatalogException as error:
            raise LakeError(
                f"snapshot {lake.snapshot_id} of the lake is from before its marts were built",
                next_step="leave the snapshot out, or run: finops build",
                snapshot=lake.snapshot_id,
            ) from error
    return found


def looked_into(settings: Settings, anomaly: Anomaly) -> tuple[str, list[dict[str, object]]]:
    """Give the cause in a sentence and its parts as rows; where the charges cannot be read, why, and no rows."""
    try:
        found = investigate(settings, anomaly)
    except (LakeError, ConfigError) as error:
        return f"the charges behind it cannot be read: {error}", []
    return found.cause.sentence, rows_of(found)


def rows_of(found: Investigation) -> list[dict[str, object]]:
    """Give an investigation as rows for a table or JSON: the effects with their sum, the walk, the suspects.

    Returns:
        part (effect, level, against, suspect), name, before, actual, change, share (of the walked change; None for
        effects, which are of all charges); the row `effect, residual` is 0.
    """
    whole, walked = found.decomposition, found.walk
    effects: list[dict[str, object]] = [
        {"part": "effect", "name": effect.kind, "before": None, "actual": None, "change": effect.amount, "share": None}
        for effect in whole.effects
    ]
    sums = {"before": whole.before, "actual": whole.actual, "change": whole.change}
    effects += [
        {"part": "effect", "name": "all together", **sums, "share": None},
        {"part": "effect", "name": "residual", "before": None, "actual": None, "change": whole.residual, "share": None},
    ]
    movers: list[tuple[str, Mover]] = [(step.level, mover) for step in walked.steps for mover in step.movers]
    movers += [("against", mover) for mover in walked.against]
    movers += [("suspect", mover) for mover in walked.suspects[:_SUSPECTS]]
    return effects + [
        {
            "part": part,
            "name": mover.name,
            "before": mover.before,
            "actual": mover.actual,
            "change": mover.change,
            "share": round(float(walked.share(mover.change)), 4),
        }
        for part, mover in movers
    ]


def investigate_all(query: Query, anomalies: Sequence[Anomaly], *, as_of: date | None = None) -> list[Investigation]:
    """Explain episodes by figure queries; `run.query` remembers each for the fold."""
    if not anomalies:
        return []
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


def investigate_listed(
    lake: HasConnection, query: Query, anomalies: Sequence[Anomaly], *, as_of: date
) -> list[Investigation]:
    """Explain the episodes of a list: the first by `query`, which remembers, the others only for their sentence."""
    shown, listed = anomalies[:SHOWN], anomalies[SHOWN:LISTED]
    # The same text with thirty other values would make the fold longer than the report.
    return investigate_all(query, shown, as_of=as_of) + investigate_all(asking(lake), listed, as_of=as_of)


def days_of_nodes(
    lake: HasConnection, query: Query, found: Sequence[Anomaly], *, as_of: date, history_days: int
) -> dict[str, pl.DataFrame]:
    """Give the daily usage of the nodes of recorded episodes, by id; `query` remembers those shown in full."""
    days = {}
    for number, one in enumerate(found):
        if one.expression:
            ask = query if number < SHOWN else asking(lake)
            bound = {**node_of(one).bound(), "currency": one.currency, "as_of": as_of}
            days[one.anomaly_id] = ask(NODE_DAYS, **bound, history_days=history_days)
    return days


def largest_charges(query: Query, found: Sequence[Investigation], *, most: int = MOST_CHARGES) -> pl.DataFrame:
    """Give the charges of the first episode's days, those of the suspects first; without an episode an empty frame."""
    import polars as pl

    if not found:
        return pl.DataFrame()
    one = found[0]
    suspects = [mover.id.lower() for mover in one.walk.suspects[:_SUSPECTS] if mover.level == "resource"]
    return query(
        LARGEST,
        **one.node.bound(),
        currency=one.anomaly.currency,
        first_day=one.comparison.start,
        until=one.comparison.end,
        suspects=suspects,
        most=most,
    )


def same_day(query: Query, found: Sequence[Investigation], *, as_of: date) -> pl.DataFrame:
    """Give the resources of the first episode's account that were charged first, or no more, from its first day on."""
    import polars as pl

    if not found:
        return pl.DataFrame()
    one = found[0]
    return query(
        SAME_DAY,
        provider=one.node.provider,
        account=one.node.account,
        currency=one.anomaly.currency,
        since=one.comparison.since,
        first_day=one.comparison.start,
        until=max(as_of, one.comparison.end),
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


def asking(lake: HasConnection) -> Query:
    """Ask a lake by name without keeping what was asked."""

    def query(name: str, **values: object) -> pl.DataFrame:
        sql = figure_sql(name)
        return run_query(lake, sql, bind(name, sql, {}, values))

    return query
