"""Keep the lake small: expire snapshots nobody needs, merge small files, remove files of loads that were killed.

Question: when may a file be deleted that a reader may still be reading?
Choice: readers hold leases on their snapshot (lease.py). A snapshot that is pinned or leased is never expired, and
files that no snapshot needs any more are removed at once only while nobody reads; otherwise after a day.
Why: a report that was sent must be made again from its snapshot, and an analyst's kernel may stay open all week.
Declined: waiting for readers (an idle kernel would hold up everyone), deleting by age alone (breaks slow queries).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from finops_lib.lake.catalog import open_catalog
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lease import claimed_for_expiry, is_being_read
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.objects import DataFile, data_objects, remove
from finops_lib.lake.open import open_lake, sql_text
from finops_lib.lake.place import Place
from finops_lib.lake.snapshots import instant, list_snapshots

# A staged file of a load that is still running is younger than this, and a query that still reads an old file, too.
SETTLED_AFTER = timedelta(days=1)
# A claim is an open file or a place in PostgreSQL's lock table, of which there are not enough for thousands.
_BATCH = 200
# DuckLake lists here the files that no snapshot needs any more.
_SCHEDULED = "ducklake_files_scheduled_for_deletion"


@dataclass(frozen=True, slots=True)
class Expired:
    """What an expiry did, or would do."""

    snapshots: tuple[int, ...]
    kept_pinned: int
    kept_in_use: int
    files_removed: int
    bytes_removed: int
    files_waiting: int


@dataclass(frozen=True, slots=True)
class Compacted:
    """Files of the lake before and after small ones were merged."""

    files_before: int
    files_after: int


def expire(place: Place, *, superseded_before: datetime, at: datetime, dry_run: bool = False) -> Expired:
    """Expire the snapshots that were superseded before a moment and that nobody pinned or reads.

    Raises:
        LockError: another writer was busy for 300 s.
    """
    ensure_lake(place)
    with writer_lock(place, purpose="expire snapshots"):
        held = list_snapshots(place)
        old = [s for s in held if s.superseded_at is not None and s.superseded_at < superseded_before]
        unpinned = sorted(s.snapshot_id for s in old if not s.pinned_by)
        leaving: list[int] = []
        for start in range(0, len(unpinned), _BATCH):
            leaving += _expire_unclaimed(place, unpinned[start : start + _BATCH], dry_run=dry_run)
        kept = {"kept_pinned": len(old) - len(unpinned), "kept_in_use": len(unpinned) - len(leaving)}
        if dry_run:
            return Expired(tuple(leaving), **kept, files_removed=0, bytes_removed=0, files_waiting=0)
        removed, size, waiting = _clean(place, at=at)
    return Expired(tuple(leaving), **kept, files_removed=removed, bytes_removed=size, files_waiting=waiting)


def compact(place: Place) -> Compacted:
    """Merge the small files that many loads leave; what any snapshot shows stays the same.

    Not those of `cost`: a slice is written whole, and its file is sorted; merged ones would be sorted no more.

    Raises:
        LockError: another writer was busy for 300 s.
    """
    ensure_lake(place)
    with writer_lock(place, purpose="compact"):
        before = _count_files(place)
        with open_lake(place, read_only=False) as lake:
            lake.con.execute("begin")
            for (table,) in lake.con.execute(
                "select table_name from duckdb_tables() where database_name = 'lake'"
            ).fetchall():
                if table != "cost":
                    lake.con.execute(f"call ducklake_merge_adjacent_files('lake', '{sql_text(table)}')").fetchall()
            lake.con.execute("call lake.set_commit_message('finops', 'merge small files')")
            lake.con.execute("commit")
        return Compacted(before, _count_files(place))


def find_orphans(place: Place, *, written_before: datetime) -> list[DataFile]:
    """Give the files below the lake's data that no snapshot holds: left by loads that were killed.

    Args:
        written_before: younger ones may belong to a load that is still running.
    """
    # Files first: one that is committed in between is then known, and not the other way round.
    files = list(data_objects(place))
    known = _known_names(place)
    return [file for file in files if file.name not in known and file.written < written_before]


def remove_orphans(place: Place, *, written_before: datetime) -> list[DataFile]:
    """Remove what `find_orphans` finds, and give it.

    Raises:
        LockError: another writer was busy for 300 s.
    """
    with writer_lock(place, purpose="remove orphans"):
        lost = find_orphans(place, written_before=written_before)
        remove(file.path for file in lost)
    return lost


def _expire_unclaimed(place: Place, snapshots: Sequence[int], *, dry_run: bool) -> list[int]:
    """Expire those of `snapshots` that nobody reads or has pinned meanwhile, and give them."""
    with claimed_for_expiry(place, snapshots) as free:
        # Read again under the claim: a pin may have come just before it.
        pinned = {s.snapshot_id for s in list_snapshots(place) if s.pinned_by}
        leaving = [number for number in free if number not in pinned]
        if leaving and not dry_run:
            with open_lake(place, read_only=False) as lake:
                versions = ", ".join(map(str, leaving))
                lake.con.execute(f"call ducklake_expire_snapshots('lake', versions => [{versions}])").fetchall()
    return leaving


def _clean(place: Place, *, at: datetime) -> tuple[int, int, int]:
    """Remove files that no snapshot needs; give how many, their bytes, and how many have to wait for readers.

    Whoever opens the lake from now on finds the catalog without these files. Killed halfway, the list still names all
    of them, and removing one that is gone is no error; DuckLake's own cleaning is not used, as it stops there.
    """
    must_be_settled = is_being_read(place)
    with open_catalog(place) as catalog:
        listed = catalog.rows(f"select path, path_is_relative, schedule_start from {_SCHEDULED}")
    paths = {
        path: f"{place.data}/{path}" if is_relative else path
        for path, is_relative, since in listed
        if not must_be_settled or instant(since) <= at - SETTLED_AFTER
    }
    sizes = {file.name: file.bytes for file in data_objects(place)} if paths else {}
    remove(paths.values())
    with open_catalog(place, write=True) as catalog:
        for path in paths:
            catalog.rows(f"delete from {_SCHEDULED} where path = ?", [path])
    size = sum(sizes.get(path.rsplit("/", 1)[-1], 0) for path in paths)
    return len(paths), size, len(listed) - len(paths)


def _known_names(place: Place) -> set[str]:
    tables: Sequence[str] = ("ducklake_data_file", "ducklake_delete_file", _SCHEDULED)
    with open_catalog(place) as catalog:
        return {
            str(path).rsplit("/", 1)[-1] for table in tables for (path,) in catalog.rows(f"select path from {table}")
        }


def _count_files(place: Place) -> int:
    with open_catalog(place) as catalog:
        [[count]] = catalog.rows("select count(*) from ducklake_data_file where end_snapshot is null")
        return int(count)
