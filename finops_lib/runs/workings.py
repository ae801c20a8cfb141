"""What does the start page read of the workbench itself? Jobs, messages, reports; frozen beside its result.

A run made again reads all of it from there, whatever ran or failed since.
"""

from __future__ import annotations

import os

from pydantic import TypeAdapter

from finops_lib.errors import ConfigError, RunError
from finops_lib.reports.start_workings import DeadLetter, JobStanding, NotebookStanding, SchedulerKind, Workings
from finops_lib.runs import clock
from finops_lib.runs.catalog import notebooks
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import has_state, opened_state
from finops_lib.runs.schedule import health
from finops_lib.runs.schedule.opened import load_schedule, schedule_path
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.outbox import list_outbox
from finops_lib.state.runs import RunRecord, list_runs
from finops_lib.state.slots import slots_of

INPUT = "workings.json"
# Of these the newest of each notebook are among them, unless one runs by the minute; the gallery has them all.
_NEWEST_RUNS = 500


def read_workings(settings: Settings, folder: RunFolder, *, notebook: str) -> Workings:
    """Read how the workbench does, and keep it beside the result; a rerun gets what the first run kept.

    Args:
        notebook: the one that asks, which is not listed.
    """
    if os.environ.get(RERUN_OF):
        # The params of a rerun are the inputs that the first run kept.
        path = settings.params / INPUT
        found = TypeAdapter(Workings).validate_json(path.read_bytes()) if path.is_file() else Workings()
    elif has_state(settings):
        with opened_state(settings) as state:
            found = _read(settings, state, notebook)
    else:
        found = _read(settings, None, notebook)
    folder.write_input(INPUT, TypeAdapter(Workings).dump_json(found, indent=1).decode())
    return found


def _read(settings: Settings, state: State | None, notebook: str) -> Workings:
    kind, said = _scheduler(settings)
    jobs, schedule_error = _jobs(settings, state)
    return Workings(
        jobs=jobs,
        schedule_error=schedule_error,
        dead_letters=_dead_letters(state),
        notebooks=_notebooks(settings, state, notebook),
        scheduler=said,
        scheduler_kind=kind,
        outputs=_way_to_outputs(settings),
    )


def _scheduler(settings: Settings) -> tuple[SchedulerKind, str]:
    try:
        return "ok", health.check_health(settings.outputs / health.FOLDER, now=clock.now())
    except ConfigError:
        return "info", "No scheduler was started here, so nothing runs by itself; finops schedule start begins it."
    except RunError as error:
        return "error", str(error)


def _jobs(settings: Settings, state: State | None) -> tuple[tuple[JobStanding, ...], str]:
    """Give the jobs, or why they cannot be read."""
    if not schedule_path(settings).is_file():
        return (), ""
    try:
        schedule = load_schedule(settings)
    except ConfigError as error:
        return (), str(error)
    found, now = [], clock.now()
    for job in schedule:
        last = next(iter(slots_of(state, job=job.name, limit=1)), None) if state is not None else None
        found.append(
            JobStanding(
                job=job.name,
                status=last.status if last else "",
                slot=last.slot if last else None,
                error=last.error if last else "",
                next_slot=next(job.recurrence.after(now)),
            )
        )
    return tuple(found), ""


def _dead_letters(state: State | None) -> tuple[DeadLetter, ...]:
    if state is None:
        return ()
    return tuple(
        DeadLetter(one.message.message_id, one.message.channel, one.last_error, one.created_at)
        for one in list_outbox(state, standing="dead")
    )


def _notebooks(settings: Settings, state: State | None, asking: str) -> tuple[NotebookStanding, ...]:
    newest: dict[str, RunRecord] = {}
    for run in list_runs(state, limit=_NEWEST_RUNS) if state is not None else []:
        newest.setdefault(run.notebook, run)
    return tuple(
        _standing(entry.name, entry.question, newest.get(entry.name))
        for entry in notebooks(settings)
        if entry.name != asking
    )


def _standing(name: str, question: str, run: RunRecord | None) -> NotebookStanding:
    if run is None:
        return NotebookStanding(name, question)
    return NotebookStanding(name, question, run.status, run.as_of or "", run.started_at, run.report or "")


def _way_to_outputs(settings: Settings) -> str:
    # JupyterLab shows files below its root, which is the project, and no others.
    if not settings.outputs.is_relative_to(settings.project):
        return ""
    return os.path.relpath(settings.outputs, settings.notebooks).replace(os.sep, "/")
