"""Start-up: what a fresh process pays for the package (goal: 0.3 s)."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from tests.bench.clock import stopwatch

_ROUNDS = 7


def measure(_: Path) -> None:
    """Print the median of several fresh processes, with a bare Python beside it."""
    for words in ("pass", "import finops_lib", "import finops_lib.cli", "import duckdb"):
        walls, cpus = [], []
        for _ in range(_ROUNDS):
            with stopwatch() as took:
                subprocess.run([sys.executable, "-c", words], check=True)
            walls.append(took.wall)
            cpus.append(took.cpu)
        print(f"python -c {words!r:<28} {statistics.median(walls):.3f} s wall  {statistics.median(cpus):.3f} s CPU")
