"""Run every measurement, or those named: python -m tests.bench [ingest] [queries] [runs] [imports]."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import imports, ingest, queries, runs

MEASUREMENTS = {"imports": imports.measure, "ingest": ingest.measure, "queries": queries.measure, "runs": runs.measure}

if __name__ == "__main__":
    for name in sys.argv[1:] or MEASUREMENTS:
        print(f"\n== {name} ==", flush=True)
        with tempfile.TemporaryDirectory(prefix="finops-bench-") as folder:
            MEASUREMENTS[name](Path(folder))
