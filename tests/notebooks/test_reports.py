"""Every notebook through the runner, on every kind of lake; every report in a browser without a network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord
from tests.conftest import PROJECT
from tests.notebooks.conftest import Place
from tests.reports.browser import browser, inspect_shown

pytestmark = pytest.mark.slow

PAGES = ("start", "ingestion", "overview", "budgets", "anomalies", "savings", "leadership")
_FILES = {"report.html", "report.ipynb", "result.json", "run.json", "log.txt"}


def _run(settings: Settings, name: str, **parameters: str) -> RunRecord:
    return run_notebook(
        settings, name, parameters=parameters, params_file=None, as_of=None, snapshot=None, timeout_s=240.0
    )


def _folder(settings: Settings, record: RunRecord) -> Path:
    assert record.report
    return settings.outputs / Path(record.report).parent


@pytest.fixture(scope="module")
def first_run(sample_place: Place) -> Callable[[str], RunRecord]:
    """Give a function that runs a page of the sample estate with nothing asked of it, once for all tests."""

    @cache
    def run(name: str) -> RunRecord:
        with pytest.MonkeyPatch.context() as patch:
            return _run(sample_place.enter(patch), name)

    return run


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_sample_estate_draws_offline(
    sample_place: Place, first_run: Callable[[str], RunRecord], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = sample_place.enter(monkeypatch)
    record = first_run(name)
    assert (record.status, record.error) == ("SUCCEEDED", None)
    folder = _folder(settings, record)
    assert {path.name for path in folder.iterdir()} >= _FILES
    result = (folder / "result.json").read_text(encoding="utf-8")
    assert record.run_id not in result
    assert str(settings.lake) not in result
    report = folder / "report.html"
    assert report.stat().st_size <= 600_000
    with browser() as show:
        for width in (1280, 390):
            page = inspect_shown(show, report, width=width)
            assert page.console_errors == []
            assert page.foreign_requests == []
            # The start page leads to pages with charts and has none.
            assert page.drawn == page.charts
            assert page.charts > 0 or name == "start"
            assert page.wide_overflow == 0


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("kind", ["empty_place", "one_day_place"])
def test_a_page_of_hardly_anything_says_so_in_sentences(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    place: Place = request.getfixturevalue(kind)
    settings = place.enter(monkeypatch)
    record = _run(settings, name)
    assert (record.status, record.error) == ("SUCCEEDED", None)
    html = (_folder(settings, record) / "report.html").read_text(encoding="utf-8")
    assert "nan" not in html.lower().split()
    assert ">None<" not in html


@pytest.mark.parametrize("name", ("overview", "budgets", "anomalies", "savings"))
def test_a_page_of_one_provider_shows_no_other(sample_place: Place, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    settings = sample_place.enter(monkeypatch)
    record = _run(settings, name, provider="gcp")
    assert (record.status, record.error) == ("SUCCEEDED", None)
    assert record.parameters["provider"] == "gcp"


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_runs_as_it_stands_cell_by_cell(
    sample_place: Place, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    settings = sample_place.enter(monkeypatch)
    command = [sys.executable, "-m", "pytest", "-p", "no:randomly", "-q", "--nbval-lax", "--nbval-current-env"]
    command += ["--nbval-cell-timeout=120", "-W", "ignore", "--rootdir", str(PROJECT), "-o", "addopts="]
    done = subprocess.run(
        [*command, str(settings.notebooks / f"{name}.ipynb")],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYDEVD_DISABLE_FILE_VALIDATION": "1"},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert " passed" in done.stdout


def test_the_same_run_again_gives_the_same_result(
    sample_place: Place, first_run: Callable[[str], RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The second says what has changed since the first: nothing, and its result knows nothing of that.
    monkeypatch.setenv("FINOPS_REPORT_DIFF", "on")
    settings = sample_place.enter(monkeypatch)
    runs = (first_run("overview"), _run(settings, "overview"))
    first, second = (_folder(settings, run) / "result.json" for run in runs)
    assert first.read_bytes() == second.read_bytes()


def test_the_overview_is_the_lake_to_the_cent(
    sample_place: Place, first_run: Callable[[str], RunRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    from finops_lib.lake.open import open_lake

    settings = sample_place.enter(monkeypatch)
    result = json.loads((_folder(settings, first_run("overview")) / "result.json").read_text(encoding="utf-8"))
    query = (
        "select sum(EffectiveCost) from cost where BillingCurrency = $currency and ChargePeriodStart < "
        "cast($as_of as date) + 1 and ChargePeriodStart >= date_trunc('month', cast($as_of as date))"
    )
    with open_lake(settings.lake) as lake:
        values = {"currency": result["currency"], "as_of": result["as_of"]}
        [[total]] = lake.con.execute(query, values).fetchall()
    assert result["month_cost"] == str(total)
