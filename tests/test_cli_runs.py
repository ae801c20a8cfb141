"""`finops runs diff`, `prune` and `pin` as a person or a script meets them."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import nbformat
import pytest

from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill
from tests.test_cli_alerts import finops

pytestmark = pytest.mark.slow

STORY = (
    'from finops_lib.runs import open_run\nrun = open_run("story", as_of=as_of)\n'
    'totals = run.query("overview_totals")\n'
    'run.write_result({"currency": "USD", "cost": totals["month_cost"].sum(), "same": 7})'
)


@pytest.fixture
def two_runs(settings: Settings, write_bill: WriteBill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Two runs of one notebook: of three days at 10.50, and of five days at 9.25."""
    monkeypatch.setenv("FINOPS_PROJECT", str(tmp_path))
    monkeypatch.setenv("FINOPS_REPORT_DIFF", "off")
    project = load_settings()
    project.notebooks.mkdir(exist_ok=True)
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for source, tag in (('as_of: str = ""  # last included day', "parameters"), (STORY, "result")):
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": [tag]}))
    nbformat.write(notebook, project.notebooks / "story.ipynb")
    ids = []
    for cost, days in (("10.50", 3), ("9.25", 5)):
        rows = [
            {
                "ChargePeriodStart": f"2026-05-{day:02d}T00:00:00Z",
                "ChargePeriodEnd": f"2026-05-{day + 1:02d}T00:00:00Z",
                "BilledCost": cost,
                "EffectiveCost": cost,
            }
            for day in range(1, days + 1)
        ]
        ingest(project, [write_bill("may.csv", rows)], source="aws")
        build(project.lake)
        ids.append(run_notebook(project, "story", parameters={"as_of": f"2026-05-{days:02d}"}).run_id)
    return ids


def test_a_script_gets_every_number_and_a_person_those_that_moved(two_runs: list[str]) -> None:
    first, second = two_runs
    done = finops("runs", "diff", first, second, "--format", "json")
    assert done.returncode == 0, done.stderr
    cost, same = json.loads(done.stdout)
    assert list(cost["causes"]) == ["new_days", "restated", "parameters", "rules", "code", "residual"]
    # 3 x 10.50 = 31.50; 3 x 9.25 = 27.75; 5 x 9.25 = 46.25
    assert [Decimal(cost[name]) for name in ("before", "after", "change")] == [
        Decimal("31.50"),
        Decimal("46.25"),
        Decimal("14.75"),
    ]
    assert {name: Decimal(part) for name, part in cost["causes"].items() if Decimal(part)} == {
        "restated": Decimal("-3.75"),
        "new_days": Decimal("18.50"),
    }
    assert (same["measure"], same["change"], same["unit"]) == ("same", "0", "")

    # Without names: the newest run, and the one before it. The table leaves out what is the same.
    table = finops("runs", "diff")
    assert "cost" in table.stdout
    assert "same" not in table.stdout
    assert "1 of 2 numbers did not change." in table.stderr
    [row, _] = csv.DictReader(io.StringIO(finops("runs", "diff", first, second, "--format", "csv").stdout))
    assert (Decimal(row["restated"]), Decimal(row["residual"])) == (Decimal("-3.75"), 0)

    unknown = finops("runs", "diff", "nonsense", second)
    assert (unknown.returncode, unknown.stderr) == (2, "finops: there is no run 'nonsense'; next: finops runs list\n")


def test_pruning_asks_first_and_says_why_each_report_stays(two_runs: list[str]) -> None:
    first, second = two_runs
    options = ("--keep-last", "1", "--keep-days", "0", "--format", "json")
    said = finops("runs", "prune", *options)
    rows = {row["run_id"]: (row["goes"], row["why"]) for row in json.loads(said.stdout)}
    assert rows == {
        second: (False, "the last success"),
        first: (True, "older than 0 days, and nothing keeps it"),
    }
    assert "1 of 2 reports would go; nothing was touched: repeat with --yes" in said.stderr
    assert finops("runs", "pin", first, "--reason", "=audit").returncode == 0
    kept = {row["run_id"]: row["why"] for row in json.loads(finops("runs", "prune", *options).stdout)}
    assert kept[first] == "pinned: =audit"
    assert finops("runs", "unpin", first).returncode == 0
    assert "1 of 2 reports removed" in finops("runs", "prune", *options, "--yes").stderr
    gone = finops("runs", "diff", first, second)
    assert gone.returncode == 2
    assert f"run {first} was pruned on" in gone.stderr
