"""A DAG a job, for Airflow 3. It starts `finops` as a process: the workbench keeps its own Python and packages."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.render import HEAD, RENDERERS, Where, longest, words


@RENDERERS.register("airflow")
def airflow(schedule: Schedule, where: Where) -> Mapping[str, str]:
    jobs = "\n".join(_job(job, where) for job in schedule)
    return {"finops_dags.py": _DAGS.format(head=HEAD, jobs=jobs, project=where.project)}


def _job(job: Job, where: Where) -> str:
    call = " ".join(shlex.quote(word) for word in words(where, job))
    limit = int(longest(job).total_seconds())
    after = ", ".join(job.after)
    line = (job.name, job.recurrence.expression, job.recurrence.timezone, limit, call, after)
    return "    (" + ", ".join(_literal(part) for part in line) + "),"


def _literal(value: str | int) -> str:
    # As ruff and black write it.
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


_DAGS = '''\
"""The jobs of the FinOps workbench. {head}

Airflow says when and shows what was said; what is due, who waits for whom, retries and the lock against a second
run are the workbench's.
"""

from datetime import datetime, timedelta, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG
from airflow.timetables.trigger import CronTriggerTimetable

# Name, cron, time zone, limit in seconds, command, the jobs that it waits for.
JOBS = [
{jobs}
]

for name, cron, zone, limit, command, after in JOBS:
    with DAG(
        dag_id=f"finops_{{name.replace('-', '_')}}",
        description=f"after {{after}}" if after else None,
        schedule=CronTriggerTimetable(cron, timezone=zone),
        start_date=datetime(2026, 1, 1, tzinfo=timezone.utc),
        # Missed slots are caught up by the workbench, which knows what was done.
        catchup=False,
        max_active_runs=1,
        dagrun_timeout=timedelta(seconds=limit + 600),
        tags=["finops"],
    ) as dag:
        BashOperator(
            task_id=name.replace("-", "_"),
            bash_command=command,
            cwd="{project}",
            env={{"FINOPS_USER": "airflow"}},
            append_env=True,
            # 5 = another call of this job is at work already, which is as it should be.
            skip_on_exit_code=5,
            retries=0,
            execution_timeout=timedelta(seconds=limit),
        )
    globals()[dag.dag_id] = dag
'''
