"""`finops reconcile`: what was planted is found with its residual; the runs it concerns are held back, no others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.runs.held import held_back
from finops_lib.runs.ingest import ingest
from finops_lib.runs.reconcile import reconcile
from finops_lib.runs.residuals import Reconciled
from finops_lib.settings import Settings
from finops_lib.state.open import State, open_state
from finops_lib.state.runs import RunRecord, get_run, start_run
from tests.conftest import MadeOnce, WriteBill, on_every_lake
from tests.runs.invoices import write_invoice

pytestmark = on_every_lake

JUNE = {
    "BillingPeriodStart": "2026-06-01T00:00:00Z",
    "BillingPeriodEnd": "2026-07-01T00:00:00Z",
    "ChargePeriodStart": "2026-06-02T00:00:00Z",
    "ChargePeriodEnd": "2026-06-03T00:00:00Z",
}
STARTED = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture
def lake(settings: Settings, write_bill: WriteBill, made_once: MadeOnce) -> Settings:
    """May: two charges of 10.00 on INV-1 and one of 2.50; June: one of 10.00 without an invoice."""
    may = [{"InvoiceId": "INV-1"}, {"InvoiceId": "INV-1", "ResourceId": "i-2"}]
    may += [{"InvoiceId": "INV-1", "ResourceId": "i-3", "BilledCost": "2.50"}]
    june = write_bill("june.csv", [{"InvoiceId": "", **JUNE}])
    made_once("reconcile", lambda: load(settings, write_bill("may.csv", may), june))
    return settings


@pytest.fixture
def state(settings: Settings) -> Iterator[State]:
    state = open_state(settings.state_url)
    yield state
    state.close()


def load(settings: Settings, *paths: Path) -> int:
    ingest(settings, paths, source="aws", replace=True)
    build(settings.lake)
    return newest_snapshot(settings.lake)


def change(settings: Settings, sql: str) -> int:
    """Change the lake behind the loads' back."""
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute(sql)
    return newest_snapshot(settings.lake)


def enter(state: State, name: str, snapshot: int, **changes: object) -> RunRecord:
    """Enter a run that succeeded at a snapshot."""
    number = int(snapshot)
    run = RunRecord(
        run_id=f"run-{name}",
        notebook="overview",
        status="SUCCEEDED",
        parameters={},
        started_at=STARTED + timedelta(minutes=number),
        trigger="test",
        host="elsewhere",
        pid=1,
        pid_started=0.0,
        heartbeat_at=STARTED,
        snapshot=snapshot,
    )
    run = replace(run, **changes)  # type: ignore[arg-type]
    start_run(state, run)
    return run


def wrong(settings: Settings, month: str = "") -> list[tuple[str, str, str, object]]:
    rows = [row for row in reconcile(settings, month=month) if not row.ok]
    return [(row.billing_month, row.step, f"{row.item} {row.measure}", row.residual) for row in rows]


def step(settings: Settings, name: str, measure: str = "billed", month: str = "2026-05") -> Reconciled:
    [row] = [row for row in reconcile(settings, month=month) if (row.step, row.measure) == (name, measure)]
    return row


def test_nothing_loaded_gives_nothing(settings: Settings) -> None:
    assert reconcile(settings) == []


def test_a_month_that_is_none_is_refused(settings: Settings) -> None:
    with pytest.raises(ConfigError, match="--month '2026-13' is not a month"):
        reconcile(settings, month="2026-13")


def test_every_step_of_a_right_lake_is_zero_or_says_why(lake: Settings) -> None:
    rows = reconcile(lake)
    assert all(row.residual == 0 or row.explanation for row in rows)
    assert all(row.ok for row in rows)
    billed = step(lake, "loaded")
    # 10.00 + 10.00 + 2.50
    assert (billed.expected, billed.actual, billed.residual) == (Decimal("22.5"), Decimal("22.5"), 0)
    assert {row.billing_month for row in reconcile(lake, month="2026-06")} == {"2026-06"}
    invoice = step(lake, "invoice")
    assert (invoice.item, invoice.residual, invoice.explanation) == (
        "INV-1",
        None,
        "no invoice detail delivered: not compared",
    )
    assert step(lake, "invoice", month="2026-06").explanation == "not invoiced yet: not compared"


def test_rounding_to_twelve_decimals_explains_its_drift_and_no_more(settings: Settings, write_bill: WriteBill) -> None:
    load(settings, write_bill("a.csv", [{"BilledCost": "1.0000000000004"}]))
    billed = step(settings, "loaded")
    # 1.000000000000 - 1.0000000000004
    assert (billed.residual, billed.explanation, billed.ok) == (
        Decimal("-4E-13"),
        "rounded to 12 decimals: drift +0.0000000000004",
        True,
    )
    change(settings, "update lake.loads set billed_in = 1.5, rounding_drift = 0.5")
    assert wrong(settings) == [("2026-05", "loaded", "cost billed", Decimal("-0.5"))]


