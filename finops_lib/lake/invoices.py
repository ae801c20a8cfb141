"""Replace invoices: the lines of those that changed, and a line of `invoice_loads` for each, in one transaction.

Invoices are small, so their lines are inserted inside the transaction, not staged before it as charges are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import duckdb

from finops_lib.focus import INVOICE_COLUMNS
from finops_lib.lake.committed import committed
from finops_lib.lake.create import statement
from finops_lib.quoting import literal


@dataclass(frozen=True, slots=True, order=True)
class InvoiceKey:
    """What a delivery of an invoice replaces as a whole."""

    provider: str
    source: str
    invoice_id: str

    @property
    def where(self) -> str:
        return (
            f"x_Provider = {literal(self.provider)} and x_SourceId = {literal(self.source)} "
            f"and InvoiceId = {literal(self.invoice_id)}"
        )


@dataclass(frozen=True, slots=True)
class HeldInvoice:
    """What the lake holds of an invoice in one month and currency."""

    key: InvoiceKey
    month: date
    currency: str
    load_id: str
    rows: int
    billed: Decimal


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """An invoice that comes: its load's id and its rows of the table `invoice_loads`."""

    key: InvoiceKey
    load_id: str
    loads: tuple[dict[str, object], ...]


def held_invoices(con: duckdb.DuckDBPyConnection, source: str) -> list[HeldInvoice]:
    """Read what the lake holds of the invoices of one source."""
    return [
        HeldInvoice(InvoiceKey(provider, source, invoice_id), *rest)
        for provider, invoice_id, *rest in con.execute(statement("current_invoices"), {"source": source}).fetchall()
    ]


def replace_invoices(
    con: duckdb.DuckDBPyConnection, invoices: Sequence[NewInvoice], *, loaded_at: datetime, run_id: str, message: str
) -> None:
    """Replace some invoices by their lines in the temporary table `invoice_lines`. Call it under the writer lock.

    The connection has the lake attached for writing and has not read from it in a transaction.
    """
    source = invoices[0].key.source
    whens = " ".join(f"when {_mine(new.key)} then {literal(new.load_id)}" for new in invoices)
    names = [column.name for column in INVOICE_COLUMNS]
    columns = ", ".join([*names, "x_Provider", "x_SourceId", "x_BillingMonth", "x_LoadId", "loaded_at"])
    values = f"x_Provider, {literal(source)}, x_BillingMonth, case {whens} end, TIMESTAMP '{loaded_at}'"
    with committed(con, message, run_id=run_id, load_ids=[new.load_id for new in invoices]):
        [[last]] = con.execute("select coalesce(max(load_number), 0) from lake.invoice_loads").fetchall()
        con.execute(f"delete from lake.invoices where {' or '.join(f'({new.key.where})' for new in invoices)}")
        mine = " or ".join(f"({_mine(new.key)})" for new in invoices)
        lines = f"select {', '.join(names)}, {values} from temp.invoice_lines where {mine}"
        con.execute(f"insert into lake.invoices ({columns}) {lines}")
        rows = [
            load | {"load_number": number, "load_id": new.load_id, "loaded_at": loaded_at, "run_id": run_id}
            for number, new in enumerate(invoices, start=int(last) + 1)
            for load in new.loads
        ]
        # One statement, since every insert leaves a file of its own.
        marks = ", ".join(["(" + ", ".join("?" * len(rows[0])) + ")"] * len(rows))
        values_of_rows = [value for row in rows for value in row.values()]
        con.execute(f"insert into lake.invoice_loads ({', '.join(rows[0])}) values {marks}", values_of_rows)


def _mine(key: InvoiceKey) -> str:
    return f"x_Provider = {literal(key.provider)} and InvoiceId = {literal(key.invoice_id)}"
