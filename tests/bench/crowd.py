"""Two writers, four readers and the upkeep on one lake for a minute (goal: no failure at all)."""

from __future__ import annotations

from pathlib import Path

from tests.bench.place import every_kind, scaled
from tests.lake.crowd import run_crowd

_SECONDS = 60


def measure(folder: Path) -> None:
    """Print commits, consistent reads, rounds of upkeep and failures for each kind of lake."""
    seconds = scaled(_SECONDS)
    with every_kind(folder) as kinds:
        for kind, settings in kinds:
            tally = run_crowd(settings, folder / kind, seconds=seconds)
            done = f"{tally.commits:>4} commits  {tally.reads:>5} reads  {tally.upkeeps:>3} rounds of upkeep"
            print(f"{kind:<11} {seconds} s  {done}  {len(tally.failures)} failures (goal: 0)", flush=True)
            for failure in tally.failures[:5]:
                print(f"    {failure[:200]}")
