"""A run against papermill's floor: an empty notebook by papermill's own command line, twelve charts by ours.

Goal: at most three times the floor in CPU seconds, at most 0.6 MB.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat

from finops_lib.runs.collect import collect
from finops_lib.runs.notebook import run_notebook
from finops_lib.sample import sample_budget_plan_yaml, sample_workbench_yaml, write_estate
from tests.bench.clock import Took, stopwatch
from tests.bench.place import PROJECT, settings_in

_ROUNDS = 3
_SETUP = """\
from finops_lib.reports import charts
from finops_lib.runs import open_run

run = open_run("twelve", as_of=as_of)
daily = run.query("overview_daily")"""
_CHART = """\
charts.daily(
    daily,
    by="x_Provider",
    kind="{kind}",
    currency=run.currency,
    title="Finding {number}",
    subtitle="Effective cost",
    source="daily_cost",
)"""


def measure(folder: Path) -> None:
    """Print the floor, the twelve-chart run, and each notebook's run and report."""
    params = folder / "params"
    params.mkdir()
    estate = write_estate(folder / "bills", as_of=date(2026, 9, 30))
    (params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    (params / "budget_plan.yaml").write_text(sample_budget_plan_yaml(estate), encoding="utf-8")
    project = folder / "project"
    (project / "notebooks").mkdir(parents=True)
    for notebook in (PROJECT / "notebooks").glob("*.ipynb"):
        shutil.copy(notebook, project / "notebooks")
    _write(project / "notebooks" / "twelve.ipynb", charts=12)
    settings = settings_in(folder, project=project)
    collect(settings, settings.workbench.sources)
    floor = papermill_floor(folder)
    print(f"papermill, empty notebook          {floor.wall:5.1f} s wall  {floor.cpu:5.2f} s CPU")
    for name in ("twelve", "ingestion", "overview", "budgets", "anomalies", "savings"):
        best, size = None, 0
        for _ in range(_ROUNDS if name == "twelve" else 1):
            with stopwatch() as took:
                record = run_notebook(
                    settings, name, parameters={}, params_file=None, as_of=None, snapshot=None, timeout_s=300.0
                )
            assert record.status == "SUCCEEDED", record.error
            assert record.report
            size = (settings.outputs / record.report).stat().st_size
            best = took if best is None or took.cpu < best.cpu else best
        assert best is not None
        label = "finops run, twelve charts" if name == "twelve" else f"finops run {name}"
        ratio = best.cpu / floor.cpu
        print(
            f"{label:<34} {best.wall:5.1f} s wall  {best.cpu:5.2f} s CPU  {ratio:4.2f} x  {size / 1e6:.2f} MB",
            flush=True,
        )


def papermill_floor(folder: Path) -> Took:
    """Give the best of some runs of an empty notebook by papermill's own command line."""
    _write(folder / "empty.ipynb", charts=0)
    return min((_papermill(folder) for _ in range(_ROUNDS)), key=lambda took: took.cpu)


def _papermill(folder: Path) -> Took:
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "-k", "python3"]
    with stopwatch() as took:
        subprocess.run(
            [*command, str(folder / "empty.ipynb"), str(folder / "out.ipynb")], check=True, capture_output=True
        )
    return took


def _write(path: Path, *, charts: int) -> None:
    new = nbformat.v4
    cells = [new.new_code_cell('as_of: str = ""  # last included day', metadata={"tags": ["parameters"]})]
    if charts:
        cells.append(new.new_code_cell(_SETUP))
    kinds = ("bar", "line", "area")
    cells += [new.new_code_cell(_CHART.format(kind=kinds[n % 3], number=n + 1)) for n in range(charts)]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new.new_notebook(cells=cells, metadata=kernel), path)
