"""The demo: the whole line, in a place of its own."""

from __future__ import annotations

import pytest

from finops_lib.errors import ConfigError
from finops_lib.runs.demo import run_demo
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.settings import Settings
from tests.conftest import WriteBill


def test_a_lake_with_anything_else_in_it_is_refused(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{}])], source="our-payer")
    with pytest.raises(ConfigError, match="holds our-payer, which the demo did not make") as caught:
        run_demo(settings, as_of="2026-10-20", rows=20_000, seed=7, say=lambda _: None)
    assert caught.value.sources == ["our-payer"]  # type: ignore[attr-defined]
    assert not (settings.lake.folder / "bills").exists()


@pytest.mark.slow
def test_every_notebook_of_a_small_demo_succeeds(settings: Settings) -> None:
    said: list[str] = []
    shown = run_demo(settings, as_of="2026-10-20", rows=20_000, seed=7, say=said.append)
    assert {run.notebook: run.status for run in shown.runs} == dict.fromkeys(
        ("ingestion", "overview", "budgets", "anomalies", "savings"), "SUCCEEDED"
    )
    assert shown.succeeded
    page = shown.index.read_text(encoding="utf-8")
    assert all(f"{run.notebook}/{run.run_id}/report.html" in page for run in shown.runs)
    assert any("FINOPS_LAKE=" in line for line in said)
    found = reconcile(settings)
    assert [row.words for row in found if not row.ok] == []
    # 12 closed months of four billing accounts, and none of them is without its invoice.
    assert sum(row.step == "invoice" and row.expected is not None for row in found) == 12 * 4
