"""Which snapshots are there, which of them must stay, and whose are they?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from finops_lib.errors import LakeError
from finops_lib.lake.catalog import open_catalog
from finops_lib.lake.lease import claim
from finops_lib.lake.place import Place


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of the lake.

    Args:
        superseded_at: when the next one was committed; None = it is the newest.
        what: what was done to reach it.
        run_id: the notebook run that did it, if one did.
        pinned_by: runs and names for which it is kept.
    """

    snapshot_id: int
    committed_at: datetime
    superseded_at: datetime | None
    what: str
    run_id: str
    pinned_by: tuple[str, ...]


def list_snapshots(place: Place) -> list[Snapshot]:
    """Give every snapshot the lake still has, newest first."""
    query = (
        "select s.snapshot_id, s.snapshot_time, c.commit_message, c.commit_extra_info, c.changes_made "
        "from ducklake_snapshot s left join ducklake_snapshot_changes c on c.snapshot_id = s.snapshot_id "
        "order by s.snapshot_id desc"
    )
    with open_catalog(place) as catalog:
        rows = catalog.rows(query)
        pins: dict[int, list[str]] = {}
        if catalog.has_table("finops_pin"):
            for number, owner in catalog.rows("select snapshot_id, owner from finops_pin order by pinned_at, owner"):
                pins.setdefault(int(number), []).append(owner)
    found = []
    later: datetime | None = None
    for number, time, message, extra, changes in rows:
        committed = instant(time)
        run_id = str(json.loads(extra).get("run_id", "")) if extra else ""
        what = message or (changes or "").replace('"', "")
        found.append(Snapshot(int(number), committed, later, what, run_id, tuple(pins.get(int(number), ()))))
        later = committed
    return found


def snapshot_known_on(place: Place, moment: datetime) -> Snapshot:
    """Give the snapshot that was the newest at a moment: what the lake knew then.

    Raises:
        LakeError: the lake is younger, or that snapshot has been expired.
    """
    held = list_snapshots(place)
    for snapshot in held:
        if snapshot.committed_at <= moment:
            if snapshot.superseded_at is not None and snapshot.snapshot_id + 1 not in {s.snapshot_id for s in held}:
                # Later ones that are gone may have been the newest at that moment.
                break
            return snapshot
    raise LakeError(
        f"the lake no longer has, or never had, the snapshot that was its newest on {moment:%Y-%m-%d %H:%M} UTC",
        next_step="choose one of: finops lake snapshots; the table load_days has each load's totals per day",
        moment=moment,
    )


def pin(place: Place, snapshot: int, *, owner: str, reason: str, at: datetime) -> None:
    """Keep a snapshot from ever being expired; pinning it again for the same owner changes nothing.

    Raises:
        LakeError: there is no such snapshot.
    """
    # Claimed while it is pinned: an expiry that is just looking for pins either waits its turn or is over.
    lease, _ = claim(place, snapshot)
    try:
        with open_catalog(place, write=True) as catalog:
            catalog.rows(
                "insert into finops_pin (snapshot_id, owner, reason, pinned_at) values (?, ?, ?, ?) "
                "on conflict (snapshot_id, owner) do nothing",
                [snapshot, owner, reason, at.astimezone(UTC).isoformat(timespec="seconds")],
            )
    finally:
        lease.release()


def unpin(place: Place, *, owner: str, snapshot: int | None = None) -> int:
    """Take an owner's pins away, all or that of one snapshot; give how many there were."""
    where, values = "owner = ?", [owner]
    with open_catalog(place, write=True) as catalog:
        if snapshot is not None:
            where, values = f"{where} and snapshot_id = {int(snapshot)}", values
        [[count]] = catalog.rows(f"select count(*) from finops_pin where {where}", values)
        catalog.rows(f"delete from finops_pin where {where}", values)
    return int(count)


def instant(value: object) -> datetime:
    """Read a snapshot's time: PostgreSQL gives a moment with a zone, SQLite its text."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
