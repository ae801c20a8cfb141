"""Run every measurement, or those named: python -m tests.bench [--scale 0.1] [ingest] [queries] [runs] ..."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from tests.bench import (
    causes,
    commitments,
    crowd,
    dialects,
    forecasts,
    imports,
    ingest,
    memory,
    opening,
    overview,
    queries,
    rightsizing,
    rival,
    runs,
    savings,
    savings_truth,
    schedule_day,
    schedule_month,
)
from tests.bench.anomalies import measure as anomalies
from tests.bench.budget_replay import measure as budgets
from tests.bench.estate_anomalies import measure as estate_anomalies
from tests.bench.place import SCALE

MEASUREMENTS = {
    "imports": imports.measure,
    "ingest": ingest.measure,
    "dialects": dialects.measure,
    "queries": queries.measure,
    "runs": runs.measure,
    "opening": opening.measure,
    "rival": rival.measure,
    "memory": memory.measure,
    "overview": overview.measure,
    "crowd": crowd.measure,
    "forecasts": forecasts.measure,
    "budgets": budgets.measure,
    "anomalies": anomalies.measure,
    "causes": causes.measure,
    "estate-anomalies": estate_anomalies.measure,
    "commitments": commitments.measure,
    "savings-truth": savings_truth.measure,
    "savings": savings.measure,
    "rightsizing": rightsizing.measure,
    "schedule-day": schedule_day.measure,
    "schedule-month": schedule_month.measure,
}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--scale", type=float, default=1.0, help="a part of the full size, for a quick look")
    words = parser.parse_args()
    if unknown := set(words.names) - MEASUREMENTS.keys():
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}")
    os.environ[SCALE] = str(words.scale)
    for name in words.names or MEASUREMENTS:
        print(f"\n== {name} ==", flush=True)
        with tempfile.TemporaryDirectory(prefix="finops-bench-") as folder:
            MEASUREMENTS[name](Path(folder))
