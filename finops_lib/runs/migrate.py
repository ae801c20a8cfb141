"""Move the lake, and the state database with it, to where a team shares them; say what to set from then on."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from finops_lib.errors import ConfigError
from finops_lib.lake.catalog import is_there, no_lake
from finops_lib.lake.migrate import migrate
from finops_lib.lake.place import Place
from finops_lib.runs import clock
from finops_lib.runs.secrets import resolve
from finops_lib.settings import Settings
from finops_lib.state.move import copy_state


@dataclass(frozen=True, slots=True)
class MovedPart:
    """One part of what was moved; `set` is the line for the environment, its password left out."""

    part: str
    done: str
    set: str


def migrate_lake(settings: Settings, *, catalog: str, data: str = "", state: str = "") -> list[MovedPart]:
    """Move the lake's catalog to PostgreSQL, its data to `data` if given, the state database to `state` if given.

    Args:
        catalog: a PostgreSQL URL, or a reference to one (`env:NAME`, `file:PATH`), so that no list of processes
            shows its password.
        data: a folder or s3://bucket/prefix; "" = the data stay where they are.
        state: like `catalog`; "" = the state stays where it is.
    Raises:
        ConfigError: not such URLs, or the new place holds something else already.
        LakeError: no lake, or it was moved elsewhere.
        QualityError: the copy differs.
        LockError: another writer was busy for 300 s.
    """
    place = settings.lake
    url, state_url = resolve(catalog), resolve(state)
    if not url:
        raise ConfigError("no database to move the catalog to", next_step="--catalog postgresql://user@host/database")
    if not is_there(place):
        raise no_lake(place)
    target = Place.of(data or place.root, url)
    moved = migrate(place, target, at=clock.now())
    copied = f"{moved.files_copied} files copied, {moved.bytes_copied / 1e6:.1f} MB"
    parts = [
        MovedPart(
            "catalog",
            f"{moved.snapshots} snapshots, {moved.pins} pins, "
            f"{'a finished copy was there already' if moved.was_done else 'copied and compared'}",
            f"FINOPS_CATALOG={_shown(url)}",
        ),
        MovedPart("data", copied if target.root != place.root else "where they were", f"FINOPS_LAKE={target.root}"),
    ]
    if state_url:
        rows = sum(copy_state(settings.state_url, state_url).values())
        parts.append(MovedPart("state", f"{rows} rows", f"FINOPS_STATE={_shown(state_url)}"))
    elif target.root != place.root:
        parts.append(MovedPart("state", "where it was", f"FINOPS_STATE={_shown(settings.state_url)}"))
    return parts


def _shown(url: str) -> str:
    parts = urlsplit(url)
    if not parts.password and "password=" not in parts.query:
        return url
    place = f"{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"
    # Options behind the question mark may hold a password, too.
    return urlunsplit((parts.scheme, f"{parts.username or ''}:PASSWORD@{place}", parts.path, "", ""))
