"""What changed between two runs: each cause gets its part, to the last digit, and the report says the same."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.findings import Change
from finops_lib.lake.snapshots import list_snapshots, unpin
from finops_lib.lake.upkeep import expire
from finops_lib.marts.build import build
from finops_lib.runs import clock
from finops_lib.runs.diff import diff_runs
from finops_lib.runs.ingest import ingest
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.rerun import rerun
from finops_lib.runs.run_changes import as_rows
from finops_lib.settings import Settings, load_settings
from finops_lib.state.runs import RunRecord
from tests.conftest import PROJECT, WriteBill
from tests.runs.conftest import MakeNotebook

pytestmark = pytest.mark.slow

# What a page of one's own may do: a parameter and a setting that its number depends on.
STORY = (
    'from finops_lib.runs import open_run\nrun = open_run("story", as_of=as_of)\n'
    'money = run.query("overview_totals")["month_cost"].sum()\n'
    "rate = 2 if run.settings.workbench.currency == 'USD' else 3",
    'run.write_result({"currency": "USD", "cost": money * share * rate, "as_of": run.as_of})',
)
PARAMETERS = 'as_of: str = ""  # day\nshare: int = 1  # whole times'


@pytest.fixture(autouse=True)
def _boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_REPORT_DIFF", "on")


@pytest.fixture
def project(settings: Settings, make_notebook: MakeNotebook) -> Settings:
    """A project with a notebook whose one number depends on everything that can change."""
    make_notebook(*STORY, parameters=PARAMETERS)
    _set_currency(settings, "USD")
    return load_settings()


def _set_currency(settings: Settings, currency: str) -> Settings:
    settings.workbench_file.write_text(f'currency: "{currency}"\n', encoding="utf-8")
    return load_settings()


def _load(settings: Settings, write_bill: WriteBill, day_cost: str, *, days: int) -> None:
    rows = [
        {
            "ChargePeriodStart": f"2026-05-{day:02d}T00:00:00Z",
            "ChargePeriodEnd": f"2026-05-{day + 1:02d}T00:00:00Z",
            "BilledCost": day_cost,
            "EffectiveCost": day_cost,
        }
        for day in range(1, days + 1)
    ]
    ingest(settings, [write_bill("may.csv", rows)], source="aws")
    build(settings.lake)


def _run(settings: Settings, name: str = "story", **more: str) -> RunRecord:
    record = run_notebook(settings, name, parameters=more)
    assert record.status == "SUCCEEDED", record.error
    return record


def _number(changes: list[Change], measure: str) -> Change:
    return next(change for change in changes if change.measure == measure)


def _kept(settings: Settings, record: RunRecord, name: str) -> str:
    return (settings.outputs / record.notebook / record.run_id / name).read_text(encoding="utf-8")


def test_every_cause_gets_its_part_and_nothing_is_left(project: Settings, write_bill: WriteBill) -> None:
    _load(project, write_bill, "10.25", days=10)
    first = _run(project, as_of="2026-05-10")
    assert "first report of its kind" in _kept(project, first, "report.html")
    _load(project, write_bill, "7.5", days=12)
    now = _set_currency(project, "EUR")
    second = _run(now, as_of="2026-05-12", share="4")

    changes = diff_runs(now, first.run_id[:-2], second.run_id)
    change = _number(changes, "cost")
    # then: 10 days x 10.25 x rate 2 = 205; now: 12 x 7.5 x 4 x rate 3 = 1080
    assert (change.before, change.after, change.unit) == (Decimal(205), Decimal(1080), "USD")
    assert change.causes == {
        "code": 0,
        "restated": Decimal(-55),  # 10 x 7.5 x 2 = 150
        "new_days": Decimal(30),  # 12 x 7.5 x 2 = 180
        "parameters": Decimal(540),  # x 4 = 720
        "rules": Decimal(360),  # at rate 3 instead of 2
    }
    assert change.residual == 0
    [row] = [row for row in as_rows(changes) if row["measure"] == "cost"]
    assert sum(row["causes"].values()) == row["change"] == Decimal(875)
    # The report said so when it was made, and kept every number.
    page, kept = _kept(now, second, "report.html"), json.loads(_kept(now, second, "changes.json"))
    words = page.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")
    assert "cost rose by 875 USD to 1,080 USD: +30 USD by new days, -55 USD by restated bills, +540" in words
    assert kept["since"] == first.run_id
    assert kept["changes"][0]["causes"]["parameters"].startswith("540")
    # No trace of what was tried: no run, no pin, no folder.
    assert {pin for snapshot in list_snapshots(now.lake) for pin in snapshot.pinned_by} == {first.run_id, second.run_id}
    assert {path.name for path in (now.outputs / "story").iterdir()} == {first.run_id, second.run_id, "latest.html"}


def test_other_code_is_told_from_other_data(
    project: Settings, write_bill: WriteBill, make_notebook: MakeNotebook
) -> None:
    _load(project, write_bill, "10", days=10)
    first = _run(project)
    make_notebook(STORY[0], STORY[1].replace("* rate", "* rate + 1000"), parameters=PARAMETERS)
    _load(project, write_bill, "10", days=11)
    second = _run(project)
    change = _number(diff_runs(project, "previous", "latest"), "cost")
    assert (first.as_of, second.as_of) < ("2026-05-11", "2026-05-12")
    assert change.causes["code"] == 1000
    assert change.change == change.causes["code"] + change.causes["new_days"]
    # The same page by today's code, when neither was made by it: what the code adds comes and goes.
    make_notebook(STORY[0], STORY[1].replace("* rate", "* rate + 7"), parameters=PARAMETERS)
    assert _number(diff_runs(project, first.run_id, second.run_id), "cost").causes == change.causes


def test_the_box_costs_no_run_its_report(
    project: Settings, write_bill: WriteBill, make_notebook: MakeNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(project, write_bill, "10", days=10)
    first = _run(project)
    same = _run(project)
    assert "None of the headline numbers changed" in _kept(project, same, "report.html")
    # A replay that fails is said; the report is there.
    make_notebook("import os\nassert os.environ['FINOPS_RUN_ID'], 'no name'", *STORY, parameters=PARAMETERS)
    _load(project, write_bill, "11", days=11)
    broken = _run(project)
    assert "Not worked out this time: the notebook could not be replayed: AssertionError: no name" in _kept(
        project, broken, "report.html"
    )
    # A rerun says nothing of it, nor does a project that does not want it; the numbers are the same either way.
    make_notebook(*STORY, parameters=PARAMETERS)
    again = rerun(project, first.run_id)
    assert again.is_same
    monkeypatch.setenv("FINOPS_REPORT_DIFF", "off")
    off = _run(load_settings())
    for record in (again.record, off):
        assert "since-the-last-report" not in _kept(project, record, "report.html")
        assert not (project.outputs / "story" / record.run_id / "changes.json").exists()


def test_what_cannot_be_compared_says_why(
    project: Settings, write_bill: WriteBill, make_notebook: MakeNotebook
) -> None:
    make_notebook('from finops_lib.runs import open_run\nopen_run("other").write_result({"n": 1})', name="other")
    _load(project, write_bill, "10", days=10)
    first, other = _run(project), _run(project, "other")
    with pytest.raises(ConfigError, match=r"is a run of story, .* one of other"):
        diff_runs(project, first.run_id, other.run_id)
    with pytest.raises(ConfigError, match=f"no earlier report like {first.run_id}"):
        diff_runs(project, "previous", first.run_id)
    refused = run_notebook(project, "story", parameters={"as_of": "yesterday"})
    with pytest.raises(ConfigError, match="is INVALID_PARAMS and has no result to compare"):
        diff_runs(project, first.run_id, refused.run_id)
    # Of a snapshot that is gone only what needs no second reading can be said.
    _load(project, write_bill, "11", days=11)
    second = _run(project)
    for owner in (first.run_id, other.run_id):
        unpin(project.lake, owner=owner)
    now = clock.now()
    expire(project.lake, superseded_before=now.replace(year=now.year + 1), at=now)
    assert _number(diff_runs(project, first.run_id, second.run_id), "cost").change > 0
    make_notebook(STORY[0], STORY[1].replace("rate,", "rate * 5,"), parameters=PARAMETERS)
    third = _run(project)
    with pytest.raises(LakeError, match=f"snapshot {first.snapshot} of run {first.run_id} is no longer in the lake"):
        diff_runs(project, first.run_id, third.run_id)


def test_the_real_pages_are_replayed_to_the_byte(settings: Settings, write_bill: WriteBill) -> None:
    for name in ("overview", "budgets"):
        shutil.copy(PROJECT / "notebooks" / f"{name}.ipynb", settings.notebooks)
    project = load_settings()
    _load(project, write_bill, "10.25", days=20)
    first = _run(project, "overview")
    _load(project, write_bill, "10.25", days=22)
    second = _run(project, "overview")
    [change] = [c for c in diff_runs(project, first.run_id, second.run_id) if c.measure == "month_cost"]
    days = int(str(second.as_of)[-2:]) - int(str(first.as_of)[-2:])
    # Nothing was restated: each new day adds its 10.25.
    assert change.causes == {
        "code": 0,
        "restated": 0,
        "new_days": days * Decimal("10.25"),
        "parameters": 0,
        "rules": 0,
    }
    assert days > 0
    assert change.residual == 0
