"""A service and a timer a job. `Persistent` makes one call after a machine was off; the ledger knows what it owes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from finops_lib.recurrence import Recurrence
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.render import HEAD, RENDERERS, Where, longest, words


@RENDERERS.register("systemd")
def systemd(schedule: Schedule, where: Where) -> Mapping[str, str]:
    files = {}
    for job in schedule:
        files[f"finops-{job.name}.service"] = _service(job, where)
        files[f"finops-{job.name}.timer"] = _timer(job)
    return files


def _service(job: Job, where: Where) -> str:
    # systemd reads % as a specifier and $ as a variable.
    call = " ".join(word.replace("%", "%%").replace("$", "$$") for word in words(where, job))
    return f"""\
# {HEAD}
[Unit]
Description=FinOps workbench: {job.name}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={where.user}
WorkingDirectory={where.project}
Environment=FINOPS_USER=schedule
EnvironmentFile=-{where.project}/finops.env
ExecStart={call}
TimeoutStartSec={int(longest(job).total_seconds())}
# 5 = another call of this job is at work already, which is as it should be.
SuccessExitStatus=5
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={where.project}
"""


def _timer(job: Job) -> str:
    return f"""\
# {HEAD}
[Unit]
Description=FinOps workbench: {job.name}, {job.recurrence.words}

[Timer]
OnCalendar={on_calendar(job.recurrence)}
Persistent=true
AccuracySec=1s

[Install]
WantedBy=timers.target
"""


def on_calendar(recurrence: Recurrence) -> str:
    """Write a line of cron as systemd writes it."""
    minute, hour, day, month, weekday = recurrence.expression.split()
    days = "" if weekday == "*" else weekday.replace("-", "..").title() + " "
    return f"{days}*-{_field(month, 1)}-{_field(day, 1)} {_field(hour, 0)}:{_field(minute, 0)}:00 {recurrence.timezone}"


def _field(field: str, first: int) -> str:
    return ",".join(_part(part, first) for part in field.split(","))


def _part(part: str, first: int) -> str:
    span, _, step = part.partition("/")
    # Cron counts steps of * from the smallest number, systemd wants that number.
    span = f"{first:02}" if span == "*" and step else re.sub(r"\d+", lambda found: f"{int(found[0]):02}", span)
    return span.replace("-", "..") + (f"/{step}" if step else "")
