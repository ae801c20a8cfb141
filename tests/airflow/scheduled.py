"""Print what `finops schedule list --format json` says of every job, with `slots`: the next ones that it has.

FINOPS_PROJECT=FOLDER python -m tests.airflow.scheduled
"""

from __future__ import annotations

import json

from finops_lib.runs.schedule.opened import listed_jobs, next_slots
from finops_lib.settings import load_settings

# Of a daily job they are more than a year: both days on which clocks change.
_SLOTS = 400


def scheduled() -> list[dict[str, object]]:
    """Give one row a job."""
    settings = load_settings()
    return [
        {**job, "slots": [row["slot"].isoformat() for row in next_slots(settings, count=_SLOTS, job=job["job"])]}
        for job in listed_jobs(settings)
    ]


if __name__ == "__main__":
    print(json.dumps(scheduled(), default=str))
