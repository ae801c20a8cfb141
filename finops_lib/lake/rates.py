"""Keep currency rates: what changed replaces what was, in one commit, and is told with both values.

The table is small and replaced as a whole, so that its files hold nothing that was deleted: other engines, which do not
know of deleted rows, then read it right as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Any, Literal

import duckdb

from finops_lib.errors import DataError
from finops_lib.lake.committed import committed
from finops_lib.money import Rate

_COLUMNS = "from_currency, to_currency, day, kind, rate, source"
# There and back may miss 1 by what the digits leave open, and never by more than this: then one of them is wrong.
_WIDEST_MISS = Decimal("0.01")

RateKey = tuple[str, str, date, str]


@dataclass(frozen=True, slots=True)
class RateChange:
    """A rate that came, against what the lake held: `before` is None where it held none."""

    rate: Rate
    status: Literal["new", "changed", "unchanged"]
    before: Decimal | None


def held_rates(con: duckdb.DuckDBPyConnection) -> list[Rate]:
    """Give every rate of the lake that `con` is attached to, by pair, kind and day."""
    query = f"select {_COLUMNS} from lake.fx_rates order by from_currency, to_currency, kind, day"
    return [Rate(*row) for row in con.execute(query).fetchall()]


def compare_rates(held: Iterable[Rate], coming: Sequence[Rate]) -> list[RateChange]:
    """Say of each rate that comes whether it is news.

    Raises:
        DataError: a pair that would say one thing there and another back.
    """
    known = {rate.key: rate for rate in held}
    changes = [_compared(known.get(rate.key), rate) for rate in coming]
    _refuse_contradictions(known | {rate.key: rate for rate in coming}, coming)
    return changes


def replace_rates(
    con: duckdb.DuckDBPyConnection, changes: Sequence[RateChange], *, loaded_at: datetime, run_id: str, message: str
) -> None:
    """Write the rates that are new or changed. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.
    """
    news = [change.rate for change in changes if change.status != "unchanged"]
    columns: list[list[Any]] = [
        [rate.from_currency for rate in news],
        [rate.to_currency for rate in news],
        [rate.day for rate in news],
        [rate.kind for rate in news],
        [rate.rate for rate in news],
        [rate.source for rate in news],
    ]
    con.execute("create or replace temp table coming_rates as from lake.fx_rates limit 0")
    with committed(con, message, run_id=run_id, rates=len(news)):
        # A list per column in one statement: every insert into the lake leaves a file of its own.
        unnested = ", ".join(["unnest(?)"] * len(columns))
        con.execute(f"insert into temp.coming_rates select {unnested}, ?, ?", [*columns, loaded_at, run_id])
        key = "(from_currency, to_currency, day, kind)"
        kept = f"from lake.fx_rates where {key} not in (select {key} from temp.coming_rates)"
        con.execute(f"create or replace temp table all_rates as (from temp.coming_rates) union all ({kept})")
        con.execute("delete from lake.fx_rates")
        con.execute("insert into lake.fx_rates from temp.all_rates order by from_currency, to_currency, kind, day")


def _compared(held: Rate | None, coming: Rate) -> RateChange:
    if held is None:
        return RateChange(coming, "new", None)
    # Who says it does not make it another rate.
    is_same = replace(held, source=coming.source) == coming
    return RateChange(coming, "unchanged" if is_same else "changed", held.rate)


def _refuse_contradictions(after: Mapping[RateKey, Rate], coming: Sequence[Rate]) -> None:
    for rate in coming:
        back = after.get((rate.to_currency, rate.from_currency, rate.day, rate.kind))
        if back is not None and not _agree(rate.rate, back.rate):
            raise DataError(
                f"{rate.day} ({rate.kind}): {rate.from_currency} to {rate.to_currency} is {rate.digits} and back "
                f"{back.digits}, which is not the same rate",
                next_step="correct one of the two; nothing was changed",
                day=rate.day,
            )


def _agree(there: Decimal, back: Decimal) -> bool:
    """Say whether two rates are each other's inverse, as far as their digits go."""
    with localcontext(prec=60):
        rounding = sum((_half_of_last_digit(rate) / rate for rate in (there, back)), Decimal(0))
        return abs(there * back - 1) <= min(rounding * (1 + rounding), _WIDEST_MISS)


def _half_of_last_digit(rate: Decimal) -> Decimal:
    exponent = rate.normalize().as_tuple().exponent
    return Decimal(5).scaleb(min(int(exponent), 0) - 1)
