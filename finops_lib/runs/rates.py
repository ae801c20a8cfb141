"""Load currency rates: read and check the whole file, compare with what the lake holds, replace what changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finops_lib.errors import DataError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import open_lake
from finops_lib.lake.rates import RateChange, compare_rates, held_rates, replace_rates
from finops_lib.money import Rate
from finops_lib.runs.clock import now
from finops_lib.settings import Settings
from finops_lib.sources.rates import read_rates


def import_rates(settings: Settings, path: Path, *, source: str = "", run_id: str = "") -> list[RateChange]:
    """Load a file of rates and say of each what it is against before; the same file again changes nothing.

    Args:
        source: who says these rates; empty = the file's name.
    Raises:
        DataError: the file is not there or wrong, or contradicts itself or the lake; nothing is changed.
        LockError: another writer was busy for 300 s.
    """
    if not path.is_file():
        raise DataError(f"{path} is not a file", next_step="give a CSV file with the header from,to,day,rate,kind")
    coming = read_rates(path, source=source or path.name)
    place = settings.lake
    ensure_lake(place)
    with open_lake(place, memory_limit=settings.memory_limit, threads=1) as lake:
        changes = compare_rates(held_rates(lake.con), coming)
    if not _news(changes):
        return changes
    with writer_lock(place, purpose="import currency rates"):
        # Somebody else may have loaded rates since we looked.
        with open_lake(place, memory_limit=settings.memory_limit, threads=1) as lake:
            changes = compare_rates(held_rates(lake.con), coming)
        if _news(changes):
            with open_lake(place, read_only=False, memory_limit=settings.memory_limit, threads=1) as lake:
                message = f"load {len(_news(changes))} currency rates of {source or path.name}"[:500]
                loaded_at = now().replace(tzinfo=None)
                replace_rates(lake.con, changes, loaded_at=loaded_at, run_id=run_id, message=message)
    return changes


def listed_rates(settings: Settings) -> list[dict[str, Any]]:
    """Give the lake's rates as rows, by pair, kind and day."""
    if not is_there(settings.lake):
        return []
    ensure_lake(settings.lake)
    with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=1) as lake:
        return [_row(rate) for rate in held_rates(lake.con)]


def changed_rates(changes: Sequence[RateChange]) -> list[dict[str, Any]]:
    """Give what an import did as rows."""
    return [{**_row(change.rate), "status": change.status, "before": change.before} for change in changes]


def _news(changes: Sequence[RateChange]) -> list[RateChange]:
    return [change for change in changes if change.status != "unchanged"]


def _row(rate: Rate) -> dict[str, Any]:
    return {
        "from": rate.from_currency,
        "to": rate.to_currency,
        "day": rate.day,
        "rate": rate.rate,
        "kind": rate.kind,
        "source": rate.source,
    }
