"""Make the marts of slices whose load changed; everything else stays as it is.

Question: how do marts follow the lake without a full rebuild and without keeping writers waiting?
Choice: a slice is built when its current load, or the text of a mart, is not the one in `mart_builds`. Rows are
computed outside the writer lock, from one snapshot, through temporary tables that stand in front of the lake's; under
the lock the loads are compared once more, and one transaction replaces the slices in all marts.
Why: readers see the marts of one load or of the next, never a mixture, and a daily load touches one month.
Declined: computing under the lock (a minute for a large first build), building each mart on its own (two marts of one
page could then speak of different loads).
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date

import duckdb

from finops_lib.errors import needs_room
from finops_lib.lake import MEMORY_LIMIT
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import open_lake, without_pandas
from finops_lib.lake.place import Place
from finops_lib.marts.catalog import SLICE_COLUMNS, Mart, read_marts

# The lake's own tables that a mart may read; each row of them belongs to one slice.
_LAKE_TABLES = ("cost", "loads", "load_findings", "load_changes")
_LOAD = "x_Provider VARCHAR, x_SourceId VARCHAR, x_BillingMonth DATE, load_number BIGINT, load_id VARCHAR"
_SLICE = ", ".join(SLICE_COLUMNS)
_CURRENT = f"select {_SLICE}, max(load_number), arg_max(load_id, load_number) from lake.loads where {{}} group by all"
_TRIES = 3


@dataclass(frozen=True, slots=True, order=True)
class Slice:
    """One restatable part of the lake."""

    provider: str
    source: str
    month: date


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """What a build did: the marts it wrote, the slices it built or removed, and the seconds it took."""

    marts: tuple[str, ...]
    slices_built: tuple[Slice, ...]
    slices_removed: tuple[Slice, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Plan:
    """What has to be built.

    Args:
        loads: by slice, the load that each mart should hold.
        outdated: marts whose text is new or changed, or that are no longer among the files.
    """

    loads: dict[Slice, tuple[int, str]]
    stale: tuple[Slice, ...]
    gone: tuple[Slice, ...]
    outdated: tuple[str, ...]

    @property
    def is_done(self) -> bool:
        return not (self.stale or self.gone or self.outdated)


@without_pandas()
def build(place: Place, *, memory_limit: str = MEMORY_LIMIT, threads: int | None = None) -> BuildSummary:
    """Bring all marts of the lake up to its current loads.

    Raises:
        LockError: another writer was busy for 300 s.
        ConfigError: no room for the lake's files; the marts stay as they were.
    """
    with needs_room(place, OSError, duckdb.Error, unchanged="what is loaded is safe, and its marts stay as they were"):
        return _build(place, memory_limit=memory_limit, threads=threads)


def _build(place: Place, *, memory_limit: str, threads: int | None) -> BuildSummary:
    started = time.monotonic()
    ensure_lake(place)
    for _ in range(_TRIES):
        with open_lake(place, read_only=False, memory_limit=memory_limit, threads=threads) as lake:
            plan = _computed(lake.con)
            if not plan.is_done:
                with writer_lock(place, purpose="build the marts"):
                    if not (_is_of_its_loads(lake.con, plan) and _stored(lake.con, plan)):
                        # Somebody has loaded, built or tidied up since we looked: what we computed is not the answer.
                        continue
            return _summary(plan, started)
    # Where loads come faster than marts can be built, the loads have to wait for once.
    with (
        writer_lock(place, purpose="build the marts"),
        open_lake(place, read_only=False, memory_limit=memory_limit, threads=threads) as lake,
    ):
        plan = _computed(lake.con)
        if not plan.is_done:
            _stored(lake.con, plan)
        return _summary(plan, started)


def _computed(con: duckdb.DuckDBPyConnection) -> _Plan:
    with _transaction(con):
        plan = _plan(con)
        if not plan.is_done:
            _compute(con, plan)
        return plan


def _is_of_its_loads(con: duckdb.DuckDBPyConnection, plan: _Plan) -> bool:
    """Is what was computed of the very loads that were planned? Call it under the writer lock.

    A build's lease keeps its snapshot and the files, but a compaction in a SQLite catalog gives the merged rows to
    later snapshots alone: one between the plan and its reading takes loads away. A slice that is really damaged looks
    the same; it is computed under the lock.
    """
    off = "charges is distinct from rows_loaded or billed_cost is distinct from billed_loaded"
    [[computed]] = con.execute(f"select count(*) from temp.slice_totals where {off}").fetchall()
    found = con.execute(f"select {_SLICE}, max(load_number) from temp.slice_totals group by all").fetchall()
    numbers = {Slice(provider, source, month): number for provider, source, month, number in found}
    return not computed and all(numbers.get(part) == plan.loads[part][0] for part in plan.stale)


def _stored(con: duckdb.DuckDBPyConnection, plan: _Plan) -> bool:
    """Store what was computed if it is still what the lake needs; call it under the writer lock."""
    with _transaction(con):
        if _plan(con) != plan:
            return False
        _store(con, plan)
        return True


def _summary(plan: _Plan, started: float) -> BuildSummary:
    marts = () if plan.is_done else tuple(read_marts())
    return BuildSummary(marts, plan.stale, plan.gone, time.monotonic() - started)


def stale_slices(con: duckdb.DuckDBPyConnection) -> list[Slice]:
    """Name the slices whose marts are not of their current load; empty = every mart is up to date."""
    plan = _plan(con)
    return [*plan.stale, *plan.gone]


def _plan(con: duckdb.DuckDBPyConnection) -> _Plan:
    marts = read_marts()
    tables = {
        name
        for (name,) in con.execute("select table_name from duckdb_tables() where database_name = 'lake'").fetchall()
    }
    loads = {
        Slice(provider, source, month): (number, load_id)
        for provider, source, month, number, load_id in con.execute(_CURRENT.format("true")).fetchall()
    }
    built: dict[str, dict[Slice, tuple[int, str]]] = {}
    hashes: dict[str, set[str]] = {}
    if "mart_builds" in tables:
        for mart, provider, source, month, number, load_id, sql_hash in con.execute("from lake.mart_builds").fetchall():
            hashes.setdefault(mart, set()).add(sql_hash)
            if month is not None:
                built.setdefault(mart, {})[Slice(provider, source, month)] = (number, load_id)
    outdated = [name for name, mart in marts.items() if name not in tables or hashes.get(name) != {mart.sql_hash}]
    retired = sorted(hashes.keys() - marts.keys())
    known = {part for slices in built.values() for part in slices}
    # Marts read each other, so a new text of one of them builds them all: they stay of one mind.
    held = [built.get(mart.name, {}) for mart in _sliced()]
    stale = [part for part, load in loads.items() if outdated or any(slices.get(part) != load for slices in held)]
    return _Plan(loads, tuple(sorted(stale)), tuple(sorted(known - loads.keys())), (*outdated, *retired))


def _compute(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    """Make a temporary table for each sliced mart; it stands in front of the lake's table for those that read it."""
    rows = _rows_of(plan.stale, everything=len(plan.stale) == len(plan.loads))
    con.execute(f"create temp table stale as {_CURRENT.format(rows)}")
    for table in _LAKE_TABLES:
        con.execute(f"create temp view {table} as select * from lake.{table} where {rows}")
    for mart in _sliced():
        con.execute(f"create temp table {mart.name} as {mart.sql}")


