"""A bill whose names were written by somebody hostile: every report stands, no script runs, no table or CSV breaks."""

from __future__ import annotations

import csv
import html
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from finops_lib.marts.build import build
from finops_lib.runs.anomaly_detect import detect_in_lake
from finops_lib.runs.ingest import ingest
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord
from tests.conftest import CHARGE
from tests.notebooks.conftest import Place
from tests.reports.browser import Show, browser

pytestmark = pytest.mark.slow

_FIRST, _DAYS = date(2026, 3, 1), 60
# Each sets a mark or adds an element if it is ever taken for markup.
MARKUP = "</script></td><img src=x onerror=\"window.hit=1\"><script>window.hit=1</script><b class='injected'>{}</b>"
HOSTILE = {
    "markup": MARKUP,
    "formula": '=HYPERLINK("http://evil.example","x")|\'/C calc\'!A0',
    "long": "<i class=injected>" + "x" * 10_000,
    "right to left": "safe\u202egnp.exe\u2066\u200b",
    "lines": "first\r\nBcc: x@evil.example\n\n# heading\n| a | b |",
    "notebook": "$$\\href{javascript:window.hit=1}{x}$$ `c` {{ 7*7 }} [x](javascript:window.hit=1) %%bash",
}
PAGES = ("overview", "anomalies", "savings", "budgets")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A lake of two months in which each name that a bill can choose is hostile, and one day is unusual."""
    place = Place(tmp_path_factory.mktemp("hostile"))
    bill = place.home / "hostile.csv"
    with bill.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [*CHARGE, "RegionId", "ResourceName"])
        writer.writeheader()
        writer.writerows(_charges())
    with pytest.MonkeyPatch.context() as patch:
        settings = place.enter(patch)
        ingest(settings, [bill], source="aws")
        build(settings.lake)
    return place


@pytest.fixture
def hostile(place: Place, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return place.enter(monkeypatch)


@pytest.fixture(scope="module")
def runs(place: Place) -> list[RunRecord]:
    """A run of each page, after what is unusual was found and written down."""
    with pytest.MonkeyPatch.context() as patch:
        settings = place.enter(patch)
        detect_in_lake(settings)
        return [run_notebook(settings, name, timeout_s=300.0) for name in PAGES]


def _charges() -> Iterator[dict[str, str]]:
    for number, name in enumerate(HOSTILE.values()):
        for n in range(_DAYS):
            day = _FIRST + timedelta(days=n)
            month = day.replace(day=1)
            cost = str((number + 1) * (100 if n != 50 else 2000))
            yield {
                **CHARGE,
                **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), cost),
                "BillingPeriodStart": f"{month}T00:00:00Z",
                "BillingPeriodEnd": f"{(month + timedelta(days=32)).replace(day=1)}T00:00:00Z",
                "ChargePeriodStart": f"{day}T00:00:00Z",
                "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
                "ChargeDescription": name,
                "ServiceName": name,
                "SubAccountId": str(111111111111 + number),
                "SubAccountName": name,
                "RegionId": name,
                "ResourceId": name,
                "ResourceName": name,
                "Tags": json.dumps({"user:team": name, name[:100]: name}),
            }


def test_hostile_names_change_no_report(hostile: Settings, runs: list[RunRecord]) -> None:
    assert [(run.notebook, run.status, run.error) for run in runs] == [(name, "SUCCEEDED", None) for name in PAGES]
    with browser() as show:
        for run in runs:
            assert run.report is not None
            report = hostile.outputs / run.report
            _assert_harmless(show, report)
            json.loads((report.parent / "result.json").read_text(encoding="utf-8"))
            assert "\u202e" not in report.read_text(encoding="utf-8"), run.notebook
        _assert_harmless(show, hostile.outputs / "index.html")


def _assert_harmless(show: Show, report: Path) -> None:
    page, requests, complaints = show(report)
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    assert complaints == [], report
    assert page.evaluate("window.hit") is None, report
    assert page.locator(".injected, img[onerror]").count() == 0, report
    assert page.locator("a[href^='javascript:']").count() == 0, report
    assert [url for url in requests if not url.startswith(("file:", "blob:", "data:"))] == []
    # No name pushes the page out of the window.
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0, report
    # Every row of a table has the cells of its head.
    assert page.evaluate(
        "[...document.querySelectorAll('table')].every((t) => { const n = (r) => [...r.cells].reduce("
        "(a, c) => a + c.colSpan, 0); const w = Math.max(...[...t.rows].map(n)); return [...t.tBodies].every("
        "(b) => [...b.rows].every((r) => n(r) <= w)); })"
    ), report
    assert said == []


@pytest.mark.parametrize(
    "words",
    [
        ("anomalies", "detect", "--no-delivery", "--format", "csv"),
        ("sql", "select ServiceName, sum(EffectiveCost) as effective_cost from cost group by 1", "--format", "csv"),
        ("runs", "list", "--format", "csv"),
        ("savings", "find"),
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_no_cell_of_a_csv_begins_a_formula_and_no_line_breaks_a_terminal(
    hostile: Settings, runs: list[RunRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    if words[0] != "runs":
        # What was found before the pages were made would not be told again.
        monkeypatch.setenv("FINOPS_STATE", f"sqlite:///{tmp_path / 'state.sqlite'}")
    done = subprocess.run(
        [sys.executable, "-m", "finops_lib.cli", *words], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    # Or nothing below could fail: these two name services.
    assert words[0] not in ("anomalies", "sql") or "HYPERLINK" in done.stdout
    if "csv" in words:
        rows = list(csv.reader(io.StringIO(done.stdout)))
        assert [cell for row in rows for cell in row if cell.startswith(("=", "@", "\t", "\r"))] == []
        assert len({len(row) for row in rows}) == 1


def test_the_names_above_are_hostile_where_nobody_takes_care(tmp_path: Path) -> None:
    """Or the test above could not fail."""
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><table><tr><td>{MARKUP}</td></tr></table>", encoding="utf-8")
    with browser() as show:
        naive, _, _ = show(page)
        assert naive.evaluate("window.hit") == 1
        assert naive.locator(".injected").count() == 1
        page.write_text(f"<!doctype html><table><tr><td>{html.escape(MARKUP)}</td></tr></table>", encoding="utf-8")
        _assert_harmless(show, page)
