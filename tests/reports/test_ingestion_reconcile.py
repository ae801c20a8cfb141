"""The section that follows the money to the invoice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from finops_lib.reports import ingestion
from finops_lib.reports.ingestion_reconcile import NOTHING, failures, reconcile_table, reconciled_result
from tests.reports.test_ingestion import ONE, Load, Verdict, plain


@dataclass(frozen=True)
class Step:
    provider: str = "aws"
    source: str = "aws-payer"
    billing_month: str = "2026-05"
    currency: str = "USD"
    step: str = "loaded"
    measure: str = "billed"
    item: str = "cost"
    expected: Decimal | int | None = Decimal("22.50")
    actual: Decimal | int | None = Decimal("22.50")
    residual: Decimal | int | None = Decimal(0)
    ok: bool = True
    explanation: str = ""
    words: str = "aws aws-payer 2026-05: invoice, INV-1: -0.01 USD billed"


LOADED = Step()
MART = replace(LOADED, step="marts", item="daily_cost")
INVOICE = replace(LOADED, step="invoice", item="INV-1")
WRONG = replace(INVOICE, expected=Decimal("22.51"), residual=Decimal("-0.01"), ok=False)


def test_an_empty_lake_has_a_sentence() -> None:
    assert reconcile_table([]).text() == NOTHING


def test_a_month_shows_each_step_and_a_residual_of_zero() -> None:
    text = plain(reconcile_table([LOADED, MART, INVOICE]).text())
    assert "1 month and currency, and every step holds what the one before held; 1 invoice equal to the cent" in text
    assert text.count("22.50 USD") == 4
    assert "adds up" in text


def test_a_month_without_an_invoice_adds_up_so_far_and_shows_no_amount_for_it() -> None:
    missing = replace(INVOICE, expected=None, residual=None, explanation="not invoiced yet: not compared")
    text = plain(reconcile_table([LOADED, MART, missing]).text())
    assert "no invoice was delivered to compare" in text
    assert "adds up so far" in text
    assert "not invoiced yet: not compared" in text
    assert text.count("22.50 USD") == 3


def test_what_does_not_add_up_is_said_in_title_answer_actions_and_result() -> None:
    steps = [LOADED, MART, WRONG]
    text = plain(reconcile_table(steps).text())
    assert "1 of 1 month and currency does not add up" in text
    assert "invoice, INV-1, billed: -0.01" in text.replace("\u2212", "-")
    said = ingestion.ingestion_answer(Load(), ONE, [Verdict()], steps).text()
    assert "No. aws-payer 2026-05: not every step adds up, so this page is not sent to its readers." in said
    assert failures(steps) == [WRONG]
    assert reconciled_result(steps) == {"compared": 3, "failed": [WRONG.words]}


def test_the_month_that_does_not_add_up_comes_first() -> None:
    newer = replace(LOADED, billing_month="2026-06")
    text = reconcile_table([LOADED, WRONG, newer]).text()
    assert text.index("2026-05") < text.index("2026-06")


def test_a_source_of_two_providers_is_told_apart() -> None:
    other = replace(LOADED, provider="gcp")
    assert "aws-payer (Google Cloud)" in plain(reconcile_table([LOADED, other]).text())
    assert "(AWS)" not in reconcile_table([LOADED]).text()