def test_rows_that_a_manifest_names_are_held_against_the_files(lake: Settings) -> None:
    change(lake, "alter table lake.loads add column if not exists rows_stated BIGINT")
    change(lake, "update lake.loads set rows_stated = rows_in")
    assert step(lake, "rows stated", "rows").residual == 0
    change(lake, "update lake.loads set rows_stated = 4 where x_BillingMonth = DATE '2026-05-01'")
    # Three rows came, four were announced.
    assert wrong(lake) == [("2026-05", "rows stated", "files rows", -1)]


def test_a_lost_charge_is_found_and_holds_back_the_runs_that_read_it(lake: Settings, state: State) -> None:
    before = enter(state, "before", newest_snapshot(lake.lake))
    lost = change(lake, "delete from lake.cost where ResourceId = 'i-3'")
    after = enter(state, "after", lost)
    failed = enter(state, "failed", lost, status="FAILED")
    # One charge of 2.50 billed and 8.00 effective; the marts still hold it, so they are off the other way.
    assert wrong(lake) == [
        ("2026-05", "loaded", "cost rows", -1),
        ("2026-05", "loaded", "cost billed", Decimal("-2.5")),
        ("2026-05", "loaded", "cost effective", Decimal(-8)),
        ("2026-05", "marts", "daily_cost rows", 1),
        ("2026-05", "marts", "daily_cost billed", Decimal("2.5")),
        ("2026-05", "marts", "daily_cost effective", Decimal(8)),
        ("2026-05", "marts", "monthly_cost rows", 1),
        ("2026-05", "marts", "monthly_cost billed", Decimal("2.5")),
        ("2026-05", "marts", "monthly_cost effective", Decimal(8)),
    ]
    reason = held_back(get_run(state, after.run_id))
    assert "aws aws 2026-05: loaded, cost: -2.5 USD billed" in reason
    assert held_back(get_run(state, before.run_id)) == ""
    assert get_run(state, failed.run_id).reconcile_failed is None


def test_a_run_stays_held_after_the_slice_was_loaded_again(lake: Settings, state: State, write_bill: WriteBill) -> None:
    spoilt = enter(state, "spoilt", change(lake, "delete from lake.cost where ResourceId = 'i-3'"))
    assert wrong(lake)
    again = load(lake, write_bill("may.csv", [{"InvoiceId": "INV-1", "BilledCost": "30"}]))
    fresh = enter(state, "fresh", again)
    assert wrong(lake) == []
    # What it read is still wrong, whatever the lake holds now.
    assert held_back(get_run(state, spoilt.run_id)) != ""
    assert held_back(get_run(state, fresh.run_id)) == ""


def test_a_changed_mart_row_is_found_in_its_mart(lake: Settings, state: State) -> None:
    sql = "update lake.daily_cost set effective_cost = effective_cost + 0.01 where x_BillingMonth = DATE '2026-06-01'"
    run = enter(state, "reader", change(lake, sql))
    assert wrong(lake) == [("2026-06", "marts", "daily_cost effective", Decimal("0.01"))]
    assert wrong(lake, month="2026-05") == []
    assert "2026-06: marts, daily_cost: +0.01 USD effective" in held_back(get_run(state, run.run_id))


def test_marts_of_an_older_load_are_restated_not_wrong(lake: Settings, write_bill: WriteBill) -> None:
    ingest(lake, [write_bill("june.csv", [{"BilledCost": "11.5", **JUNE}])], source="aws")
    [mart] = [row for row in reconcile(lake) if (row.item, row.measure, row.residual) == ("daily_cost", "billed", -1.5)]
    assert (mart.ok, mart.explanation) == (
        True,
        "restated since: the marts are of an older load; run: finops build",
    )


def test_an_invoice_equal_to_its_charges_is_zero(lake: Settings, tmp_path: Path) -> None:
    load(
        lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "20"}, {"BilledCost": "2.5", "ChargeCategory": "Tax"}])
    )
    invoice = step(lake, "invoice")
    assert (invoice.expected, invoice.actual, invoice.residual, invoice.explanation) == (22.5, 22.5, 0, "")


def test_an_invoice_off_by_a_cent_holds_back_until_it_is_corrected(
    lake: Settings, state: State, tmp_path: Path
) -> None:
    run = enter(state, "reader", newest_snapshot(lake.lake))
    load(lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "22.51"}]))
    # 22.50 charged against 22.51 on the invoice
    assert wrong(lake) == [("2026-05", "invoice", "INV-1 billed", Decimal("-0.01"))]
    assert "2026-05: invoice, INV-1: -0.01 USD billed" in held_back(get_run(state, run.run_id))
    load(lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "22.50"}]))
    assert wrong(lake) == []
    assert held_back(get_run(state, run.run_id)) == ""


