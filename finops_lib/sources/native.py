"""Does a mapping keep every cent? What the provider charges, summed from the raw rows, is what is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import duckdb

from finops_lib.errors import QualityError
from finops_lib.sources import Dialect
from finops_lib.sources.files import BillingFile

_MAPPED = "x_BillingMonth as month, BillingCurrency as currency, BilledCost, billed_drift"


def hold_to_native(con: duckdb.DuckDBPyConnection, dialect: Dialect, files: Sequence[BillingFile], where: str) -> None:
    """Compare the money of some files in `parsed` with what the view `raw` says, per billing month and currency.

    Args:
        con: `raw` reads exactly these files.
        where: the condition of their rows in `parsed`.
    Raises:
        QualityError: the mapping lost or made money; nothing is to be loaded.
    """
    if dialect.native is None:
        return
    native = f"select month, currency, sum(billed) from ({dialect.native(files[0].header)}) group by all"
    stated = {(month, currency): amount for month, currency, amount in con.execute(native).fetchall() if amount}
    # Drift has 37 decimals, of which a sum of native amounts keeps 18.
    sums = "cast(sum(BilledCost) + coalesce(sum(cast(billed_drift as DECIMAL(38,18))), 0) as DECIMAL(38,18))"
    mapped = f"select month, currency, {sums} from (select {_MAPPED} from parsed where {where}) group by all"
    loaded = {(month, currency): amount for month, currency, amount in con.execute(mapped).fetchall() if amount}
    for key in sorted(stated.keys() | loaded.keys(), key=str):
        is_, should = loaded.get(key, Decimal(0)), stated.get(key, Decimal(0))
        if is_ != should:
            month, currency = key
            raise QualityError(
                f"{files[0].path}: {month:%Y-%m} in {currency}: the provider charges {should.normalize():f}, "
                f"the mapping gives {is_.normalize():f}",
                next_step="report this file's columns as a defect of the mapping; nothing was loaded",
                path=files[0].path,
                month=month,
                currency=currency,
            )
