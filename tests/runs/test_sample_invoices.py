"""The invoices of the sample estate, through the lake: each equals its charges to the cent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from finops_lib.runs.collect import collect
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.sample import sample_workbench_yaml, write_estate
from finops_lib.settings import Settings, load_settings


def test_the_sample_estate_adds_up_to_every_one_of_its_invoices(settings: Settings, tmp_path: Path) -> None:
    write_estate(tmp_path / "bills", as_of=date(2026, 3, 17), rows=10_000)
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    configured = load_settings()
    for source in configured.workbench.sources:
        ingest(configured, [tmp_path / "bills" / "invoices" / source.provider], source=source.name)
    collect(configured, configured.workbench.sources)
    found = reconcile(configured)
    assert [row.words for row in found if not row.ok] == []
    # 12 closed months of four billing accounts, and none of them is without its invoice.
    assert sum(row.step == "invoice" and row.expected is not None for row in found) == 12 * 4
