"""The run ledger as the command line shows it."""

from __future__ import annotations

from typing import Any

from finops_lib.runs.clock import now
from finops_lib.runs.processes import is_alive, this_host
from finops_lib.settings import Settings
from finops_lib.state.open import State, open_state
from finops_lib.state.runs import RunRecord, get_run, list_runs, reclaim_dead_runs

_LISTED = ("run_id", "notebook", "status", "as_of", "snapshot", "parameters", "started_at", "duration_s", "report", "error")


def listed_runs(settings: Settings, *, notebook: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """Give runs, newest first, with the fields that scripts rely on (design.md 7)."""
    state = open_state(settings.state_url)
    try:
        _reclaim(state)
        return [_fields(record) for record in list_runs(state, notebook=notebook, limit=limit)]
    finally:
        state.close()


def shown_run(settings: Settings, run_id: str) -> dict[str, Any]:
    """Give everything the ledger knows of one run."""
    state = open_state(settings.state_url)
    try:
        _reclaim(state)
        record = get_run(state, run_id)
    finally:
        state.close()
    more = ("finished_at", "cpu_seconds", "cells_done", "cells_total", "error_cell", "exit_code", "trigger", "host")
    stamps = ("notebook_hash", "code_hash", "git_sha", "git_dirty", "versions")
    return _fields(record) | {name: getattr(record, name) for name in more + stamps}


def _reclaim(state: State) -> None:
    """Before anything is shown: a run whose process is gone is not running."""
    reclaim_dead_runs(state, host=this_host(), at=now(), is_alive=is_alive)


def _fields(record: RunRecord) -> dict[str, Any]:
    return {name: getattr(record, name) for name in _LISTED}
