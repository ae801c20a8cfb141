"""The same run again: the same bytes, whatever was loaded, changed or expired since."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.snapshots import list_snapshots, unpin
from finops_lib.lake.upkeep import expire
from finops_lib.marts.build import build
from finops_lib.runs import clock
from finops_lib.runs.ingest import ingest
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.rerun import rerun
from finops_lib.settings import Settings, load_settings
from finops_lib.state.runs import RunRecord
from tests.conftest import PROJECT, WriteBill, on_every_lake

pytestmark = pytest.mark.slow

PLAN = """budgets:
  - {name: shop, scope_type: team, scope_value: shop, amount: "%s", currency: USD}
"""
WORKBENCH = """currency: "%s"
allocation: {rules_version: 1, dimensions: {team: {keys: [team]}}}
"""


@pytest.fixture
def project(settings: Settings) -> Settings:
    """A project with the real notebooks and params of its own."""
    shutil.copytree(PROJECT / "notebooks", settings.notebooks, dirs_exist_ok=True)
    _write_params(settings, amount="100", currency="USD")
    return load_settings()


def _write_params(settings: Settings, *, amount: str, currency: str) -> None:
    settings.budget_plan.write_text(PLAN % amount, encoding="utf-8")
    settings.workbench_file.write_text(WORKBENCH % currency, encoding="utf-8")


def _charges(day_cost: str, *, days: int) -> list[dict[str, str]]:
    rows = []
    for day in range(1, days + 1):
        period = {
            "ChargePeriodStart": f"2026-05-{day:02d}T00:00:00Z",
            "ChargePeriodEnd": f"2026-05-{day + 1:02d}T00:00:00Z",
        }
        for currency in ("USD", "EUR"):
            rows.append({**period, "BilledCost": day_cost, "EffectiveCost": day_cost, "BillingCurrency": currency})
    return rows


def _run(settings: Settings, name: str, **parameters: str) -> RunRecord:
    record = run_notebook(settings, name, parameters=parameters)
    assert record.status == "SUCCEEDED", record.error
    return record


def _result(settings: Settings, record: RunRecord) -> bytes:
    return (settings.outputs / record.notebook / record.run_id / "result.json").read_bytes()


@on_every_lake
def test_pages_are_made_again_to_the_byte_after_everything_changed(
    project: Settings, write_bill: WriteBill, lake_kind: str
) -> None:
    bill = write_bill("may.csv", _charges("10.25", days=20))
    loaded = _run(project, "ingestion", paths=str(bill), source="aws")
    # Of a lake that is elsewhere one page is enough: it is the snapshot that could be another, not what is read of it.
    names = ("overview", "budgets") if lake_kind == "sqlite" else ("budgets",)
    first = {name: _run(project, name) for name in names} | {"ingestion": loaded}
    snapshots = {record.snapshot for record in first.values()}

    # Everything a page reads changes: the month, the budgets, the currency, the rules; then the old snapshots go.
    for cost in ("7.5", "31"):
        ingest(project, [write_bill("may.csv", _charges(cost, days=25))], source="aws")
        build(project.lake)
    _write_params(project, amount="999", currency="EUR")
    later = load_settings()
    now = clock.now()
    gone = expire(later.lake, superseded_before=now + timedelta(hours=1), at=now)
    assert gone.snapshots
    assert not snapshots & set(gone.snapshots)
    newest = newest_snapshot(later.lake)

    for name, record in first.items():
        again = rerun(later, record.run_id[:-2])
        assert again.record.status == "SUCCEEDED", again.record.error
        assert (again.is_same, again.changed) == (True, "")
        assert _result(later, again.record) == _result(later, record)
        assert (again.record.snapshot, again.record.trigger) == (record.snapshot, f"rerun of {record.run_id}")
        # A page of today is another one: the sameness above could have failed.
        assert name == "ingestion" or _result(later, _run(later, name)) != _result(later, record)
    # Nothing was loaded by making an ingestion again.
    assert newest_snapshot(later.lake) == newest


def test_a_rerun_can_itself_be_made_again(project: Settings, write_bill: WriteBill) -> None:
    ingest(project, [write_bill("may.csv", _charges("10", days=5))], source="aws")
    first = _run(project, "budgets")
    second = rerun(project, first.run_id)
    _write_params(project, amount="1", currency="USD")
    third = rerun(load_settings(), second.record.run_id)
    assert (third.is_same, _result(project, third.record)) == (True, _result(project, first))


def test_what_cannot_be_made_again_says_why(project: Settings, write_bill: WriteBill) -> None:
    ingest(project, [write_bill("may.csv", _charges("10", days=5))], source="aws")
    refused = run_notebook(project, "overview", parameters={"currency": "XXX"})
    with pytest.raises(ConfigError, match="and has no result that could be made again"):
        rerun(project, refused.run_id)
    # A run that failed keeps nothing; one that succeeded keeps its snapshot.
    record = _run(project, "overview")
    [pinned] = [snapshot for snapshot in list_snapshots(project.lake) if snapshot.pinned_by]
    assert (pinned.snapshot_id, pinned.pinned_by) == (record.snapshot, (record.run_id,))
    unpin(project.lake, owner=record.run_id)
    ingest(project, [write_bill("may.csv", _charges("11", days=5))], source="aws")
    now = clock.now()
    expire(project.lake, superseded_before=now + timedelta(hours=1), at=now)
    with pytest.raises(LakeError, match=f"snapshot {record.snapshot} of run {record.run_id} is no longer in the lake"):
        rerun(project, record.run_id)


def test_an_ingestion_does_not_take_an_older_snapshot(project: Settings, write_bill: WriteBill) -> None:
    ingest(project, [write_bill("may.csv", _charges("10", days=5))], source="aws")
    record = run_notebook(project, "ingestion", snapshot=1)
    assert (record.status, record.report) == ("INVALID_PARAMS", None)
    assert "finops runs rerun" in str(record.error)
    assert "collected.json" not in json.dumps(dict(record.parameters))
