"""Keep what somebody else says that a source's months cost, to hold the loaded charges against it.

Question: where does Cost Explorer's answer go, if the same bill is loaded from an export?
Choice: totals per month in a table of their own, which nothing sums up and only `reconcile` reads.
Why: as charges of a second source the money would be in every report twice, and one filter forgotten is enough.
Declined: a provider label of its own, which every total over all providers would still include.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb

from finops_lib.lake.committed import committed
from finops_lib.quoting import literal


@dataclass(frozen=True, slots=True)
class StatedTotal:
    """What one month costs in one currency, as `stated_by` says; `is_final` = false is an estimate."""

    provider: str
    source: str
    stated_by: str
    month: date
    currency: str
    billed: Decimal
    is_final: bool


def replace_stated(
    con: duckdb.DuckDBPyConnection, totals: Sequence[StatedTotal], *, stated_by: str, month: date, stated_at: datetime
) -> None:
    """Replace what `stated_by` says of a month; no totals = it says that there is no cost.

    Call it under the writer lock. The connection has the lake attached for writing and has not read from it in a
    transaction.
    """
    with committed(con, f"totals of {month:%Y-%m} by {stated_by}", stated_by=stated_by, month=f"{month:%Y-%m}"):
        mine = f"stated_by = {literal(stated_by)} and x_BillingMonth = DATE '{month}'"
        con.execute(f"delete from lake.stated_totals where {mine}")
        for total in totals:
            values = [total.provider, total.source, stated_by, month, total.currency, total.billed, total.is_final]
            con.execute("insert into lake.stated_totals values (?, ?, ?, ?, ?, ?, ?, ?)", [*values, stated_at])
