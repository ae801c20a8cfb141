"""The lake's upkeep as people ask for it: by name, by age, with today's clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from finops_lib.errors import ConfigError
from finops_lib.lake import upkeep
from finops_lib.lake.catalog import is_there, no_lake
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.objects import DataFile
from finops_lib.lake.place import Place
from finops_lib.lake.snapshots import Snapshot, list_snapshots, pin, snapshot_known_on, unpin
from finops_lib.periods import parse_day
from finops_lib.runs import clock
from finops_lib.settings import Settings


def listed_snapshots(settings: Settings) -> list[Snapshot]:
    """Give the snapshots, newest first; none where there is no lake."""
    return list_snapshots(settings.lake) if is_there(settings.lake) else []


def pin_by_name(settings: Settings, snapshot: int, name: str) -> None:
    """Keep a snapshot under a name.

    Raises:
        LakeError: there is no such snapshot.
        ConfigError: not a name.
    """
    if not name.strip():
        raise ConfigError("a pin needs a name", next_step="say for whom it is kept: --name board-2026-q3")
    pin(_lake(settings), snapshot, owner=name.strip(), reason="pinned by name", at=clock.now())


def unpin_by_name(settings: Settings, snapshot: int, name: str) -> None:
    """Take a pin away.

    Raises:
        ConfigError: there was no such pin.
    """
    if not unpin(_lake(settings), owner=name, snapshot=snapshot):
        raise ConfigError(f"snapshot {snapshot} is not pinned for {name!r}", next_step="finops lake snapshots")


def expire_old(settings: Settings, *, keep: timedelta, dry_run: bool) -> upkeep.Expired:
    """Expire what was superseded longer ago than `keep`."""
    now = clock.now()
    return upkeep.expire(_lake(settings), superseded_before=now - keep, at=now, dry_run=dry_run)


def chosen_snapshot(settings: Settings, snapshot: int | None, as_of_load: str) -> int | None:
    """Give the snapshot a command asks for: by its number, or by the day at whose end it was the newest.

    Raises:
        ConfigError: both are given, or it is not a day.
        LakeError: the lake does not have what it knew that day any more.
    """
    if not as_of_load:
        return snapshot
    if snapshot is not None:
        raise ConfigError("--snapshot and --as-of-load both name a snapshot", next_step="give one of them")
    end_of_day = datetime.combine(parse_day(as_of_load, name="as-of-load") + timedelta(days=1), time(), tzinfo=UTC)
    return snapshot_known_on(_lake(settings), end_of_day - timedelta(microseconds=1)).snapshot_id


def compact_lake(settings: Settings) -> upkeep.Compacted:
    """Merge the lake's small files."""
    return upkeep.compact(_lake(settings))


def lost_files(settings: Settings, *, older_than: timedelta, remove: bool) -> list[DataFile]:
    """Give the files that no snapshot holds, and remove them if asked to."""
    find = upkeep.remove_orphans if remove else upkeep.find_orphans
    return find(_lake(settings), written_before=clock.now() - older_than)


def _lake(settings: Settings) -> Place:
    if not is_there(settings.lake):
        raise no_lake(settings.lake)
    ensure_lake(settings.lake)
    return settings.lake
