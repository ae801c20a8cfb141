"""Has anything changed that a status is made of? One hash over its rows, its rates and its definition."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import date

import polars as pl

from finops_lib.analyses.budgets.ledger import Ledger
from finops_lib.plans import Budget, FutureEvent, definition_of

_KEYS = ("day", "x_Provider", "x_SourceId", "charge_class", "frequency", "is_prior", "BillingCurrency")


def watermarks(
    budgets: Sequence[Budget],
    ledgers: Sequence[Ledger],
    counted: pl.DataFrame,
    *,
    as_of: date,
    since: date,
    events: Sequence[FutureEvent] = (),
) -> list[str]:
    """Give each budget the hash of what its status is made of.

    How long a source has been silent is no part of it: silence is not data.

    Args:
        since: the oldest day a status looks at.
        events: decided changes; those of another budget, and those switched off, change nothing.
    """
    lines = pl.concat_str(
        [pl.col(name).cast(pl.String).fill_null("") for name in (*_KEYS, "complete_through", "cost")], separator="\t"
    )
    sums = (
        counted.lazy()
        .filter((pl.col("day") >= since) & (pl.col("day") <= as_of))
        .group_by("budget", *_KEYS)
        .agg(pl.col("complete_through").max(), pl.col("cost").sum())
        .filter(pl.col("cost") != 0)
        .sort("budget", *_KEYS)
        .select("budget", line=lines)
        .group_by("budget", maintain_order=True)
        .agg(pl.col("line").str.join("\n"))
        .collect()
    )
    rows = dict(sums.iter_rows())
    return [
        _hash(_definition(budget, events), ledger, rows.get(place, ""))
        for place, (budget, ledger) in enumerate(zip(budgets, ledgers, strict=True))
    ]


def _definition(budget: Budget, events: Sequence[FutureEvent]) -> str:
    expected = sorted(repr(event) for event in events if event.series == budget.name and event.active)
    return json.dumps([definition_of(budget), expected] if expected else definition_of(budget), sort_keys=True)


def _hash(definition: str, ledger: Ledger, rows: str) -> str:
    # Rates show in what was converted by them: the totals, and what the market made dearer.
    converted = [
        ledger.period.start,
        ledger.reach.through,
        ledger.known,
        ledger.prior,
        sorted(ledger.fx_effect.items()),
        ledger.missing_rate,
    ]
    return hashlib.sha256("\n".join((definition, rows, *map(str, converted))).encode()).hexdigest()
