"""Is the same bill in the lake under two names? And how are the charges of one of them taken out again?

An export and the interface that is asked for the same account tell of the same money. As charges of two sources it
would be in every report twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb

from finops_lib.lake.committed import committed
from finops_lib.lake.create import statement
from finops_lib.quoting import literal

_ACCOUNTS = "x_Provider, x_BillingMonth, x_SourceId, BillingAccountId, SubAccountId"
_OF_DELIVERY = "x_Provider, x_BillingMonth, {} as x_SourceId, BillingAccountId, SubAccountId"


@dataclass(frozen=True, slots=True)
class BilledTwice:
    """One account's month that two sources hold; `asked` has it from an interface.

    Args:
        account: the billing account, or the sub account where neither says whose bill it is.
    """

    provider: str
    month: date
    account: str
    asked: str
    other: str


def billed_twice(con: duckdb.DuckDBPyConnection, asked: Sequence[str], *, loading: str = "") -> list[BilledTwice]:
    """Find what is in the lake twice, or would be.

    Args:
        con: has the lake attached.
        asked: the sources that ask an interface.
        loading: the source of a delivery that is in the view `charges`, and takes the place of what the lake holds of
            it; only its months are looked at. "" = all that is in the lake.
    """
    if not asked:
        return []
    delivery = "select distinct x_Provider, x_BillingMonth from charges"
    sources = f"x_SourceId in ({', '.join(map(literal, asked))})"
    held = f"select distinct x_Provider, x_BillingMonth from lake.loads where {sources} and rows_loaded > 0"
    slices = con.execute(delivery if loading else held).fetchall()
    # In literals, so that other months' files stay closed.
    where = " or ".join(f"(x_Provider = {literal(name)} and x_BillingMonth = DATE '{month}')" for name, month in slices)
    if loading and loading not in asked:
        where = f"({where or 'false'}) and {sources}"
    con.execute(
        f"create or replace temp table bills as select distinct {_ACCOUNTS} from lake.cost where {where or 'false'}"
    )
    if loading:
        con.execute(f"delete from temp.bills where x_SourceId = {literal(loading)}")
        con.execute(f"insert into temp.bills select distinct {_OF_DELIVERY.format(literal(loading))} from charges")
    return [BilledTwice(*row) for row in con.execute(statement("billed_twice"), {"asked": list(asked)}).fetchall()]


def withdraw(con: duckdb.DuckDBPyConnection, source: str, *, loaded_at: datetime, run_id: str) -> None:
    """Take all charges of a source out of the lake; earlier snapshots keep them. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.
    """
    with committed(con, f"withdraw the charges of {source}", run_id=run_id, withdrawn=source):
        con.execute(f"delete from lake.cost where x_SourceId = {literal(source)}")
        con.execute(statement("withdraw_loads"), {"source": source, "loaded_at": loaded_at, "run_id": run_id})
