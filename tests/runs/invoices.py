"""Invoices of readable lines: a test changes only what it talks about."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

LINE = {
    "BilledCost": "10.00",
    "BillingAccountId": "999999999999",
    "BillingCurrency": "USD",
    "BillingPeriodStart": "2026-05-01T00:00:00Z",
    "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "InvoiceDetailCreated": "2026-06-03T00:00:00Z",
    "InvoiceDetailDescription": "Compute",
    "InvoiceDetailGrain": '{"ServiceName": "Compute"}',
    "InvoiceDetailId": "1",
    "InvoiceDetailLastUpdated": "2026-06-03T00:00:00Z",
    "InvoiceId": "INV-1",
    "InvoiceIssueDate": "2026-06-03T00:00:00Z",
    "InvoiceIssueStatus": "Issued",
    "InvoiceIssuerName": "AWS",
    "PaymentDueDate": "2026-07-03T00:00:00Z",
    "PaymentTerms": "Net 30",
    "ReferenceInvoiceId": "INV-1",
}


def write_invoice(path: Path, lines: Sequence[Mapping[str, str | None]]) -> Path:
    """Write lines, each a change of LINE, to a CSV file; a column that is None is left out."""
    rows = [{**LINE, **line} for line in lines]
    columns = [name for name in LINE if all(row[name] is not None for row in rows)]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path
