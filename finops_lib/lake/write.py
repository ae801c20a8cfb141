"""Replace slices: stage files outside the transaction, check them, then one short commit under the writer lock."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from finops_lib.errors import QualityError
from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.create import statement
from finops_lib.lake.objects import remove
from finops_lib.lake.open import data_files, open_lake, sql_text
from finops_lib.lake.place import Place

_COPY_OPTIONS = ", ".join(
    (
        "format parquet",
        "compression zstd",
        "partition_by (x_Provider, x_SourceId, x_BillingMonth)",
        "write_partition_columns true",
        # A name used again after a restatement would corrupt a pinned snapshot (facts/lake.md 7).
        "filename_pattern 'load-{uuid}'",
        "overwrite_or_ignore true",
        "return_stats true",
    )
)
_CHECKED = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
_DAY_KEYS = "x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, cast(ChargePeriodStart as DATE) as day"


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
    """A slice's new files, written and checked, not yet part of the lake; `loads`: rows of that table."""

    key: SliceKey
    load_id: str
    files: list[str]
    loads: list[dict[str, object]] = field(default_factory=list)
    findings: list[dict[str, object]] = field(default_factory=list)


def current_loads(con: duckdb.DuckDBPyConnection, source: str) -> list[CurrentLoad]:
    """Read what the slices of `source` hold now."""
    loads = []
    for row in con.execute(statement("current_loads"), {"source": source}).fetchall():
        provider, month, files, *rest = row
        hashes = frozenset(str(file["sha256"]) for file in json.loads(files))
        loads.append(CurrentLoad(SliceKey(provider, source, month), hashes, *rest))
    return loads


def stage(con: duckdb.DuckDBPyConnection, place: Place, select: str, load_ids: Mapping[SliceKey, str]) -> list[Staged]:
    """Write the rows of some slices, in the order of `select`, to Parquet files whose names were never used before.

    Args:
        con: equipped for the lake (open.equip).
        select: gives all columns of `cost`; rows of other slices are left out.
        load_ids: the load that each slice's rows belong to.
    Raises:
        QualityError: what can be read back from the files is not what the select gave.
    """
    folder = place.table_data("cost")
    if not place.is_remote:
        Path(folder).mkdir(parents=True, exist_ok=True)
    wanted = " or ".join(f"({key.where})" for key in load_ids)
    whens = " ".join(f"when {key.where} then '{load_id}'" for key, load_id in load_ids.items())
    columns = ", ".join(f'"{column.name}"' for column in COST_COLUMNS)
    rows = f"select {columns} from (select * replace (case {whens} end as x_LoadId) from ({select}) where {wanted})"
    written: list[str] = []
    try:
        for file, *_ in con.execute(f"copy ({rows}) to '{sql_text(folder)}' ({_COPY_OPTIONS})").fetchall():
            written.append(str(file))
            if not place.is_remote:
                _flush(written[-1])
        _compare(con, f"select * from ({select}) where {wanted}", written)
        _remember_days(con, written, wanted)
    except BaseException:
        remove(written)
        raise
    by_folder: dict[str, list[str]] = {}
    for path in written:
        by_folder.setdefault(path.removeprefix(f"{folder}/").rsplit("/", 1)[0], []).append(path)
    return [Staged(key, load_id, by_folder[key.folder]) for key, load_id in load_ids.items()]


def commit(
    con: duckdb.DuckDBPyConnection, staged: Sequence[Staged], *, loaded_at: datetime, run_id: str, message: str
) -> None:
    """Replace the slices of `staged` in one transaction. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.
    """
    con.execute("begin")
    try:
        [[last]] = con.execute("select coalesce(max(load_number), 0) from lake.loads").fetchall()
        con.execute(f"delete from lake.cost where {' or '.join(f'({item.key.where})' for item in staged)}")
        loads: list[dict[str, object]] = []
        findings: list[dict[str, object]] = []
        for number, item in enumerate(staged, start=int(last) + 1):
            days = f"select {number}, '{item.load_id}', *, ? from temp.staged_days where {item.key.where}"
            con.execute(f"insert into lake.load_days {days}", [loaded_at])
            for file in item.files:
                added = f"'lake', 'cost', '{sql_text(file)}', hive_partitioning => true"
                con.execute(f"call ducklake_add_data_files({added})")
            of_load = {"load_number": number, "load_id": item.load_id}
            loads += [row | of_load | {"loaded_at": loaded_at, "run_id": run_id} for row in item.loads]
            findings += [row | of_load for row in item.findings]
        _insert(con, "loads", loads)
        _insert(con, "load_findings", findings)
        info = json.dumps({"run_id": run_id, "load_ids": [item.load_id for item in staged]})
        con.execute("call lake.set_commit_message('finops', ?, extra_info => ?)", [message, info])
        con.execute("commit")
    except BaseException:
        # A commit that failed has ended the transaction already; its own error is the one to be told.
        with suppress(duckdb.Error):
            con.execute("rollback")
        raise


def discard(place: Place, staged: Sequence[Staged]) -> None:
    """Remove staged files that did not become part of the lake.

    Whether they did is asked of the lake itself: an interrupt can come between a commit and whoever waits for it. If
    it cannot be asked, the files stay, and are found as orphans later.
    """
    files = [file for item in staged for file in item.files]
    if not files:
        return
    with open_lake(place) as reader:
        held = {path.rsplit("/", 1)[-1] for path in data_files(reader)}
    remove(file for file in files if file.rsplit("/", 1)[-1] not in held)


def _compare(con: duckdb.DuckDBPyConnection, select: str, files: Sequence[str]) -> None:
    keys = "x_Provider, x_SourceId, x_BillingMonth, BillingCurrency"
    measures = ", ".join(["count(*)", *(f"coalesce(sum({name}), 0)" for name in _CHECKED)])
    query = f"select {keys}, {measures} from {{}} group by all order by all"
    names = ", ".join(f"'{sql_text(file)}'" for file in files)
    given = con.execute(query.format(f"({select})")).fetchall()
    written = con.execute(query.format(f"read_parquet([{names}], hive_partitioning = false)")).fetchall()
    if given != written:
        raise QualityError(
            f"staged files differ from their delivery: {given} given, {written} written",
            next_step="check the disk, then run the command again; the lake was not changed",
        )


def _remember_days(con: duckdb.DuckDBPyConnection, files: Sequence[str], wanted: str) -> None:
    """Keep the totals per charge day of staged files, for the commit that makes them part of the lake."""
    names = ", ".join(f"'{sql_text(file)}'" for file in files)
    sums = ", ".join(f"sum({name}) as {name.removesuffix('Cost').lower()}_loaded" for name in _CHECKED)
    charges = f"read_parquet([{names}], hive_partitioning = false)"
    rows = f"select {_DAY_KEYS}, count(*) as rows_loaded, {sums} from {charges} group by all"
    con.execute(f"create temp table if not exists staged_days as {rows} limit 0")
    con.execute(f"delete from temp.staged_days where {wanted}")
    con.execute(f"insert into temp.staged_days {rows}")


def _flush(file: str) -> None:
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
