"""Actual and amortized cost of the same charges: Billed from one, Effective from the other, never added.

Both exports hold all charges. They differ only in what belongs to a commitment (reservation, savings plan):

    charge                            actual                     amortized
    purchase or refund of one         Billed = cost              (not in it)
    usage that one covers             cost 0: left out           Effective = cost
    unused part of one                (not in it)                Effective = cost
    everything else                   Billed = Effective = cost  left out: said already

So a row is judged by its own columns, never by finding its twin. What makes this right is checked: everything else
adds up to the same money in both, to the last digit, per month and currency.

Question: what if only one of them is there?
Choice: actual alone is loaded, and a finding counts the charges whose effective cost is not known; amortized alone is
refused.
Why: an invoice can be held against actual cost; of amortized cost alone Billed would be made up.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from finops_lib.errors import DataError, QualityError
from finops_lib.sources.files import BillingFile

ACTUAL, AMORTIZED = "azure-actual", "azure-amortized"
_UNUSED = "CommitmentDiscountStatus = 'Unused'"
_PURCHASE = "ChargeCategory = 'Purchase' and CommitmentDiscountType is not null and EffectiveCost <> 0"
_COMMITTED = "CommitmentDiscountStatus is not null"


def settle(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], names: Sequence[str]) -> None:
    """Take from `parsed` what the other file of the pair says better.

    Args:
        names: the dialect of each file.
    Raises:
        DataError: a file holds charges that its kind cannot have, or there is no actual cost for an amortized one.
        QualityError: the two do not add up to the same money where they say the same.
    """
    of_actual, of_amortized = _rows_of(names, ACTUAL), _rows_of(names, AMORTIZED)
    _refuse_contradiction(
        con, files, f"{of_actual} and {_UNUSED}", "unused commitments, which only amortized cost has", AMORTIZED
    )
    _refuse_contradiction(
        con, files, f"{of_amortized} and {_PURCHASE}", "purchases of commitments, which only actual cost has", ACTUAL
    )
    _refuse_lonely(con, files, of_actual, of_amortized)
    if AMORTIZED not in names:
        return
    _require_same_money(con, of_actual, of_amortized)
    slice_ = "(x_BillingMonth, BillingCurrency)"
    is_told = f"{slice_} in (select {slice_} from parsed where {of_amortized})"
    is_covered = "CommitmentDiscountStatus = 'Used' and BilledCost = 0"
    con.execute(f"delete from parsed where {of_actual} and {is_covered} and {is_told}")
    con.execute(f"delete from parsed where {of_amortized} and not ({_COMMITTED})")


def _rows_of(names: Sequence[str], dialect: str) -> str:
    positions = [str(i) for i, name in enumerate(names) if name == dialect]
    return f"x_File in ({', '.join(positions)})" if positions else "false"


def _refuse_contradiction(
    con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], condition: str, what: str, is_rather: str
) -> None:
    query = f"select x_File, count(*) from parsed where {condition} group by all order by all limit 1"
    for position, rows in con.execute(query).fetchall():
        file = files[position]
        kinds = {ACTUAL: "actual", AMORTIZED: "amortized"}
        taken_for = kinds[ACTUAL if is_rather == AMORTIZED else AMORTIZED]
        raise DataError(
            f"{file.path}: taken for {taken_for} cost, but {rows} of its rows are {what}",
            next_step=f"put the word {kinds[is_rather]} into its name, or load it alone with --dialect {is_rather}",
            path=file.path,
            rows=rows,
        )


def _refuse_lonely(
    con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], of_actual: str, of_amortized: str
) -> None:
    billed = f"select x_BillingMonth from parsed where {of_actual}"
    alone = f"{of_amortized} and x_BillingMonth not in ({billed})"
    query = f"select x_BillingMonth, min(x_File) from parsed where {alone} group by all order by all limit 1"
    for month, position in con.execute(query).fetchall():
        raise DataError(
            f"{files[position].path}: amortized cost of {month:%Y-%m} without actual cost; "
            "what was billed is not in it",
            next_step="export ActualCost of the same days too and give both in one command",
            path=files[position].path,
            month=month,
        )


def _require_same_money(con: duckdb.DuckDBPyConnection, of_actual: str, of_amortized: str) -> None:
    """Compare what belongs to no commitment; in actual cost, only that has an effective cost."""
    actual = f"coalesce(sum(EffectiveCost) filter ({of_actual}), 0)"
    amortized = f"coalesce(sum(EffectiveCost) filter ({of_amortized} and not ({_COMMITTED})), 0)"
    sums = f"select x_BillingMonth, BillingCurrency, {actual} as a, {amortized} as b from parsed group by all"
    query = f"select *, count(*) over () from ({sums}) where a <> b order by all limit 1"
    for month, currency, of_a, of_b, count in con.execute(query).fetchall():
        more = f" (and {count - 1} more)" if count > 1 else ""
        raise QualityError(
            f"{month:%Y-%m} in {currency}{more}: without commitments actual cost is {of_a.normalize():f} "
            f"and amortized cost {of_b.normalize():f}, a difference of {(of_a - of_b).normalize():f}",
            next_step="export both for the same days and at the same time; nothing was loaded",
            month=month,
            currency=currency,
            difference=of_a - of_b,
        )
