"""A crontab. Missed times are lost to cron, so the next call catches up what the ledger has missed."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from finops_lib.runs.schedule.jobs import Schedule
from finops_lib.runs.schedule.render import HEAD, RENDERERS, Where, words


@RENDERERS.register("cron")
def cron(schedule: Schedule, where: Where) -> Mapping[str, str]:
    """Write one line a job, under the clock of its time zone.

    cronie and FreeBSD's cron read CRON_TZ; Debian's does not, and there the machine's clock must be of that zone.
    """
    lines = [f"# {HEAD}", "SHELL=/bin/sh", "FINOPS_USER=schedule", "MAILTO=''"]
    zone = None
    for job in sorted(schedule, key=lambda job: (job.recurrence.timezone, job.name)):
        if job.recurrence.timezone != zone:
            zone = job.recurrence.timezone
            lines += ["", f"CRON_TZ={zone}"]
        call = " ".join(shlex.quote(word) for word in words(where, job))
        log = shlex.quote(f"outputs/.schedule/cron-{job.name}.log")
        made = "mkdir -p outputs/.schedule"
        line = f"cd {shlex.quote(where.project)} && {made} && {call} >>{log} 2>&1"
        # A percent sign would end the command and begin its input.
        lines.append(f"{job.recurrence.expression} {line}".replace("%", r"\%"))
    return {"crontab": "\n".join(lines) + "\n"}
