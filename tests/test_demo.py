"""The demo: the whole line, in a place of its own."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.open import open_lake
from finops_lib.marts.figures import figure_sql
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


def test_bills_that_no_demo_wrote_stay_where_they_are(settings: Settings) -> None:
    own = settings.lake.folder / "bills" / "own.csv"
    own.parent.mkdir(parents=True)
    own.write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="bills is in the demo's way, and no demo made it"):
        run_demo(settings, as_of="2026-10-20", rows=20_000, seed=7, say=lambda _: None)
    assert own.read_text(encoding="utf-8") == "mine"


@pytest.mark.slow
def test_every_notebook_of_a_small_demo_succeeds(settings: Settings) -> None:
    said: list[str] = []
    shown = run_demo(settings, as_of="2026-10-20", rows=20_000, seed=7, say=said.append)
    assert {run.notebook: run.status for run in shown.runs} == dict.fromkeys(
        ("ingestion", "start", "overview", "budgets", "anomalies", "savings", "leadership"), "SUCCEEDED"
    )
    assert shown.succeeded
    page = shown.index.read_text(encoding="utf-8")
    assert all(f"{run.notebook}/{run.run_id}/report.html" in page for run in shown.runs)
    assert any("FINOPS_LAKE=" in line for line in said)
    assert restated(settings) == told_restatements(settings)
    assert parts_of_restatements(settings) == told_parts(settings)
    found = reconcile(settings)
    assert [row.words for row in found if not row.ok] == []
    # 12 closed months of four billing accounts, and none of them is without its invoice.
    assert sum(row.step == "invoice" and row.expected is not None for row in found) == 12 * 4


def told_parts(settings: Settings) -> dict[tuple[str, str, str, str], tuple[Decimal, ...]]:
    """Give what the truth says of each reason: billed, effective, and how much of both came under other tags."""
    told = json.loads((settings.lake.folder / "bills" / "truth.json").read_text(encoding="utf-8"))["restated"]
    names = {"late-usage": "late usage", "tags-moved": "tags moved", "credit": "credit or refund"}
    return {
        (month["provider"], month["month"], month["currency"], names.get(reason["kind"], reason["kind"])): tuple(
            Decimal(value)
            for value in (
                reason["billed"],
                reason["effective"],
                reason["moved"]["billed"],
                reason["moved"]["effective"],
            )
        )
        for month in told
        for reason in month["reasons"]
    }


def parts_of_restatements(settings: Settings) -> dict[tuple[str, str, str, str], tuple[Decimal, ...]]:
    """Give what the ingestion report shows."""
    [result] = (settings.outputs / "ingestion").glob("*/result.json")
    amounts = ("billed_change", "effective_change", "billed_moved", "effective_moved")
    return {
        (row["x_Provider"], row["x_BillingMonth"][:7], row["BillingCurrency"], row["part"]): tuple(
            Decimal(row[name]) for name in amounts
        )
        for row in json.loads(result.read_text(encoding="utf-8"))["restated"]
    }


def told_restatements(settings: Settings) -> list[tuple[str, str, str, Decimal]]:
    told = json.loads((settings.lake.folder / "bills" / "truth.json").read_text(encoding="utf-8"))["restated"]
    return sorted((r["provider"], r["month"], r["currency"], Decimal(r["change"]["billed"])) for r in told)


def restated(settings: Settings) -> list[tuple[str, str, str, Decimal]]:
    """What the ingestion report shows: the closed months that moved, each once."""
    with open_lake(settings.lake) as lake:
        rows = lake.con.execute(figure_sql("ingestion_restatements")).fetchall()
        columns = [column[0] for column in lake.con.description or ()]
    found = [dict(zip(columns, row, strict=True)) for row in rows]
    assert {(row["restatements"], row["is_our_change"]) for row in found} == {(1, False)}
    return sorted(
        (row["x_Provider"], f"{row['x_BillingMonth']:%Y-%m}", row["BillingCurrency"], row["billed_change"])
        for row in found
    )
