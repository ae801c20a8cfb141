"""A run as the ledger and the outputs folder have it, without a kernel that takes seconds."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from finops_lib.reports.markup import Showable
from finops_lib.runs.ledger import open_ledger
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord, finish_run, start_run
from tests.reports.executed import ANSWER, executed

NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)


def made_run(
    settings: Settings,
    *shown: Showable,
    notebook: str = "overview",
    run_id: str = "20261003T120000Z-overview-ab12",
    **changes: Any,
) -> RunRecord:
    """Write a run that succeeded, with what its cells show; `changes` are of its record."""
    run = RunRecord(
        run_id=run_id,
        notebook=notebook,
        status="SUCCEEDED",
        parameters={},
        started_at=NOON,
        trigger="command line",
        host="here",
        pid=1,
        pid_started=0.0,
        heartbeat_at=NOON,
        as_of="2026-10-02",
        finished_at=NOON,
        report=f"{notebook}/{run_id}/report.html",
    )
    folder = settings.outputs / notebook / run_id
    folder.mkdir(parents=True)
    cells = executed(*(shown or (ANSWER,)))
    (folder / "report.ipynb").write_text(json.dumps(cells), encoding="utf-8")
    (folder / "report.html").write_text("<!doctype html><p>the whole report</p>", encoding="utf-8")
    finished = replace(run, **changes)
    with open_ledger(settings) as state:
        start_run(state, finished)
        finish_run(state, finished)
    return finished
