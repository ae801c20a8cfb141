"""The child process of a run says what changed since the last report without what only the command line needs."""

from __future__ import annotations

import subprocess
import sys

NOT_NEEDED = {"sqlalchemy", "pydantic", "duckdb", "polars", "numpy", "altair", "finops_lib.settings"}


def test_saying_what_changed_loads_neither_state_nor_settings_nor_frames() -> None:
    asked = f"import sys, finops_lib.runs.since, finops_lib.runs.report; print({NOT_NEEDED} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
