"""The same schedule for other schedulers: cron, systemd, Kubernetes, Airflow.

They only say when: every one of them calls `finops schedule run JOB`, and what is due, what was missed, retries and the
lock against a second run are the ledger's, as under our own scheduler. Each renderer gives file names and their text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from finops_lib.registry import Registry
from finops_lib.runs.schedule.jobs import Job, Schedule

HEAD = "Rendered from scheduler/schedule.yaml; change it there and render again."
# What the ledger does after the last retry, and how long it takes to say so.
_SLACK = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Where:
    """Where the jobs will run.

    Args:
        project: the folder of the project there.
        finops: the command, as it is called there.
        user: the account it runs under.
        image: for Kubernetes.
        namespace: for Kubernetes; "" = whichever is current.
    """

    project: str = "/srv/finops"
    finops: str = "/srv/finops/.venv/bin/finops"
    user: str = "finops"
    image: str = "finops-workbench:latest"
    namespace: str = ""


Renderer = Callable[[Schedule, Where], Mapping[str, str]]
RENDERERS: Registry[Renderer] = Registry("scheduler", "finops_lib.runs.schedule.render")


def longest(job: Job) -> timedelta:
    """Say how long a call may take with everything: waiting for other jobs, all tries and the waits between them."""
    tries = max(job.retries.values(), default=0)
    waits = sum((min(job.first_wait * (1 << n), timedelta(hours=2)) for n in range(tries)), timedelta())
    return (job.wait_at_most if job.after else timedelta()) + job.timeout * (tries + 1) + waits + _SLACK


def words(where: Where, job: Job) -> list[str]:
    """Give the words of the command that runs what a job owes."""
    return [where.finops, "schedule", "run", job.name]
