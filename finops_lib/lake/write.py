"""Replace slices: stage files outside the transaction, check them, then one short commit under the writer lock."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from finops_lib.errors import QualityError
from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.create import statement
from finops_lib.lake.open import DATA_FOLDER, sql_text

_CHECKED = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


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
    """A slice's new file, written and checked, not yet part of the lake. `loads` are rows of the table of that name."""

    key: SliceKey
    load_id: str
    file: Path
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


def stage(con: duckdb.DuckDBPyConnection, lake: Path, key: SliceKey, load_id: str, select: str) -> Staged:
    """Write the rows that `select` gives (all columns of `cost`), in its order, to a Parquet file of a new name.

    Raises:
        QualityError: what can be read back from the file is not what the select gave.
    """
    folder = lake / DATA_FOLDER / "main" / "cost" / key.folder
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{load_id[:12]}-{uuid.uuid4().hex}.parquet"
    columns = ", ".join(f'"{column.name}"' for column in COST_COLUMNS)
    con.execute(f"copy (select {columns} from ({select})) to '{sql_text(file)}' (format parquet, compression zstd)")
    try:
        _flush(file)
        _compare(con, select, file)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return Staged(key, load_id, file)


def commit(
    con: duckdb.DuckDBPyConnection, staged: Sequence[Staged], *, loaded_at: datetime, run_id: str, message: str
) -> int:
    """Replace the slices of `staged` in one transaction and give the new snapshot. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.
    """
    con.execute("begin")
    try:
        [[last]] = con.execute("select coalesce(max(load_number), 0) from lake.loads").fetchall()
        for number, item in enumerate(staged, start=int(last) + 1):
            con.execute(f"delete from lake.cost where {item.key.where}")
            con.execute(
                f"call ducklake_add_data_files('lake', 'cost', '{sql_text(item.file)}', hive_partitioning => true)"
            )
            stamp = {"load_number": number, "load_id": item.load_id, "loaded_at": loaded_at, "run_id": run_id}
            _insert(con, "loads", [row | stamp for row in item.loads])
            _insert(
                con, "load_findings", [row | {"load_number": number, "load_id": item.load_id} for row in item.findings]
            )
        info = json.dumps({"run_id": run_id, "load_ids": [item.load_id for item in staged]})
        con.execute("call lake.set_commit_message('finops', ?, extra_info => ?)", [message, info])
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
    [[snapshot]] = con.execute("select id from lake.current_snapshot()").fetchall()
    return int(snapshot)


def discard(staged: Sequence[Staged]) -> None:
    """Remove staged files that will not become part of the lake."""
    for item in staged:
        item.file.unlink(missing_ok=True)


def _compare(con: duckdb.DuckDBPyConnection, select: str, file: Path) -> None:
    measures = ", ".join(["count(*)", *(f"coalesce(sum({name}), 0)" for name in _CHECKED)])
    query = f"select BillingCurrency, {measures} from {{}} group by BillingCurrency order by all"
    given = con.execute(query.format(f"({select})")).fetchall()
    written = con.execute(query.format(f"read_parquet('{sql_text(file)}', hive_partitioning = false)")).fetchall()
    if given != written:
        raise QualityError(
            f"staged file differs from its delivery: {given} given, {written} written",
            next_step="check the disk, then run the command again; the lake was not changed",
        )


def _flush(file: Path) -> None:
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