def _store(con: duckdb.DuckDBPyConnection, plan: _Plan) -> None:
    con.execute(f"create table if not exists lake.mart_builds (mart VARCHAR, {_LOAD}, sql_hash VARCHAR)")
    leaving = _rows_of((*plan.stale, *plan.gone), everything=False)
    for name in plan.outdated:
        con.execute(f"drop table if exists lake.{name}")
    for mart in _sliced():
        store = _store_by_slice if mart.is_daily else _store_in_one_file
        store(con, mart, leaving, is_new=bool(plan.outdated))
        con.execute(f"drop table temp.{mart.name}")
    for table in _LAKE_TABLES:
        con.execute(f"drop view temp.{table}")
    # Marts across slices are small and read the others: made whole, now that those are in place.
    for mart in _whole():
        con.execute(f"create or replace table lake.{mart.name} as {mart.sql}")
    _record(con, plan, leaving)
    con.execute(f"call lake.set_commit_message('finops', 'build marts of {len(plan.stale)} slices')")


def _store_by_slice(con: duckdb.DuckDBPyConnection, mart: Mart, leaving: str, *, is_new: bool) -> None:
    """Replace slices file by file: each has its own, so nothing is left behind that other engines would misread."""
    if is_new:
        con.execute(f"create or replace table lake.{mart.name} as from temp.{mart.name} limit 0")
        con.execute(f"alter table lake.{mart.name} set partitioned by ({_SLICE})")
    else:
        con.execute(f"delete from lake.{mart.name} where {leaving}")
    con.execute(f"insert into lake.{mart.name} from temp.{mart.name}")


def _store_in_one_file(con: duckdb.DuckDBPyConnection, mart: Mart, leaving: str, *, is_new: bool) -> None:
    """Write a mart of a few thousand rows anew: a file per slice would cost more than it holds."""
    if not is_new:
        con.execute(f"insert into temp.{mart.name} from lake.{mart.name} where not ({leaving})")
    con.execute(f"create or replace table lake.{mart.name} as from temp.{mart.name}")


def _record(con: duckdb.DuckDBPyConnection, plan: _Plan, leaving: str) -> None:
    """Write down which load and which text each slice of each mart was made of."""
    kept = "false" if plan.outdated else f"x_BillingMonth is not null and not ({leaving})"
    con.execute(f"create temp table builds as from lake.mart_builds where {kept}")
    # Literals, since our own names and hashes need no escape, and binding makes duckdb import pandas first.
    for mart in _sliced():
        con.execute(f"insert into builds select '{mart.name}', stale.*, '{mart.sql_hash}' from stale")
    # One line without a slice says which text each mart was made of, even when it holds no slice at all.
    for mart in read_marts().values():
        con.execute(f"insert into builds (mart, sql_hash) values ('{mart.name}', '{mart.sql_hash}')")
    con.execute("create or replace table lake.mart_builds as from temp.builds")


def _rows_of(slices: Sequence[Slice], *, everything: bool) -> str:
    """Give the predicate that is true for rows of `slices`; in literals, so that other months' files stay closed."""
    if everything:
        return "true"
    return " or ".join(_is_slice(part) for part in slices) or "false"


def _is_slice(part: Slice) -> str:
    provider, source = (value.replace("'", "''") for value in (part.provider, part.source))
    return f"(x_Provider = '{provider}' and x_SourceId = '{source}' and x_BillingMonth = DATE '{part.month}')"


def _sliced() -> list[Mart]:
    return [mart for mart in read_marts().values() if mart.is_sliced]


def _whole() -> list[Mart]:
    return [mart for mart in read_marts().values() if not mart.is_sliced]


@contextmanager
def _transaction(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    con.execute("begin")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")
