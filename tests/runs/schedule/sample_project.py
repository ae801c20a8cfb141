"""A project with bills of the sample estate, for schedulers that really run a job of it.

python -m tests.runs.schedule.sample_project FOLDER [--bills FOLDER] [--seen-as PATH]
"""

from __future__ import annotations

import argparse
import shutil
from datetime import timedelta
from pathlib import Path

from finops_lib.runs.clock import now
from finops_lib.sample import sample_workbench_yaml, write_estate
from tests.conftest import PROJECT

# A few more than the least that an estate can have.
_ROWS = 10_000
# Beside the workbench's own jobs: one in a zone whose clocks change while it is due, and one that fails.
_JOBS = """
  clocks: {command: budgets check, cron: "30 2 * * *", timezone: Europe/Berlin}
  broken: {command: ingest nowhere --source nobody, cron: "0 0 * * *"}
"""


def write_project(folder: Path, *, bills: Path, seen_as: str) -> None:
    """Write notebooks, params and schedule of the workbench with the sources of a small sample estate.

    Args:
        bills: gets the estate through yesterday.
        seen_as: that folder as the job will see it.
    """
    for name in ("notebooks", "params", "scheduler"):
        shutil.copytree(PROJECT / name, folder / name, dirs_exist_ok=True)
    schedule = folder / "scheduler" / "schedule.yaml"
    schedule.write_text(schedule.read_text(encoding="utf-8") + _JOBS, encoding="utf-8")
    write_estate(bills, as_of=(now() - timedelta(days=1)).date(), rows=_ROWS)
    (folder / "params" / "workbench.yaml").write_text(sample_workbench_yaml(seen_as), encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bills", type=Path)
    parser.add_argument("--seen-as")
    given = parser.parse_args()
    bills = given.bills or given.folder / "bills"
    write_project(given.folder, bills=bills, seen_as=given.seen_as or str(bills))
