"""Which runs have there been? Read through the one door that first closes the runs nobody runs any more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from finops_lib.runs import clock, processes
from finops_lib.runs.publish import RUN, gallery_lock, private_folder, write_gallery
from finops_lib.settings import Settings
from finops_lib.state.open import State, open_state
from finops_lib.state.runs import RunRecord, finish_run, get_run, list_runs, reclaim_dead_runs

# A gallery of more is a page nobody scrolls; the ledger keeps them all.
GALLERY_RUNS = 500
# What scripts rely on (design.md 7), in this order.
LISTED = (
    "run_id",
    "notebook",
    "status",
    "as_of",
    "snapshot",
    "parameters",
    "started_at",
    "duration_s",
    "report",
    "error",
)


@contextmanager
def open_ledger(settings: Settings) -> Iterator[State]:
    """Open the state database with every dead run closed."""
    state = open_state(settings.state_url)
    try:
        reclaim(settings, state)
        yield state
    finally:
        state.close()


def listed_runs(settings: Settings, *, notebook: str | None = None, limit: int | None = None) -> list[dict[str, Any]]:
    """Give the notebook runs as rows, newest first."""
    with open_ledger(settings) as state:
        runs = list_runs(state, notebook=notebook, limit=limit)
    return [{name: getattr(run, name) for name in LISTED} for run in runs]


def shown_run(settings: Settings, run_id: str) -> dict[str, Any]:
    """Give all that is known of one run, by its id or a unique beginning of it; ConfigError if there is none."""
    with open_ledger(settings) as state:
        fields = asdict(get_run(state, run_id))
    return {name: fields[name] for name in LISTED} | fields


def reclaim(settings: Settings, state: State) -> list[RunRecord]:
    """Close the runs whose runner is gone, end what is left of them, and give them."""
    host = processes.this_host()
    dead = reclaim_dead_runs(state, host=host, at=clock.now(), is_alive=processes.is_alive)
    for run in dead:
        if run.host == host:
            processes.kill_all(processes.marked(run.run_id))
        # Nobody scrubbed what lies in there.
        shutil.rmtree(private_folder(settings.outputs, run.notebook, run.run_id), ignore_errors=True)
        published = _published(settings, run)
        if published is not None:
            finish_run(state, published)
    return dead


def rebuild_gallery(settings: Settings, state: State) -> None:
    """Write outputs/index.html anew from the ledger."""
    settings.outputs.mkdir(parents=True, exist_ok=True)
    with gallery_lock(settings.outputs):
        write_gallery(settings.outputs, list_runs(state, limit=GALLERY_RUNS))


def _published(settings: Settings, run: RunRecord) -> RunRecord | None:
    """Give the run's own word, if its runner died between publishing the report and telling the ledger."""
    path = settings.outputs / run.notebook / run.run_id / RUN
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    for name in ("started_at", "finished_at", "heartbeat_at"):
        fields[name] = datetime.fromisoformat(fields[name])
    return replace(run, **fields)
