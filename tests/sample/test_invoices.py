"""The sample's invoices: one per billing account and closed month, equal to its charges to the cent."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample import write_estate
from finops_lib.sample.invoices import _lines

MAY = BillingPeriod(2026, 5)
AS_OF = date(2026, 3, 17)
ISSUED = datetime(2026, 6, 3, 6)  # noqa: DTZ001 - files of charges and invoices carry UTC without a zone


def _charges(*costs: tuple[str, str, str]) -> pl.DataFrame:
    rows = [
        {
            "BillingAccountId": account,
            "BillingCurrency": "USD",
            "InvoiceId": f"INV-{account}",
            "InvoiceIssuerName": "AWS",
            "ServiceName": service,
            "ChargeCategory": "Usage",
            "BilledCost": Decimal(cost),
        }
        for account, service, cost in costs
    ]
    return pl.DataFrame(rows, schema_overrides={"BilledCost": pl.Decimal(28, 12)})


def test_lines_are_rounded_to_the_cent_and_a_rounding_line_brings_them_to_the_total() -> None:
    lines = _lines(_charges(("1", "A", "1.114"), ("1", "B", "1.114"), ("2", "A", "5")), MAY, ISSUED)
    told = [(row["InvoiceId"], row["InvoiceDetailDescription"], row["BilledCost"]) for row in lines.to_dicts()]
    # 1.11 + 1.11 = 2.22, but 2.228 is 2.23 to the cent
    assert told == [
        ("INV-1", "A", Decimal("1.11")),
        ("INV-1", "B", Decimal("1.11")),
        ("INV-1", "Rounding", Decimal("0.01")),
        ("INV-2", "A", Decimal("5.00")),
    ]


def test_every_closed_month_has_its_invoices_and_the_open_one_none(tmp_path: Path) -> None:
    estate = write_estate(tmp_path, as_of=AS_OF, rows=10_000)
    folder = estate.folder / "invoices"
    assert not list(folder.rglob("2026-03*"))
    assert sum(path.is_file() for path in folder.rglob("*")) == 12 * 3
