"""Move a lake's catalog from its SQLite file to PostgreSQL, with snapshots and pins; and its data, if asked to.

Question: how does a lake move without a moment at which no whole lake exists?
Choice: files are copied first; DuckLake then makes an empty catalog in a schema of its own, and one transaction fills
it and puts its tables in place. Both are compared snapshot by snapshot before the old catalog is marked as moved.
Why: a reader of the new place sees nothing or everything, and whoever is killed halfway just starts again.
Declined: loading the bills anew into the new lake (snapshots, pins and what was known when would be lost).
"""

from __future__ import annotations

import os
import shutil
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops_lib.errors import ConfigError, LakeError, QualityError
from finops_lib.lake.catalog import Catalog, connect_postgres, moved_to, open_catalog
from finops_lib.lake.create import ensure_lake, statement
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.objects import data_objects, upload
from finops_lib.lake.open import connect, equip, fresh_catalog, open_lake
from finops_lib.lake.place import Place, without_password

if TYPE_CHECKING:
    import psycopg

# Where the new catalog is put together; a name that nobody else uses, since it is dropped first.
_WORKSHOP = "finops_migration"
_OWN_TABLES = ("finops_tables", "finops_pin")
# What DuckLake's tables and ours begin with.
_OF_A_LAKE = "(starts_with(table_name, 'ducklake_') or starts_with(table_name, 'finops_'))"
_SCHEDULED = "ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True, slots=True)
class Moved:
    """What a migration did; `was_done`: the new place already held the finished copy."""

    snapshots: int
    pins: int
    files_copied: int
    bytes_copied: int
    was_done: bool


@dataclass(frozen=True, slots=True)
class _NeededFile:
    """A file some snapshot needs, by its path below the lake's data."""

    path: str
    bytes: int


def migrate(place: Place, target: Place, *, at: datetime) -> Moved:
    """Copy the lake of `place` to `target`, compare, and mark the old one as moved; it can still be read.

    Args:
        target: with a catalog in PostgreSQL that holds no lake; its data may be where they are.
    Raises:
        ConfigError: the lake has no SQLite catalog, or the target holds another lake.
        LakeError: the catalog's format is not the one this program writes, or the lake was moved elsewhere.
        QualityError: the copy differs; the target is then empty again.
        LockError: another writer was busy for 300 s.
    """
    if place.catalog:
        raise ConfigError(
            "the catalog of this lake is in PostgreSQL already",
            next_step="unset FINOPS_CATALOG, so that FINOPS_LAKE alone names the lake that is to be moved",
        )
    if gone := moved_to(place):
        if gone != str(target):
            raise LakeError(f"the lake {place} was moved to {gone}", next_step="set FINOPS_CATALOG and FINOPS_LAKE")
        return _summary(target, [], was_done=True)
    ensure_lake(place)
    with writer_lock(place, purpose="migrate the lake"), writer_lock(target, purpose="migrate the lake"):
        was_done = _holds_copy(place, target)
        copied = [] if was_done else _copy_files(place, target)
        if not was_done:
            _copy_catalog(place, target)
        try:
            _compare(place, target)
        except BaseException:
            if not was_done:
                _empty(target)
            raise
        with open_catalog(place, write=True) as catalog:
            catalog.rows(statement("finops_moved"))
            catalog.rows(
                "insert into finops_moved (moved_to, moved_at) values (?, ?)",
                [str(target), at.astimezone(UTC).isoformat(timespec="seconds")],
            )
    return _summary(target, copied, was_done=was_done)


def _holds_copy(place: Place, target: Place) -> bool:
    """Say whether the target holds a copy of this very state; False = it holds no lake."""
    with open_catalog(target) as there:
        if not there.rows(f"select 1 from information_schema.tables where table_schema = 'public' and {_OF_A_LAKE}"):
            return False
        theirs = _identity(there)
    with open_catalog(place) as here:
        if theirs == _identity(here):
            return True
    raise ConfigError(
        f"the database of {target} already holds a lake, and not the present state of this one",
        next_step="name an empty database",
    )


