"""Which version of each billing month does the lake hold, as the provider calls it? So nothing is fetched twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import duckdb

from finops_lib.lake.create import statement

# Billing month -> marker; None = of deliveries that do not tell their months apart.
Markers = Mapping[date | None, str]


def held_markers(con: duckdb.DuckDBPyConnection, source: str) -> dict[date | None, str]:
    """Read the markers of a source that still say what the lake holds."""
    return dict(con.execute(statement("held_markers"), {"source": source}).fetchall())


def remember(con: duckdb.DuckDBPyConnection, source: str, markers: Markers, *, seen_at: datetime) -> None:
    """Note the markers of what is loaded now. Call it under the writer lock, after the loads they stand for.

    Args:
        con: has the lake attached for writing; may be in a transaction.
    """
    for month, marker in markers.items():
        values = {"source": source, "month": month, "marker": marker, "seen_at": seen_at}
        con.execute(statement("remember_marker"), values)
