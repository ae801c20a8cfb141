"""Replace slices: stage files outside the transaction, check them, then one short commit under the writer lock."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

from finops_lib.errors import QualityError
from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.changes import changes_select, remember_changes, settle_sums
from finops_lib.lake.committed import committed
from finops_lib.lake.create import statement
from finops_lib.lake.markers import Markers, remember
from finops_lib.lake.objects import remove
from finops_lib.lake.open import data_files, open_lake, sql_text
from finops_lib.lake.place import Place

# Level 1 takes a tenth less time than the usual 3, for files of the same size.
_PARQUET = "format parquet, compression zstd, compression_level 1"
_CHECKED = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
_LOADED = tuple(f"{name.removesuffix('Cost').lower()}_loaded" for name in _CHECKED)
_SLICE = "x_Provider, x_SourceId, x_BillingMonth, BillingCurrency"
_OF_SERVICE = "BillingAccountId, ServiceName, ChargeCategory = 'Usage' as is_usage"
# Of which days a load's totals by service are kept: so long does a day's total move, and most restated months with it.
_SERVICE_DAYS = 45


@dataclass(frozen=True, slots=True, order=True)
class SliceKey:
    """What a load replaces as a whole."""

    provider: str
    source: str
    month: date

    @property
    def folder(self) -> str:
        return f"x_Provider={self.provider}/x_SourceId={self.source}/x_BillingMonth={self.month}"

    @property
    def where(self) -> str:
        return (
            f"x_Provider = '{self.provider}' and x_SourceId = '{self.source}' and x_BillingMonth = DATE '{self.month}'"
        )


@dataclass(frozen=True, slots=True)
class Sums:
    """What a slice holds in one currency."""

    rows: int = 0
    billed: Decimal = Decimal(0)
    effective: Decimal = Decimal(0)
    list: Decimal = Decimal(0)
    contracted: Decimal = Decimal(0)

    def __str__(self) -> str:
        costs = {"billed": self.billed, "effective": self.effective, "list": self.list, "contracted": self.contracted}
        return f"{self.rows} rows, " + ", ".join(f"{name} {cost.normalize():f}" for name, cost in costs.items())


@dataclass(frozen=True, slots=True)
class CurrentLoad:
    """What a slice holds now, in one currency."""

    key: SliceKey
    files: frozenset[str]
    load_number: int
    load_id: str
    delivery_id: str
    slices_of_delivery: int
    currency: str
    rows: int
    billed: Decimal
    effective: Decimal
    billed_in: Decimal
    effective_in: Decimal


@dataclass(slots=True)
class Staged:
    """A slice's new files, written and checked, not yet part of the lake.

    Args:
        loads, findings: rows of the tables `loads` and `load_findings`.
        compared_with: number of the load that its changes were told against, 0 = of none; None = not compared yet.
    """

    key: SliceKey
    load_id: str
    files: list[str]
    loads: list[dict[str, object]] = field(default_factory=list)
    findings: list[dict[str, object]] = field(default_factory=list)
    compared_with: int | None = None


def current_loads(con: duckdb.DuckDBPyConnection, source: str) -> list[CurrentLoad]:
    """Read what the slices of `source` hold now."""
    loads = []
    for row in con.execute(statement("current_loads"), {"source": source}).fetchall():
        provider, month, files, *rest = row
        hashes = frozenset(str(file["sha256"]) for file in json.loads(files))
        loads.append(CurrentLoad(SliceKey(provider, source, month), hashes, *rest))
    return loads


def stage(
    con: duckdb.DuckDBPyConnection,
    place: Place,
    select: str,
    load_ids: Mapping[SliceKey, str],
    expected: Mapping[tuple[SliceKey, str], Sums],
) -> list[Staged]:
    """Write some slices to Parquet files whose names were never used before, and read back what they hold.

    Args:
        con: equipped for the lake (open.equip).
        select: gives all columns of `cost`; rows of other slices are left out.
        load_ids: the load that each slice's rows belong to.
        expected: what each slice holds in each currency; that and nothing else must be in the files.
    Raises:
        QualityError: what can be read back from the files is not what was expected.
    """
    staged: list[Staged] = []
    try:
        for key, load_id in load_ids.items():
            staged.append(Staged(key, load_id, [_write(con, place, select, key, load_id)]))
        _remember_days(con, staged)
        _compare(con, load_ids, expected)
    except BaseException:
        remove(file for item in staged for file in item.files)
        raise
    return staged


def _write(con: duckdb.DuckDBPyConnection, place: Place, select: str, key: SliceKey, load_id: str) -> str:
    """Write one slice to a file of its own; partitioned writing would take twice as long."""
    folder = f"{place.table_data('cost')}/{key.folder}"
    # A name used again after a restatement would corrupt a pinned snapshot (facts/lake.md 7).
    file = f"{folder}/load-{uuid.uuid4()}.parquet"
    if not place.is_remote:
        Path(folder).mkdir(parents=True, exist_ok=True)
    columns = ", ".join(f'"{column.name}"' for column in COST_COLUMNS)
    rows = f"select {columns} from (select * replace ('{load_id}' as x_LoadId) from ({select}) where {key.where})"
    # The rows come sorted; whether two of their row groups change places in the file is worth waiting for nobody.
    con.execute("set preserve_insertion_order = false")
    try:
        con.execute(f"copy ({rows}) to '{sql_text(file)}' ({_PARQUET})")
        if not place.is_remote:
            flush(file)
    except BaseException:
        remove([file])
        raise
    finally:
        con.execute("reset preserve_insertion_order")
    return file


def commit(
    con: duckdb.DuckDBPyConnection,
    staged: Sequence[Staged],
    *,
    loaded_at: datetime,
    run_id: str,
    message: str,
    markers: Markers | None = None,
) -> None:
    """Replace the slices of `staged` in one transaction. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.

    Args:
        markers: what the provider calls these versions of the source's months.
    """
    remember_changes(con, staged, {item.key: str(item.loads[0]["mapping_version"]) for item in staged})
    for item in staged:
        settle_sums(con, item)
    with committed(con, message, run_id=run_id, load_ids=[item.load_id for item in staged]):
        [[last]] = con.execute("select coalesce(max(load_number), 0) from lake.loads").fetchall()
        con.execute(f"delete from lake.cost where {' or '.join(f'({item.key.where})' for item in staged)}")
        loads: list[dict[str, object]] = []
        findings: list[dict[str, object]] = []
        numbered = list(enumerate(staged, start=int(last) + 1))
        _keep(con, "load_days", (_days_select(number, item) for number, item in numbered), loaded_at)
        _keep(con, "load_service_days", (_service_days_select(number, item) for number, item in numbered), loaded_at)
        replacing = [changes_select(item, number) for number, item in numbered if item.compared_with]
        _keep(con, "load_changes", replacing, loaded_at)
        for number, item in numbered:
            for file in item.files:
                added = f"'lake', 'cost', '{sql_text(file)}', hive_partitioning => true"
                con.execute(f"call ducklake_add_data_files({added})")
            of_load = {"load_number": number, "load_id": item.load_id}
            loads += [row | of_load | {"loaded_at": loaded_at, "run_id": run_id} for row in item.loads]
            findings += [row | of_load for row in item.findings]
        _insert(con, "loads", loads)
        _insert(con, "load_findings", findings)
        remember(con, staged[0].key.source, markers or {}, seen_at=loaded_at)


def discard(place: Place, staged: Sequence[Staged]) -> None:
    """Remove staged files that did not become part of the lake."""
    discard_files(place, [file for item in staged for file in item.files])


def discard_files(place: Place, files: Sequence[str]) -> None:
    """Remove those of some files that did not become part of the lake.

    Whether they did is asked of the lake itself: an interrupt can come between a commit and whoever waits for it. If
    it cannot be asked, the files stay, and are found as orphans later.
    """
    if not files:
        return
    with open_lake(place) as reader:
        held = {path.rsplit("/", 1)[-1] for path in data_files(reader)}
    remove(file for file in files if file.rsplit("/", 1)[-1] not in held)


def _compare(
    con: duckdb.DuckDBPyConnection,
    load_ids: Mapping[SliceKey, str],
    expected: Mapping[tuple[SliceKey, str], Sums],
) -> None:
    """Hold what the files hold against what they should."""
    sums = ", ".join(f"sum({name})" for name in ("rows_loaded", *_LOADED))
    wanted = " or ".join(f"({key.where})" for key in load_ids)
    found = con.execute(f"select {_SLICE}, {sums} from temp.staged_days where {wanted} group by all").fetchall()
    written = {
        (SliceKey(*row[:3]), row[3]): Sums(int(row[4]), *(value or Decimal(0) for value in row[5:])) for row in found
    }
    for slice_and_currency in sorted(expected.keys() | written.keys()):
        key, currency = slice_and_currency
        if key in load_ids and written.get(slice_and_currency) != expected.get(slice_and_currency):
            held, said = (sums.get(slice_and_currency, Sums()) for sums in (written, expected))
            raise QualityError(
                f"{key.provider} {key.source} {key.month:%Y-%m} in {currency}: {said} expected, {held} written",
                next_step="check the disk and run: finops reconcile; the lake was not changed",
                key=key,
                currency=currency,
            )


def _remember_days(con: duckdb.DuckDBPyConnection, staged: Sequence[Staged]) -> None:
    """Read back the totals of staged files, per charge day: for the comparison, and for the commit to keep."""
    names = ", ".join(f"'{sql_text(file)}'" for item in staged for file in item.files)
    sums = ", ".join(f"sum({name}) as {loaded}" for name, loaded in zip(_CHECKED, _LOADED, strict=True))
    charges = f"read_parquet([{names}], hive_partitioning = false)"
    keys = f"{_SLICE}, cast(ChargePeriodStart as DATE) as day, {_OF_SERVICE}"
    rows = f"select {keys}, count(*) as rows_loaded, {sums} from {charges} group by all"
    totals = ", ".join(f"sum({loaded}) as {loaded}" for loaded in _LOADED)
    of_days = f"select {_SLICE}, day, cast(sum(rows_loaded) as BIGINT) as rows_loaded, {totals}"
    mine = " or ".join(f"({item.key.where})" for item in staged)
    # Finer first: so the files are read once.
    tables = {
        "staged_service_days": rows,
        "staged_days": f"{of_days} from temp.staged_service_days where {mine} group by all",
    }
    for table, select in tables.items():
        con.execute(f"create temp table if not exists {table} as {select} limit 0")
        con.execute(f"delete from temp.{table} where {mine}")
        con.execute(f"insert into temp.{table} {select}")


def _days_select(number: int, item: Staged) -> str:
    return f"select {number}, '{item.load_id}', * from temp.staged_days where {item.key.where}"


def _service_days_select(number: int, item: Staged) -> str:
    delivered = item.loads[0]["delivered_at"]
    if not isinstance(delivered, datetime):
        raise TypeError(f"delivered_at is a moment, not {delivered!r}")
    keys = f"{_SLICE}, BillingAccountId, ServiceName, day"
    sums = f"sum(billed_loaded), sum(effective_loaded), DATE '{delivered.date()}'"
    late = f"day > DATE '{delivered.date() - timedelta(days=_SERVICE_DAYS)}'"
    rows = f"from temp.staged_service_days where {item.key.where} and is_usage and {late} group by all"
    return f"select {number}, '{item.load_id}', {keys}, {sums} {rows}"


def _keep(con: duckdb.DuckDBPyConnection, table: str, selects: Iterable[str], loaded_at: datetime) -> None:
    """Append rows to a table of the lake, all of them in one file."""
    if rows := " union all ".join(selects):
        con.execute(f"insert into lake.{table} select *, ? from ({rows})", [loaded_at])


def flush(file: str) -> None:
    """Wait until a file is on the disk."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: Sequence[dict[str, object]]) -> None:
    if not rows:
        return
    names = list(rows[0])
    marks = ", ".join(["(" + ", ".join(["?"] * len(names)) + ")"] * len(rows))
    values = [row[name] for row in rows for name in names]
    con.execute(f"insert into lake.{table} ({', '.join(names)}) values {marks}", values)