def _identity(catalog: Catalog) -> list[tuple[Any, ...]]:
    if not catalog.has_table("finops_tables"):
        return []
    snapshots = catalog.rows("select snapshot_id, schema_version from ducklake_snapshot order by snapshot_id")
    files = catalog.rows("select data_file_id, path from ducklake_data_file order by data_file_id")
    tables = catalog.rows("select distinct table_uuid from ducklake_table")
    return [*snapshots, *files, *sorted((str(uuid),) for (uuid,) in tables)]


def _copy_files(place: Place, target: Place) -> list[_NeededFile]:
    """Copy every file that a snapshot needs to the same place below the target's data, unless it is there already."""
    if target.root == place.root:
        return []
    needed = list(_needed_files(place))
    present = {file.path: file.bytes for file in data_objects(target)}
    copied = []
    for file in needed:
        source, goal = Path(place.data) / file.path, f"{target.data}/{file.path}"
        if source.stat().st_size != file.bytes:
            raise QualityError(
                f"{source} has {source.stat().st_size} bytes; the catalog says {file.bytes}",
                next_step="restore it from a copy of the lake; nothing was moved",
            )
        if present.get(goal) != file.bytes:
            _copy_file(source, goal, is_remote=target.is_remote)
            copied.append(file)
    present = {file.path: file.bytes for file in data_objects(target)}
    if lost := [file.path for file in needed if present.get(f"{target.data}/{file.path}") != file.bytes]:
        raise QualityError(
            f"{len(lost)} copied files are not whole, the first is {lost[0]}", next_step="run the command again"
        )
    return copied


def _needed_files(place: Place) -> Iterator[_NeededFile]:
    with open_catalog(place) as catalog:
        rows = catalog.rows(statement("migrated_files"))
    for path, is_relative, size in rows:
        if not is_relative:
            raise LakeError(
                f"{path} is not below the data of the lake, so it cannot be moved with it",
                next_step="leave --data away: then only the catalog moves",
            )
        yield _NeededFile(str(path), int(size))


def _copy_file(source: Path, goal: str, *, is_remote: bool) -> None:
    if is_remote:
        upload(source, goal)
        return
    path = Path(goal)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Under its own name only when it is whole and on the disk.
    unfinished = path.with_name(f"{path.name}.part")
    shutil.copyfile(source, unfinished)
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)


def _copy_catalog(place: Place, target: Place) -> None:
    """Fill a fresh catalog with the rows of the old one, and put it in place, in one transaction."""
    import psycopg

    try:
        _make_workshop(target)
        with connect_postgres(target, autocommit=False) as there, open_catalog(place) as here:
            _check_format(here, there)
            for (table,) in here.rows("select name from sqlite_master where type = 'table' and name like 'ducklake_%'"):
                _copy_table(here, there, table, leave_out=table == _SCHEDULED and target.root != place.root)
            values = [f"{target.data}/"]
            there.execute(f"update {_WORKSHOP}.ducklake_metadata set value = %s where key = 'data_path'", values)
            for table in _OWN_TABLES:
                there.execute(statement(table).replace(table, f"{_WORKSHOP}.{table}"))
                _copy_table(here, there, table, leave_out=False)
            for table in _tables_of(there, _WORKSHOP):
                there.execute(f"alter table {_WORKSHOP}.{table} set schema public")
            there.execute(f"drop schema {_WORKSHOP}")
    except psycopg.Error as error:
        reason = without_password(" ".join(str(error).split()), target.catalog)[:300]
        raise LakeError(
            f"the catalog cannot be copied to {target}: {reason}",
            next_step="nothing was moved; the user needs CREATE on the database and on its schema public",
        ) from None


def _make_workshop(target: Place) -> None:
    """Have DuckLake make an empty catalog in a schema of its own; what an interrupted migration left there goes."""
    with connect_postgres(target, autocommit=True) as there:
        there.execute(f"drop schema if exists {_WORKSHOP} cascade")
        there.execute(f"create schema {_WORKSHOP}")
    con = connect()
    try:
        equip(con, target)
        fresh_catalog(con, target, schema=_WORKSHOP)
    finally:
        con.close()


