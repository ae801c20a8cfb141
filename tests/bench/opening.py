"""Opening a lake of a thousand snapshots against one of a few (goal: not felt, under 1.5 x)."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.lake.snapshots import list_snapshots
from tests.bench.place import every_kind, scaled

_SNAPSHOTS = 1_000
_ROUNDS = 9


def measure(folder: Path) -> None:
    """Print the median time until the first count has been answered, and how long listing takes."""
    with every_kind(folder) as kinds:
        for kind, settings in kinds:
            ensure_lake(settings.lake)
            few = _open(settings.lake)
            with open_lake(settings.lake, read_only=False) as lake:
                for number in range(scaled(_SNAPSHOTS)):
                    lake.con.execute(f"insert into load_findings (load_number) values (-{number + 1})")
            many = _open(settings.lake)
            started = time.perf_counter()
            held = len(list_snapshots(settings.lake))
            listing = time.perf_counter() - started
            ratio = f"{many / few:.2f} x (goal: 1.5)"
            times = f"few {few * 1000:.0f} ms  {held:,} snapshots {many * 1000:.0f} ms"
            print(f"{kind:<11} {times}  {ratio}  listing {listing * 1000:.0f} ms", flush=True)


def _open(place: Place) -> float:
    times = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        with open_lake(place) as lake:
            lake.con.execute("select count(*) from cost").fetchall()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
