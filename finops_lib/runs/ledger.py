"""Which runs have there been? Read through the one door that first closes the runs nobody runs any more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
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
    "checks_failed",
    "reconcile_failed",
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
    """Write outputs/index.html anew: the ledger's runs, and those another lake's ledger left in the folder."""
    settings.outputs.mkdir(parents=True, exist_ok=True)
    with gallery_lock(settings.outputs):
        known = {run.run_id: run for run in list_runs(state, limit=GALLERY_RUNS)}
        newest = sorted(settings.outputs.glob(f"*/[!.]*/{RUN}"), key=lambda path: path.parent.name)[-GALLERY_RUNS:]
        for path in newest:
            if path.parent.name not in known and (fields := _told(path)):
                known[path.parent.name] = RunRecord(**fields)
        runs = sorted(known.values(), key=lambda run: (run.started_at, run.run_id), reverse=True)
        write_gallery(settings.outputs, runs[:GALLERY_RUNS])


def _published(settings: Settings, run: RunRecord) -> RunRecord | None:
    """Give the run's own word, if its runner died between publishing the report and telling the ledger."""
    fields = _told(settings.outputs / run.notebook / run.run_id / RUN)
    return replace(run, **fields) if fields else None


def _told(path: Path) -> dict[str, Any]:
    """Read a run.json; nothing if it is not one of ours."""
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        for name in ("started_at", "finished_at", "heartbeat_at"):
            fields[name] = datetime.fromisoformat(fields[name])
        RunRecord(**fields)
    except (OSError, ValueError, TypeError, KeyError):
        return {}
    return fields
