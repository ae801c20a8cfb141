"""On the sample estate the labelled waste and the labelled events are found, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from finops_lib.analyses.anomalies import explain, find_anomalies, identified
from finops_lib.analyses.savings import find_savings, portfolio
from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.runs.session import Run, open_run
from finops_lib.sample import write_estate
from finops_lib.settings import load_settings

pytestmark = pytest.mark.slow

AS_OF = date(2026, 3, 17)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("estate")
    before = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("FINOPS_")}
    os.environ["FINOPS_PROJECT"] = str(folder)
    # A smaller estate bills its older months as one charge each, and who knows no days can judge none.
    estate = write_estate(folder / "bills", as_of=AS_OF, rows=80_000)
    settings = load_settings()
    for provider in ("aws", "azure", "gcp"):
        ingest(settings, estate.files_of(provider), source=provider)
    build(settings.lake)
    yield folder
    del os.environ["FINOPS_PROJECT"]
    os.environ.update(before)


@pytest.fixture(scope="module")
def run(home: Path) -> Iterator[Run]:
    run = open_run("savings")
    yield run
    run.lake.con.close()


@pytest.fixture(scope="module")
def truth(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home / "bills" / "truth.json").read_text(encoding="utf-8"))
    return told


def test_the_labelled_waste_is_found_and_nothing_else(run: Run, truth: dict[str, Any]) -> None:
    frames = {name: run.query(name) for name in ("savings_resource_meters", "savings_commitments")}
    found = find_savings(frames, as_of=run.as_of)
    # What only the inventory or metrics show is the business of the rules that read them.
    shown = [w for w in truth["waste"] if w["currency"] == run.currency and w["needs"] == "bill"]
    hidden = {one["billed_as"].lower() for one in truth["look_alikes"] if one["shown_by"] != "bill"}
    hidden |= {name.lower() for w in truth["waste"] if w["needs"] != "bill" for name in w["billed_as"]}
    told = {(r.type, r.resource_id.lower()) for r in found if r.resource_id.lower() not in hidden}
    right = {(kind, w["resource_id"].lower()) for w in shown for kind in (w["kind"], *w["also"])}
    assert told <= right
    assert {resource for _, resource in told} == {w["resource_id"].lower() for w in shown}
    total = portfolio(found)
    assert 0 < total.low < total.base < total.high <= total.gross
    costs = {w["resource_id"].lower(): float(w["monthly_cost"]) for w in shown}
    counted = [r for r in total.counted if r.resource_id.lower() not in hidden]
    assert all(float(r.monthly_savings) <= 1.02 * costs[r.resource_id.lower()] for r in counted)


def test_the_events_of_the_last_month_are_found_and_no_calendar_is_taken_for_one(
    run: Run, truth: dict[str, Any]
) -> None:
    series = run.query("anomalies_series_days", history_days=220)
    found = find_anomalies(series, as_of=run.as_of)
    since = run.as_of - timedelta(days=29)
    events = [e for e in truth["anomalies"] if e["currency"] == run.currency and date.fromisoformat(e["end"]) >= since]

    def scopes(event: dict[str, Any]) -> set[str]:
        account = f"{event['provider']}/{event['account_id']}"
        # Of a rise of many services the account is told.
        return {f"{account}/{name}" for name in (["*"] if event["kind"] == "diffuse_rise" else event["services"])}

    def is_labelled(scope: str, start: date, end: date) -> bool:
        return any(
            scope in scopes(e) and date.fromisoformat(e["start"]) <= end and start <= date.fromisoformat(e["end"])
            for e in events
        )

    assert [a.scope for a in found if not is_labelled(a.scope, a.start, a.end)] == []
    assert len(found) >= 4
    [rise] = [scope for e in events if e["kind"] == "diffuse_rise" for scope in scopes(e)]
    assert rise in {a.scope for a in found}
    looked_into = run.investigate(identified(found))
    assert all(anomaly.cause for anomaly in explain(identified(found), looked_into))
    assert all(one.decomposition.residual == 0 for one in looked_into)
