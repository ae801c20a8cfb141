"""Keep what was found: resources, what was looked at, and how busy they were, all of one run in one commit.

Question: how is a source's inventory replaced, when some looks were refused?
Choice: its rows are computed anew from those before and the looks, and replace all of them.
Why: inventory is small, and a table whose files are replaced whole is read right by other engines too (write.py has the
same rule for slices). Declined: row updates, of which other engines see the row before as well.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import duckdb

from finops_lib.errors import QualityError
from finops_lib.lake.committed import committed
from finops_lib.lake.create import statement
from finops_lib.lake.objects import remove
from finops_lib.lake.open import sql_text
from finops_lib.lake.place import Place
from finops_lib.lake.write import flush
from finops_lib.quoting import literal

_PARQUET = "format parquet, compression zstd"
_LOOKS = "SubAccountId VARCHAR, RegionId VARCHAR, resource_type VARCHAR, resources BIGINT, needs VARCHAR, said VARCHAR"


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a type of resource, or at `<type>/<metric>`.

    Args:
        region: "" = all regions of the account in one look.
        resources: how many there are; counts only where `needs` is empty.
        needs: "" = the look was made; otherwise what was missing, and nothing is known of it.
    """

    account: str
    region: str
    type: str
    resources: int
    needs: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """All that one run found in one source.

    Args:
        looks: no scope twice.
        resources: a Parquet file of the resources of those looks: SubAccountId, RegionId, resource_type, ResourceId,
            ResourceName, state, state_since, created_at; attributes and Tags as lists of {key, value}.
        metrics: files that `stage_metrics` wrote.
    """

    provider: str
    source: str
    looks: Sequence[Look]
    resources: Path
    metrics: Sequence[str] = ()


def held_until(con: duckdb.DuckDBPyConnection, source: str) -> dict[tuple[str, str], datetime]:
    """Give the newest hour of which the lake has points, by resource and metric of one source."""
    query = "select ResourceId, metric, max(hour) from lake.metrics where x_SourceId = ? group by all"
    return {(resource, metric): hour for resource, metric, hour in con.execute(query, [source]).fetchall()}


def stage_metrics(
    con: duckdb.DuckDBPyConnection, place: Place, parts: Sequence[Path], *, provider: str, source: str
) -> list[str]:
    """Write hours of utilisation to files of the lake, one a month, that are not part of it yet.

    Args:
        con: equipped for the lake (open.equip).
        parts: Parquet files with the columns of `metrics` but for x_Provider and x_SourceId.
    Raises:
        QualityError: what can be read back is not what was written.
    """
    if not parts:
        return []
    read = ", ".join(literal(str(part)) for part in parts)
    months = f"select distinct date_trunc('month', hour)::DATE as month from read_parquet([{read}]) order by month"
    files: list[str] = []
    try:
        for (month,) in con.execute(months).fetchall():
            files.append(_write(con, place, read, month, provider=provider, source=source))
    except BaseException:
        remove(files)
        raise
    return files


def _write(con: duckdb.DuckDBPyConnection, place: Place, read: str, month: date, *, provider: str, source: str) -> str:
    folder = f"{place.table_data('metrics')}/x_Provider={provider}/x_SourceId={source}"
    file = f"{folder}/{month:%Y-%m}-{uuid.uuid4()}.parquet"
    if not place.is_remote:
        Path(folder).mkdir(parents=True, exist_ok=True)
    values = {"provider": literal(provider), "source": literal(source), "parts": read, "month": f"DATE '{month}'"}
    rows = statement("metrics_staged").format(**values)
    try:
        [[written]] = con.execute(f"copy ({rows}) to '{sql_text(file)}' ({_PARQUET})").fetchall()
        if not place.is_remote:
            flush(file)
        back = f"select count(*) from read_parquet('{sql_text(file)}', hive_partitioning = false)"
        [[held]] = con.execute(back).fetchall()
        if held != written:
            raise QualityError(
                f"{source} {month:%Y-%m}: {written} hours of utilisation were written, {held} can be read back",
                next_step="check the disk; the lake was not changed",
            )
    except BaseException:
        remove([file])
        raise
    return file


def replace_inventory(con: duckdb.DuckDBPyConnection, found: Found, *, at: datetime, run_id: str, message: str) -> None:
    """Write what was found in one transaction. Call it under the writer lock.

    A resource that a look did not find any more stays, with gone_at; what a look in vain would have found is untouched.
    Hours of utilisation that the lake had already are replaced.

    Args:
        con: has the lake attached for writing and has not read from it in a transaction.
        at: UTC, without a zone.
    """
    key = {"provider": found.provider, "source": found.source}
    where = f"x_Provider = {literal(found.provider)} and x_SourceId = {literal(found.source)}"
    con.execute(f"create or replace temp table looks ({_LOOKS})")
    rows = [(look.account, look.region, look.type, look.resources, look.needs, look.said) for look in found.looks]
    if rows:
        # A list per column in one statement: thousands of single rows would hold the writer lock for seconds.
        columns = [list(column) for column in zip(*rows, strict=True)]
        con.execute(f"insert into temp.looks select {', '.join(['unnest(?)'] * len(columns))}", columns)
    resources = literal(str(found.resources))
    con.execute(f"create or replace temp table found as select * from read_parquet({resources})")
    with committed(con, message, run_id=run_id, **key):
        for table, name in (("inventory", "inventory_found"), ("inventory_scopes", "inventory_looked")):
            con.execute(f"create or replace temp table after_looks as {statement(name)}", {**key, "at": at})
            con.execute(f"delete from lake.{table} where {where}")
            con.execute(f"insert into lake.{table} select * from temp.after_looks")
        for file in found.metrics:
            _add_hours(con, file, where)


def _add_hours(con: duckdb.DuckDBPyConnection, file: str, where: str) -> None:
    hours = f"read_parquet('{sql_text(file)}', hive_partitioning = false)"
    [[first, last]] = con.execute(f"select min(hour), max(hour) from {hours}").fetchall()
    # The range lets DuckLake pass over files of other months without opening them.
    held = f"{where} and hour between ? and ?"
    again = f"(ResourceId, metric, hour) in (select (ResourceId, metric, hour) from {hours})"
    con.execute(f"delete from lake.metrics where {held} and {again}", [first, last])
    con.execute(f"call ducklake_add_data_files('lake', 'metrics', '{sql_text(file)}', hive_partitioning => true)")
