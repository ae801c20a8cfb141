"""Why did a load change the money of the slice it replaces? Its old rows held against the staged ones, part by part.

Question: what was restated, in money, when only whole months arrive?
Choice: charges of one day, account, service, region, resource, price item, category, class and commitment status are
added up on both sides and compared (`sql/slice_changes.sql`); the parts are kept with the load, by service.
Why: the old rows are at hand exactly once, at the commit that replaces them; later their snapshot may have expired.
Declined: comparing charge by charge (providers give a charge no lasting name), comparing totals per day (`load_days`:
they cannot tell late usage from another rate).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import duckdb

from finops_lib.lake.create import statement
from finops_lib.lake.open import sql_text

if TYPE_CHECKING:
    from finops_lib.lake.write import SliceKey, Staged

_KEY = "x_Provider VARCHAR, x_SourceId VARCHAR, x_BillingMonth DATE"
_AMOUNTS = ("billed_change", "effective_change", "billed_moved", "effective_moved")
_COLUMNS = (
    "replaced_load_number",
    "x_Provider",
    "x_SourceId",
    "x_BillingMonth",
    "BillingCurrency",
    "ServiceName",
    "part",
    "charges",
    "rows_change",
    *_AMOUNTS,
)


def remember_changes(
    con: duckdb.DuckDBPyConnection, staged: Sequence[Staged], versions: Mapping[SliceKey, str]
) -> None:
    """Compare staged slices with what the lake holds of them now; what was compared with the same load stays as it is.

    Whoever calls it before taking the writer lock spares the others the wait; the commit calls it again.

    Args:
        con: has the lake attached and is in no transaction.
        versions: the mapping version of each staged slice; another one than before makes the change ours.
    """
    amounts = ", ".join(f"{name} DECIMAL(38,12)" for name in _AMOUNTS)
    columns = "BillingCurrency VARCHAR, ServiceName VARCHAR, part VARCHAR, charges BIGINT, rows_change BIGINT"
    con.execute(
        f"create temp table if not exists slice_changes (replaced_load_number BIGINT, {_KEY}, {columns}, {amounts})"
    )
    current = _current(con, [item.key for item in staged])
    for item in staged:
        number, version = current.get(item.key, (0, ""))
        if item.compared_with == number:
            continue
        con.execute(f"delete from temp.slice_changes where {item.key.where}")
        if number:
            _compare(con, item, number, is_our_change=version != versions[item.key])
        item.compared_with = number


def changes_select(item: Staged, load_number: int) -> str:
    """Give the select of the rows of `load_changes` for one staged slice, but for `loaded_at`."""
    return (
        f"select {load_number}, '{item.load_id}', {', '.join(_COLUMNS)} from temp.slice_changes where {item.key.where}"
    )


def settle_sums(con: duckdb.DuckDBPyConnection, item: Staged) -> None:
    """Let the parts add up to what the load changes, to the last row and digit.

    They do by themselves unless the slice in the lake is not what its load says: rows were lost, or changed by hand.
    Loading it again is how that is mended, so what is off becomes a part of its own, `repaired`.
    """
    sums = "sum(rows_change), sum(billed_change), sum(effective_change)"
    query = f"select BillingCurrency, {sums} from temp.slice_changes where {item.key.where} group by BillingCurrency"
    found = {row[0]: tuple(row[1:]) for row in con.execute(query).fetchall()}
    wanted = {str(row["BillingCurrency"]): _change_of(row) for row in item.loads if row["rows_before"] is not None}
    nothing = (0, Decimal(0), Decimal(0))
    key = item.key
    for currency in sorted(found.keys() | wanted.keys()):
        is_, should = found.get(currency, nothing), wanted.get(currency, nothing)
        if is_ != should:
            off = [wish - told for wish, told in zip(should, is_, strict=True)]
            of_slice = [item.compared_with, key.provider, key.source, key.month, currency]
            con.execute(
                "insert into temp.slice_changes values (?, ?, ?, ?, ?, null, 'repaired', ?, ?, ?, ?, 0, 0)",
                [*of_slice, abs(off[0]), *off],
            )


def _current(con: duckdb.DuckDBPyConnection, keys: Iterable[SliceKey]) -> dict[SliceKey, tuple[int, str]]:
    """Give number and mapping version of the load that each slice holds now."""
    current = {}
    for key in keys:
        newest = (
            f"select load_number, mapping_version from lake.loads where {key.where} order by load_number desc limit 1"
        )
        for number, version in con.execute(newest).fetchall():
            current[key] = (int(number), str(version))
    return current


def _compare(con: duckdb.DuckDBPyConnection, item: Staged, number: int, *, is_our_change: bool) -> None:
    key = item.key
    names = ", ".join(f"'{sql_text(file)}'" for file in item.files)
    # Literals instead of bound values: so that the files of other months stay closed.
    con.execute(f"create or replace temp view slice_before as select * from lake.cost where {key.where}")
    con.execute(
        f"create or replace temp view slice_after as select * from read_parquet([{names}], hive_partitioning = false)"
    )
    own = f"{number}, '{key.provider}', '{key.source}', DATE '{key.month}'"
    changes = f"select {own}, * from ({statement('slice_changes')})"
    con.execute(f"insert into temp.slice_changes {changes}", {"is_our_change": is_our_change})
    for view in ("slice_before", "slice_after"):
        con.execute(f"drop view temp.{view}")


def _change_of(row: Mapping[str, Any]) -> tuple[int, Decimal, Decimal]:
    return (
        (row["rows_loaded"] or 0) - (row["rows_before"] or 0),
        (row["billed_loaded"] or Decimal(0)) - (row["billed_before"] or 0),
        (row["effective_loaded"] or Decimal(0)) - (row["effective_before"] or 0),
    )
