"""What do the providers invoice for a closed month? A FOCUS Invoice Detail file each, with an invoice per account.

A line is a service's charges of one category, rounded to the cent as a provider prints it. The amount to pay is the
account's whole cost to the cent; where the printed lines miss it, a line `Rounding` says so.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import polars as pl

from finops_lib.money import minor_unit
from finops_lib.periods import BillingPeriod
from finops_lib.sample.layout import lay_out, write_file

FOLDER = "invoices"
_ISSUED_AFTER, _DUE_AFTER = timedelta(days=2), timedelta(days=32)


def write_invoices(
    folder: Path, charges: pl.DataFrame, *, provider: str, month: BillingPeriod, as_of: date
) -> list[Path]:
    """Write the invoices of one month to `<folder>/invoices/<provider>/`; none while the month is open.

    Args:
        folder: the estate's folder.
        charges: the month's final charges, as they are laid out in files.
    """
    if month.end > as_of:
        return []
    laid_out = lay_out(charges, provider=provider, month=month, invoiced=True)
    issued = datetime.combine(month.end, time(6, tzinfo=UTC)) + _ISSUED_AFTER
    path = folder / FOLDER / provider / f"{month}.{'csv.gz' if provider == 'azure' else 'parquet'}"
    write_file(_lines(laid_out, month, issued.replace(tzinfo=None)), path)
    os.utime(path, (issued.timestamp(), issued.timestamp()))
    return [path]


def _lines(charges: pl.DataFrame, month: BillingPeriod, issued: datetime) -> pl.DataFrame:
    keys = ["BillingAccountId", "BillingCurrency", "InvoiceId", "InvoiceIssuerName"]
    printed = charges.group_by([*keys, "ServiceName", "ChargeCategory"]).agg(pl.col("BilledCost").sum())
    lines: list[dict[str, object]] = []
    for invoice, rows in printed.sort([*keys, "ServiceName", "ChargeCategory"]).group_by(keys, maintain_order=True):
        of_invoice = dict(zip(keys, invoice, strict=True))
        unit = minor_unit(str(of_invoice["BillingCurrency"]))
        entries = [
            (row["ServiceName"], row["ChargeCategory"], _rounded(row["BilledCost"], unit))
            for row in rows.iter_rows(named=True)
        ]
        due = _rounded(sum(rows["BilledCost"].to_list(), Decimal(0)), unit)
        rounding = due - sum((amount for _, _, amount in entries), Decimal(0))
        if rounding:
            entries.append(("Rounding", "Adjustment", rounding))
        for number, (name, category, amount) in enumerate(entries, start=1):
            lines.append(
                of_invoice
                | {
                    "BilledCost": amount,
                    "BillingPeriodStart": datetime.combine(month.start, time()),
                    "BillingPeriodEnd": datetime.combine(month.end, time()),
                    "ChargeCategory": category,
                    "InvoiceDetailCreated": issued,
                    "InvoiceDetailDescription": name,
                    "InvoiceDetailGrain": None if name == "Rounding" else json.dumps({"ServiceName": name}),
                    "InvoiceDetailId": f"{of_invoice['InvoiceId']}-{number}",
                    "InvoiceDetailLastUpdated": issued,
                    "InvoiceIssueDate": issued,
                    "InvoiceIssueStatus": "Issued",
                    "PaymentDueDate": issued + _DUE_AFTER,
                    "PaymentTerms": "Net 32",
                    "ReferenceInvoiceId": of_invoice["InvoiceId"],
                }
            )
    return pl.DataFrame(lines, schema_overrides={"BilledCost": pl.Decimal(28, 2)}, infer_schema_length=None)


def _rounded(amount: Decimal, unit: Decimal) -> Decimal:
    return amount.quantize(unit, rounding=ROUND_HALF_UP)