def test_an_invoice_that_is_not_final_is_not_compared(lake: Settings, tmp_path: Path) -> None:
    load(lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "99", "InvoiceIssueStatus": "Open"}]))
    invoice = step(lake, "invoice")
    assert (invoice.ok, invoice.explanation) == (True, "invoice not final yet: not compared")
    load(lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "99", "InvoiceIssueStatus": "voided"}]))
    assert step(lake, "invoice").explanation == "invoice voided: not compared"


def test_an_invoice_nobody_was_charged_for_is_wrong(lake: Settings, tmp_path: Path) -> None:
    load(lake, write_invoice(tmp_path / "i.csv", [{"BilledCost": "22.5"}, {"InvoiceId": "INV-9", "BilledCost": "4"}]))
    assert wrong(lake) == [("2026-05", "invoice", "INV-9 billed", Decimal(-4))]


@pytest.mark.parametrize(
    ("lines", "ok", "explanation"),
    [
        # 3 x 1.111 = 3.333, which is 3.33 to the cent
        ([("3.33", "Compute")], True, "the invoice is rounded to 0.01: -0.003"),
        ([("3.34", "Compute")], False, ""),
        ([("3.333", "Compute"), ("-0.003", "Rounding")], True, "rounding line of the invoice: -0.003"),
        # One line may be rounded by half a cent; a whole cent is not rounding.
        ([("3.333", "Compute"), ("0.01", "Rounding")], False, ""),
        ([("3.343", "Compute"), ("-0.003", "Rounding")], False, ""),
    ],
)
def test_rounding_to_the_minor_unit_is_explained_within_its_limit(
    settings: Settings,
    write_bill: WriteBill,
    tmp_path: Path,
    lines: list[tuple[str, str]],
    ok: bool,
    explanation: str,
) -> None:
    charges = [{"InvoiceId": "INV-1", "BilledCost": "1.111", "ResourceId": f"i-{n}"} for n in range(3)]
    given = [
        {
            "BilledCost": cost,
            "InvoiceDetailDescription": words,
            "ChargeCategory": "Adjustment" if words == "Rounding" else "Usage",
        }
        for cost, words in lines
    ]
    load(settings, write_bill("a.csv", charges), write_invoice(tmp_path / "i.csv", given))
    invoice = step(settings, "invoice")
    assert (invoice.ok, invoice.explanation) == (ok, explanation)


def _state_month(settings: Settings, run: RunRecord, cost: str) -> None:
    folder = settings.outputs / "overview" / run.run_id
    folder.mkdir(parents=True)
    result = {"as_of": "2026-05-31", "currency": "USD", "provider": "", "month_cost": cost}
    (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")


def _reporting(settings: Settings, state: State, name: str, cost: str) -> RunRecord:
    report = f"overview/run-{name}/report.html"
    run = enter(state, name, newest_snapshot(settings.lake), report=report, as_of="2026-05-31")
    _state_month(settings, run, cost)
    return run


def test_a_report_is_held_against_the_marts_and_a_later_load_explains(
    lake: Settings, state: State, write_bill: WriteBill
) -> None:
    # Three charges of 8.00 effective in May
    _reporting(lake, state, "report", "24")
    report = step(lake, "reports", "effective")
    assert (report.provider, report.source, report.expected, report.residual) == ("all", "all", 24, 0)
    load(lake, write_bill("may.csv", [{"InvoiceId": "INV-1", "EffectiveCost": "25.5"}]))
    report = step(lake, "reports", "effective")
    assert (report.residual, report.ok, report.explanation) == (Decimal("-1.5"), True, "restated since: +1.5")


def test_a_report_that_states_what_its_snapshot_never_held_is_held_back(lake: Settings, state: State) -> None:
    right = enter(state, "right", newest_snapshot(lake.lake))
    run = _reporting(lake, state, "report", "24.01")
    assert wrong(lake) == [("2026-05", "reports", "run-report effective", Decimal("0.01"))]
    assert "reports, run-report: +0.01 USD effective" in held_back(get_run(state, run.run_id))
    assert held_back(get_run(state, right.run_id)) == ""


def test_a_mark_is_told_in_run_json_and_on_the_card(lake: Settings, state: State) -> None:
    lost = change(lake, "delete from lake.cost where ResourceId = 'i-3'")
    run = enter(state, "reader", lost, report="overview/run-reader/report.html")
    folder = lake.outputs / "overview" / run.run_id
    folder.mkdir(parents=True)
    assert wrong(lake)
    told = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    assert "loaded, cost: -1 rows" in told["reconcile_failed"]
    assert "held back" in (lake.outputs / "index.html").read_text(encoding="utf-8")
