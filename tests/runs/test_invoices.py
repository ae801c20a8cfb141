"""Invoices: told from charges by their columns, checked whole, replaced one by one."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import RefusedReplacement, ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill, on_every_lake
from tests.runs.invoices import LINE, write_invoice

pytestmark = on_every_lake

WriteInvoice = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> WriteInvoice:
    return lambda name, lines: write_invoice(tmp_path / "bills" / name, lines)


def _ask(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with open_lake(settings.lake) as lake:
        return lake.con.execute(query).fetchall()


def _statuses(settings: Settings, *paths: Path, replace: bool = False) -> list[tuple[str, str, str]]:
    return [(r.dataset, r.billing_month, r.status) for r in ingest(settings, paths, source="aws", replace=replace)]


def test_an_invoice_is_loaded_line_by_line_with_exact_money(settings: Settings, write: WriteInvoice) -> None:
    path = write("invoice.csv", [{"BilledCost": "10.05"}, {"BilledCost": "-0.000000000001", "InvoiceDetailId": "2"}])
    [report] = ingest(settings, [path], source="aws")
    assert (report.dataset, report.provider, report.billing_month) == ("invoices", "aws", "2026-05")
    # 10.05 - 0.000000000001
    assert (report.status, report.rows_loaded, report.billed_loaded) == ("loaded", 2, Decimal("10.049999999999"))
    columns = "InvoiceId, BilledCost, x_SourceId, x_BillingMonth::varchar, InvoiceIssueStatus"
    rows = _ask(settings, f"select {columns} from invoices order by 2")
    assert rows == [
        ("INV-1", Decimal("-0.000000000001"), "aws", "2026-05-01", "Issued"),
        ("INV-1", Decimal("10.05"), "aws", "2026-05-01", "Issued"),
    ]  # fmt: skip


def test_the_same_file_again_is_unchanged(settings: Settings, write: WriteInvoice) -> None:
    path = write("invoice.csv", [{}])
    assert _statuses(settings, path) == [("invoices", "2026-05", "loaded")]
    assert _statuses(settings, path) == [("invoices", "2026-05", "unchanged")]
    assert _ask(settings, "select count(*) from invoice_loads") == [(1,)]


def test_a_new_delivery_replaces_its_invoice_and_no_other(settings: Settings, write: WriteInvoice) -> None:
    _statuses(settings, write("a.csv", [{}, {"InvoiceId": "INV-2", "BilledCost": "7"}]))
    [report] = ingest(settings, [write("b.csv", [{"BilledCost": "12"}])], source="aws")
    assert (report.status, report.billed_before, report.message) == ("loaded", Decimal(10), "invoices: 1 replaced")
    assert _ask(settings, "select InvoiceId, BilledCost from invoices order by 1") == [
        ("INV-1", Decimal(12)),
        ("INV-2", Decimal(7)),
    ]


def test_charges_and_invoices_of_one_folder_load_together(
    settings: Settings, write: WriteInvoice, write_bill: WriteBill
) -> None:
    folder = write("invoice.csv", [{}]).parent
    write_bill("charges.csv", [{}])
    assert _statuses(settings, folder) == [("cost", "2026-05", "loaded"), ("invoices", "2026-05", "loaded")]
    assert _statuses(settings, folder) == [("cost", "2026-05", "unchanged"), ("invoices", "2026-05", "unchanged")]
    # The charges are the same delivery, with or without the invoice beside them.
    assert _statuses(settings, folder / "charges.csv") == [("cost", "2026-05", "unchanged")]


def test_a_wrong_invoice_refuses_the_charges_beside_it(
    settings: Settings, write: WriteInvoice, write_bill: WriteBill
) -> None:
    folder = write("invoice.csv", [{}, {"BilledCost": "1,5"}, {"InvoiceIssueStatus": "Paid", "InvoiceId": ""}]).parent
    write_bill("charges.csv", [{}])
    with pytest.raises(DataError) as caught:
        ingest(settings, [folder], source="aws")
    assert caught.value.problems == [  # type: ignore[attr-defined]
        "invoice.csv row 2: BilledCost '1,5' is not an amount of money",
        "invoice.csv row 3: InvoiceIssueStatus 'Paid' is not one of Open, Issued, Voided",
        "invoice.csv row 3: InvoiceId empty is needed to know whose invoice this is",
    ]
    assert "2 rows cannot be loaded, so nothing was" in str(caught.value)
    assert not _is_there(settings)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"BilledCost": ""}, "BilledCost empty is not an amount of money"),
        ({"BilledCost": "NaN"}, "BilledCost 'NaN' is not an amount of money"),
        ({"BillingCurrency": "usd"}, "BillingCurrency 'usd' is not a currency code"),
        ({"BillingPeriodEnd": "2026-05-01"}, "BillingPeriodEnd '2026-05-01' is not after BillingPeriodStart"),
        ({"ChargeCategory": "Fee"}, "ChargeCategory 'Fee' is not one of Usage, Purchase, Tax, Credit, Adjustment"),
        ({"PaymentDueDate": "soon"}, "PaymentDueDate 'soon' is not a time (like 2026-05-01T00:00:00Z)"),
    ],
)
def test_a_line_that_is_not_what_it_should_be_is_refused(
    settings: Settings, write: WriteInvoice, change: Mapping[str, str], words: str
) -> None:
    with pytest.raises(DataError) as caught:
        ingest(settings, [write("invoice.csv", [change])], source="aws")
    assert f"invoice.csv row 1: {words}" in str(caught.value)


def test_a_file_without_a_needed_column_is_refused(settings: Settings, write: WriteInvoice) -> None:
    with pytest.raises(DataError, match="the column InvoiceIssueStatus is missing"):
        ingest(settings, [write("invoice.csv", [{"InvoiceIssueStatus": None}])], source="aws")


def test_losing_more_than_half_of_an_invoice_needs_a_word(settings: Settings, write: WriteInvoice) -> None:
    _statuses(settings, write("a.csv", [{"BilledCost": "100"}]))
    less = write("b.csv", [{"BilledCost": "49"}])
    with pytest.raises(RefusedReplacement, match="INV-1 of aws would shrink from 100 to 49 USD billed") as caught:
        ingest(settings, [less], source="aws")
    assert [report.status for report in caught.value.reports] == ["rejected"]
    assert _ask(settings, "select BilledCost from invoices") == [(Decimal(100),)]
    assert _statuses(settings, less, replace=True) == [("invoices", "2026-05", "loaded")]


def test_a_dry_run_loads_nothing(settings: Settings, write: WriteInvoice) -> None:
    [report] = ingest(settings, [write("invoice.csv", [{}])], source="aws", dry_run=True)
    assert report.message == "dry run, nothing loaded; would be: invoices: 1 new"
    assert not _is_there(settings)


@pytest.mark.parametrize("kind", ["csv.gz", "parquet"])
def test_other_ways_to_write_a_file_hold_the_same(settings: Settings, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"invoice.{kind}"
    if kind == "parquet":
        frame = pl.DataFrame([{**LINE, "BilledCost": Decimal("10.05")}])
        frame.with_columns(pl.col("^Billing.*(Start|End)$").str.to_datetime(time_zone="UTC")).write_parquet(path)
    else:
        with gzip.open(path, "wt", newline="", encoding="utf-8") as stream:
            _csv(stream, [{**LINE, "BilledCost": "10.05"}])
    assert _statuses(settings, path) == [("invoices", "2026-05", "loaded")]
    assert _ask(settings, "select BilledCost, BillingPeriodStart::varchar from invoices") == [
        (Decimal("10.05"), "2026-05-01 00:00:00")
    ]


def _csv(stream: object, rows: Sequence[Mapping[str, str]]) -> None:
    writer = csv.DictWriter(stream, list(rows[0]))  # type: ignore[arg-type]
    writer.writeheader()
    writer.writerows(rows)


def _is_there(settings: Settings) -> bool:
    return is_there(settings.lake)