def _check_format(here: Catalog, there: psycopg.Connection[Any]) -> None:
    [(old,)] = here.rows("select value from ducklake_metadata where key = 'version'")
    [(new,)] = there.execute(f"select value from {_WORKSHOP}.ducklake_metadata where key = 'version'").fetchall()
    if old != new:
        raise LakeError(
            f"the lake's catalog has DuckLake's format {old}, this program writes {new}",
            next_step="load something with this program first: that brings the catalog up to date",
        )


def _copy_table(here: Catalog, there: psycopg.Connection[Any], table: str, *, leave_out: bool) -> None:
    typed = there.execute(
        "select column_name, data_type from information_schema.columns where table_schema = %s and table_name = %s",
        [_WORKSHOP, table],
    ).fetchall()
    rows = here.rows(f"select {', '.join(name for name, _ in typed) or '*'} from {table}")
    if not typed and rows:
        raise LakeError(
            f"the catalog's table {table} is not one that PostgreSQL would have",
            next_step="finops lake compact, then again; if it stays, report it",
        )
    if not typed or leave_out:
        return
    columns = ", ".join(name for name, _ in typed)
    flags = [kind == "boolean" for _, kind in typed]
    there.execute(f"delete from {_WORKSHOP}.{table}")
    with there.cursor().copy(f"copy {_WORKSHOP}.{table} ({columns}) from stdin") as copy:
        for row in rows:
            # SQLite has no booleans: DuckLake writes 0 and 1 there.
            copy.write_row([_flag(value) if is_flag else value for value, is_flag in zip(row, flags, strict=True)])


def _flag(value: object) -> bool | None:
    return None if value is None else value in (1, "1", "true")


def _compare(place: Place, target: Place) -> None:
    """See that every snapshot shows the same number of charges and the same money in both places."""
    versions = _states_of_cost(place)
    before, after = _money(place, versions), _money(target, versions)
    if before != after:
        number = next(version for version in versions if before[version] != after[version])
        raise QualityError(
            f"snapshot {number} differs: {before[number]} before, {after[number]} after the move",
            next_step="nothing was moved; check the disk, then run the command again",
            snapshot=number,
        )


def _states_of_cost(place: Place) -> list[int]:
    """Give one snapshot of each run of snapshots between which no file of `cost` came or went."""
    cost = "(select table_id from ducklake_table where table_name = 'cost')"
    with open_catalog(place) as catalog:
        snapshots = [int(number) for (number,) in catalog.rows("select snapshot_id from ducklake_snapshot order by 1")]
        files = catalog.rows(f"select begin_snapshot, end_snapshot from ducklake_data_file where table_id in {cost}")
        [[first]] = catalog.rows("select min(begin_snapshot) from ducklake_table where table_name = 'cost'")
    changes = sorted({number for span in files for number in span if number is not None})
    states = {bisect_right(changes, number): number for number in snapshots if number >= first}
    return sorted(states.values())


def _money(place: Place, versions: list[int]) -> dict[int, tuple[int, Decimal | None, Decimal | None]]:
    query = "select count(*), sum(BilledCost), sum(EffectiveCost) from lake.cost at (version => {})"
    with open_lake(place, read_only=False) as lake:
        return {number: lake.con.execute(query.format(number)).fetchall()[0] for number in versions}


def _empty(target: Place) -> None:
    with connect_postgres(target, autocommit=False) as there:
        for table in _tables_of(there, "public"):
            there.execute(f"drop table public.{table}")


def _tables_of(there: psycopg.Connection[Any], schema: str) -> list[str]:
    query = f"select table_name from information_schema.tables where table_schema = %s and {_OF_A_LAKE}"
    return [str(name) for (name,) in there.execute(query, [schema]).fetchall()]


def _summary(target: Place, copied: list[_NeededFile], *, was_done: bool) -> Moved:
    with open_catalog(target) as catalog:
        [[snapshots]] = catalog.rows("select count(*) from ducklake_snapshot")
        [[pins]] = catalog.rows("select count(*) from finops_pin")
    return Moved(int(snapshots), int(pins), len(copied), sum(file.bytes for file in copied), was_done)
