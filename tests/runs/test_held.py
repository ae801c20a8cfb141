"""A run whose own checks fail has succeeded, is marked for good, and is held back."""

from __future__ import annotations

import json
from pathlib import Path

from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.runs.held import held_back
from finops_lib.runs.ingest import ingest
from finops_lib.runs.ledger import listed_runs, shown_run
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.reconcile import reconcile
from finops_lib.settings import Settings
from tests.conftest import WriteBill
from tests.runs.conftest import MakeNotebook
from tests.runs.invoices import write_invoice

OPEN = "from finops_lib.runs import open_run\nrun = open_run('story')\nrun"


def _load(settings: Settings, *paths: Path) -> None:
    ingest(settings, paths, source="aws")
    build(settings.lake)


def test_a_changed_mart_row_marks_the_run_that_reads_it(
    settings: Settings, make_notebook: MakeNotebook, write_bill: WriteBill
) -> None:
    _load(settings, write_bill("a.csv", [{}]))
    make_notebook(OPEN)
    right = run_notebook(settings, "story")
    assert (right.status, right.checks_failed, held_back(right)) == ("SUCCEEDED", None, "")
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute("update lake.daily_cost set billed_cost = billed_cost + 0.25")
    run = run_notebook(settings, "story")
    reason = "daily_cost holds what the lake holds: 1 of 1 slices and currencies differ, by up to 0.25"
    assert (run.status, run.checks_failed, held_back(run)) == ("SUCCEEDED", reason, reason)
    assert {row["run_id"]: row["checks_failed"] for row in listed_runs(settings)} == {
        right.run_id: None,
        run.run_id: reason,
    }
    assert shown_run(settings, run.run_id)["checks_failed"] == reason
    folder = settings.outputs / "story" / run.run_id
    assert json.loads((folder / "run.json").read_text(encoding="utf-8"))["checks_failed"] == reason
    assert "so this page is not sent to its readers" in (folder / "report.html").read_text(encoding="utf-8")
    gallery = (settings.outputs / "index.html").read_text(encoding="utf-8")
    assert "held back" in gallery
    assert "differ, by up to 0.25" in gallery


def test_a_run_that_reconciles_is_marked_by_what_it_finds(
    settings: Settings, make_notebook: MakeNotebook, write_bill: WriteBill, tmp_path: Path
) -> None:
    invoice = write_invoice(tmp_path / "i.csv", [{"BilledCost": "10.01"}])
    _load(settings, write_bill("a.csv", [{"InvoiceId": "INV-1"}]), invoice)
    make_notebook(OPEN, "len(run.reconcile())")
    run = run_notebook(settings, "story")
    assert run.checks_failed == "every step adds up to the invoice: aws aws 2026-05: invoice, INV-1: -0.01 USD billed"


def test_a_later_reconciliation_leaves_the_runs_own_checks_alone(
    settings: Settings, make_notebook: MakeNotebook, write_bill: WriteBill
) -> None:
    _load(settings, write_bill("a.csv", [{}]))
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute("update lake.daily_cost set billed_cost = billed_cost + 0.25")
    make_notebook(OPEN)
    run = run_notebook(settings, "story")
    assert [row.residual for row in reconcile(settings) if not row.ok] != []
    shown = shown_run(settings, run.run_id)
    assert (shown["checks_failed"], "0.25" in shown["reconcile_failed"]) == (run.checks_failed, True)


def test_a_run_that_failed_is_held_back_whatever_its_checks_say(
    settings: Settings, make_notebook: MakeNotebook
) -> None:
    make_notebook("1 / 0")
    assert held_back(run_notebook(settings, "story")) == "the run ended as FAILED"
