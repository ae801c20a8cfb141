"""`finops reconcile` as a script calls it: fields, exit codes, and what it says."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from finops_lib.runs.collect import collect
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.sample import sample_workbench_yaml, write_estate
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill
from tests.runs.invoices import write_invoice
from tests.test_cli import _finops


def test_reconcile_prints_each_step_and_fails_where_one_does_not_add_up(
    settings: Settings, write_bill: WriteBill, tmp_path: Path
) -> None:
    empty = _finops("reconcile")
    assert (empty.returncode, empty.stdout) == (0, "Nothing is loaded yet: there is nothing to reconcile.\n")
    bill = write_bill("a.csv", [{"InvoiceId": "INV-1"}])
    invoice = write_invoice(tmp_path / "i.csv", [{"BilledCost": "10.00"}])
    assert _finops("ingest", str(bill), str(invoice), "--source", "aws").returncode == 0
    right = _finops("reconcile", "--month", "2026-05", "--format", "json")
    rows = json.loads(right.stdout)
    assert (right.returncode, {row["residual"] for row in rows}) == (0, {0, "0.000000000000", "0.000000000000000000"})
    fields = "provider source billing_month step expected actual residual ok currency measure item explanation"
    assert list(rows[0]) == fields.split()
    write_invoice(invoice, [{"BilledCost": "10.01"}])
    assert _finops("ingest", str(invoice), "--source", "aws").returncode == 0
    wrong = _finops("reconcile", "--format", "csv")
    assert wrong.returncode == 1
    assert "finops: does not add up: aws aws 2026-05: invoice, INV-1: -0.01 USD billed" in wrong.stderr
    assert "invoice,10.010000000000,10.000000000000,-0.010000000000,false,USD,billed,INV-1," in wrong.stdout
    assert _finops("reconcile", "--month", "May").returncode == 2


def test_the_sample_estate_adds_up_to_every_one_of_its_invoices(settings: Settings, tmp_path: Path) -> None:
    write_estate(tmp_path / "bills", as_of=date(2026, 3, 17), rows=8_000)
    settings.params.mkdir()
    (settings.params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    configured = load_settings()
    for source in configured.workbench.sources:
        ingest(configured, [tmp_path / "bills" / "invoices" / source.provider], source=source.name)
    collect(configured, configured.workbench.sources)
    found = reconcile(configured)
    assert [row.words for row in found if not row.ok] == []
    # 12 closed months of four billing accounts, and none of them is without its invoice.
    assert sum(row.step == "invoice" and row.expected is not None for row in found) == 12 * 4
