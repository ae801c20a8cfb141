"""State what a provider's API says that another source's months cost, without loading a charge of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.markers import remember
from finops_lib.lake.open import attach, connect, detach, equip
from finops_lib.lake.stated import StatedTotal, replace_stated
from finops_lib.runs.clock import now
from finops_lib.settings import Settings
from finops_lib.sources.delivery import at_scale, read_delivery
from finops_lib.sources.files import find_files

_ESTIMATED = (
    "select x_BillingMonth, BillingCurrency, bool_or(x_Extra['x_Estimated'] = 'true') from charges group by all"
)


def state_totals(
    settings: Settings,
    files: Sequence[Path],
    *,
    month: date,
    source: str,
    compare_with: str,
    dialect: str = "",
    marker: str = "",
) -> list[StatedTotal]:
    """Read one month's files as a delivery is read, and keep its totals instead of its charges.

    Args:
        files: what a collector fetched of the month; none = it costs nothing, by what the provider says.
        source: who states the totals.
        compare_with: the source that they are held against.
        marker: the provider's version of the month, noted with its totals; "" = it is asked for again.
    Raises:
        DataError, QualityError: the files are not what they should be; what was stated before stays.
    """
    ensure_lake(settings.lake)
    con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
    try:
        totals = _read(con, files, source=source, compare_with=compare_with, dialect=dialect) if files else []
        equip(con, settings.lake)
        with writer_lock(settings.lake, purpose=f"totals of {source}"):
            attach(con, settings.lake, read_only=False)
            try:
                stated_at = now().replace(tzinfo=None)
                replace_stated(con, totals, stated_by=source, month=month, stated_at=stated_at)
                if marker:
                    remember(con, source, {month: marker}, seen_at=stated_at)
            finally:
                detach(con)
    finally:
        con.close()
    return totals


def _read(
    con: duckdb.DuckDBPyConnection, files: Sequence[Path], *, source: str, compare_with: str, dialect: str
) -> list[StatedTotal]:
    delivery = read_delivery(con, find_files(files), dialect=dialect)
    estimated = {(month, currency): bool(flag) for month, currency, flag in con.execute(_ESTIMATED).fetchall()}
    return [
        StatedTotal(
            provider=totals.provider,
            source=compare_with,
            stated_by=source,
            month=totals.month,
            currency=totals.currency,
            billed=at_scale(totals.billed_in),
            is_final=not estimated[totals.month, totals.currency],
        )
        for totals in delivery.totals
    ]
