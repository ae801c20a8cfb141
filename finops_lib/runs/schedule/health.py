"""Does it live, and what is it doing? A health file for people and probes, text metrics for Prometheus.

Both are written whole or not at all beside the reports, in `outputs/.schedule`: a probe reads a file, and Prometheus'
node exporter collects one, so that nothing has to listen.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError, RunError
from finops_lib.runs.schedule.service import Scheduler
from finops_lib.state.slots import Slot, newest_success, slots_of

FOLDER = ".schedule"
HEALTH, METRICS = "health.json", "metrics.prom"
# Of a scheduler that lives, the file is never older.
STALE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Pulse:
    """What one look found.

    Args:
        ages: source -> how long ago its newest complete day ended.
    """

    at: datetime
    status: str
    pid: int
    host: str
    running: tuple[str, ...]
    waiting: Mapping[str, tuple[str, ...]]
    newest: Mapping[str, Slot]
    succeeded: Mapping[str, Slot]
    ages: Mapping[str, timedelta]


def pulse_of(scheduler: Scheduler, *, at: datetime, ages: Mapping[str, timedelta]) -> Pulse:
    """Look at a scheduler and at what the ledger knows of its jobs."""
    jobs = list(scheduler.schedule.jobs)
    newest = {job: slots_of(scheduler.state, job=job, limit=1) for job in jobs}
    return Pulse(
        at=at,
        status="stopping" if scheduler.stopping else "running",
        pid=scheduler.worker.pid,
        host=scheduler.worker.host,
        running=tuple(sorted(f"{job} {slot:%Y-%m-%dT%H:%MZ}" for job, slot in scheduler.running)),
        waiting={f"{job} {slot:%Y-%m-%dT%H:%MZ}": on for (job, slot), on in sorted(scheduler.waiting.items())},
        newest={job: slots[0] for job, slots in newest.items() if slots},
        succeeded=newest_success(scheduler.state, jobs),
        ages=ages,
    )


def write_pulse(folder: Path, pulse: Pulse) -> None:
    """Write the health file and the metrics."""
    folder.mkdir(parents=True, exist_ok=True)
    jobs = {
        job: {
            "last_slot": slot.slot.isoformat(),
            "last_status": slot.status,
            "last_error": slot.error,
            "last_success": pulse.succeeded[job].slot.isoformat() if job in pulse.succeeded else None,
        }
        for job, slot in sorted(pulse.newest.items())
    }
    health: dict[str, Any] = {
        "at": pulse.at.isoformat(),
        "status": pulse.status,
        "host": pulse.host,
        "pid": pulse.pid,
        "running": pulse.running,
        "waiting": pulse.waiting,
        "jobs": jobs,
        "data_age_hours": {source: round(age.total_seconds() / 3600, 1) for source, age in sorted(pulse.ages.items())},
    }
    _replace(folder / HEALTH, json.dumps(health, indent=1, ensure_ascii=False) + "\n")
    _replace(folder / METRICS, _metrics(pulse))


def check_health(folder: Path, *, now: datetime) -> str:
    """Say in one line how a scheduler is.

    Raises:
        ConfigError: none was ever started here.
        RunError: it is stopped, or silent for too long.
    """
    path = folder / HEALTH
    if not path.is_file():
        raise ConfigError(f"no scheduler was started here: no {path}", next_step="finops schedule start", path=path)
    health = json.loads(path.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(health["at"])
    where = f"process {health['pid']} on {health['host']}"
    if health["status"] == "stopped":
        raise RunError(f"the scheduler ({where}) was stopped at {at:%Y-%m-%d %H:%M:%S} UTC", next_step="start it again")
    if now - at > STALE_AFTER:
        raise RunError(
            f"the scheduler ({where}) has been silent since {at:%Y-%m-%d %H:%M:%S} UTC",
            next_step="look at its log and start it again; what is due is caught up",
        )
    failed = [job for job, one in health["jobs"].items() if one["last_status"] in ("FAILED", "MISSED")]
    said = f"; not well: {', '.join(failed)}" if failed else ""
    return f"the scheduler ({where}) looked at {at:%H:%M:%S} UTC; {len(health['running'])} at work{said}"


def mark_stopped(folder: Path, *, at: datetime) -> None:
    """Say that the scheduler ended on purpose."""
    path = folder / HEALTH
    if path.is_file():
        health = json.loads(path.read_text(encoding="utf-8"))
        _replace(
            path, json.dumps({**health, "at": at.isoformat(), "status": "stopped", "running": []}, indent=1) + "\n"
        )


def _metrics(pulse: Pulse) -> str:
    from prometheus_client import CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()

    def gauge(name: str, help: str, *labels: str) -> Gauge:
        return Gauge(f"finops_{name}", help, labels, registry=registry)

    gauge("scheduler_last_look_timestamp_seconds", "When the scheduler last looked.").set(pulse.at.timestamp())
    gauge("jobs_running", "Slots at work in this scheduler.").set(len(pulse.running))
    gauge("jobs_waiting", "Slots that wait for other jobs.").set(len(pulse.waiting))
    success = gauge("job_last_success_timestamp_seconds", "When a job last ended well.", "job")
    slot = gauge("job_last_success_slot_timestamp_seconds", "The newest slot that ended well.", "job")
    for job, one in pulse.succeeded.items():
        if one.finished_at is not None:
            success.labels(job).set(one.finished_at.timestamp())
        slot.labels(job).set(one.slot.timestamp())
    duration = gauge("job_last_duration_seconds", "How long a job's newest slot took.", "job")
    state = gauge("job_last_status", "1 for the status of a job's newest slot.", "job", "status")
    for job, one in pulse.newest.items():
        state.labels(job, one.status).set(1)
        if one.started_at is not None and one.finished_at is not None:
            duration.labels(job).set((one.finished_at - one.started_at).total_seconds())
    age = gauge("source_data_age_seconds", "How long ago a source's newest complete day ended.", "source")
    for source, how_old in pulse.ages.items():
        age.labels(source).set(how_old.total_seconds())
    return generate_latest(registry).decode("utf-8")


def _replace(path: Path, text: str) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)
