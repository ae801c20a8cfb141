"""Load invoices: read and check all lines, compare with what the lake holds, replace what changed in one commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import duckdb

from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.invoices import HeldInvoice, InvoiceKey, NewInvoice, held_invoices, replace_invoices
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import attach, connect, detach, equip
from finops_lib.runs.clock import now
from finops_lib.runs.slice_report import LOSS_LIMIT, RefusedReplacement, SliceReport, as_dry_run, as_rejected
from finops_lib.settings import Settings
from finops_lib.sources.files import BillingFile
from finops_lib.sources.invoices import MAPPING_VERSION, Invoice, read_invoice_lines


@contextmanager
def read_invoices(
    settings: Settings,
    files: Sequence[BillingFile],
    *,
    source: str,
    replace: bool,
    origin: Callable[[Path], str] = str,
) -> Iterator[InvoiceDelivery]:
    """Read and check the invoices of a delivery, so that nothing of it is loaded when one of them is wrong.

    Args:
        origin: says where a file came from, for the record.
    Raises:
        DataError: a file or line is wrong, or an invoice would lose too much (RefusedReplacement).
    """
    if not files:
        yield InvoiceDelivery(settings, None, (), (), source, replace, origin)
        return
    con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
    try:
        equip(con, settings.lake)
        invoices = read_invoice_lines(con, files)
        delivery = InvoiceDelivery(settings, con, tuple(files), tuple(invoices), source, replace, origin)
        delivery.plan(delivery.held())
        yield delivery
    finally:
        con.close()


@dataclass(frozen=True, slots=True)
class _Plan:
    reports: list[SliceReport]
    changed: list[NewInvoice]


@dataclass(frozen=True, slots=True)
class InvoiceDelivery:
    """The invoices of one delivery; their lines are in `invoice_lines` of the connection. None = there are none."""

    settings: Settings
    con: duckdb.DuckDBPyConnection | None
    files: tuple[BillingFile, ...]
    invoices: tuple[Invoice, ...]
    source: str
    replace: bool
    origin: Callable[[Path], str]

    def load(self, *, dry_run: bool, run_id: str) -> list[SliceReport]:
        """Replace the invoices that changed; give a report per provider, month and currency.

        Raises:
            LockError: another writer was busy for 300 s.
        """
        if self.con is None or not self.invoices:
            return []
        plan = self.plan(self.held())
        if dry_run:
            return [as_dry_run(report) for report in plan.reports]
        if not plan.changed:
            return plan.reports
        place = self.settings.lake
        ensure_lake(place)
        with writer_lock(place, purpose=f"ingest invoices of {self.source}"):
            attach(self.con, place, read_only=False)
            try:
                # Somebody else may have loaded the same invoices since we looked.
                plan = self.plan(held_invoices(self.con, self.source))
                if plan.changed:
                    names = ", ".join(new.key.invoice_id for new in plan.changed)
                    message = f"load invoices of {self.source}: {names}"[:500]
                    loaded_at = now().replace(tzinfo=None)
                    replace_invoices(self.con, plan.changed, loaded_at=loaded_at, run_id=run_id, message=message)
            finally:
                detach(self.con)
        return plan.reports

    def held(self) -> list[HeldInvoice]:
        """Read what the lake holds of the source's invoices."""
        if self.con is None or not is_there(self.settings.lake):
            return []
        ensure_lake(self.settings.lake)
        attach(self.con, self.settings.lake, read_only=True)
        try:
            return held_invoices(self.con, self.source)
        finally:
            detach(self.con)

    def plan(self, held: Sequence[HeldInvoice]) -> _Plan:
        """Say for each invoice whether it changes, and refuse a loss that nobody announced."""
        by_key: dict[InvoiceKey, list[HeldInvoice]] = {}
        for part in held:
            by_key.setdefault(part.key, []).append(part)
        changed: list[NewInvoice] = []
        news: list[_News] = []
        losses: list[str] = []
        for key, parts in groupby(self.invoices, key=lambda part: (part.provider, part.invoice_id)):
            invoice = InvoiceKey(key[0], self.source, key[1])
            of_invoice = list(parts)
            positions = sorted({position for came in of_invoice for position in came.files})
            load_id = _fingerprint([self.files[position] for position in positions])
            old = by_key.get(invoice, [])
            is_same = bool(old) and old[0].load_id == load_id
            if not is_same:
                losses += [] if self.replace else _losses(invoice, of_invoice, old)
                changed.append(NewInvoice(invoice, load_id, tuple(self._row(came) for came in of_invoice)))
            before: dict[tuple[object, str], Decimal] = {(had.month, had.currency): had.billed for had in old}
            news += [_News(came, load_id, is_same, bool(old), before) for came in of_invoice]
        reports = [_report(self.source, of_slice) for of_slice in _by_slice(news)]
        if losses:
            refused = RefusedReplacement(losses[0], next_step="check the invoice; if the loss is right, add --replace")
            refused.reports = [as_rejected(report, losses[0]) for report in reports]
            raise refused
        return _Plan(reports, changed)

    def _row(self, part: Invoice) -> dict[str, object]:
        files = [self.files[position] for position in part.files]
        described = [{"path": self.origin(file.path), "bytes": file.bytes, "sha256": file.sha256} for file in files]
        return {
            "x_Provider": part.provider,
            "x_SourceId": self.source,
            "x_BillingMonth": part.month,
            "BillingCurrency": part.currency,
            "InvoiceId": part.invoice_id,
            "rows_loaded": part.rows,
            "billed_loaded": part.billed,
            "source_files": json.dumps(described),
            "delivered_at": max(file.modified for file in files),
        }


@dataclass(frozen=True, slots=True)
class _News:
    """One invoice in one month and currency, against what the lake held of it."""

    part: Invoice
    load_id: str
    is_same: bool
    is_known: bool
    before: dict[tuple[object, str], Decimal]

    @property
    def billed_before(self) -> Decimal:
        return self.before.get((self.part.month, self.part.currency), Decimal(0))


def _fingerprint(files: Sequence[BillingFile]) -> str:
    """Give the identity of an invoice that came in these files; their names and times do not count."""
    hashes = sorted(file.sha256 for file in files)
    return hashlib.sha256("".join([MAPPING_VERSION, *hashes]).encode()).hexdigest()[:32]


def _losses(key: InvoiceKey, new: Sequence[Invoice], old: Sequence[HeldInvoice]) -> list[str]:
    becomes: dict[str, Decimal] = {}
    for part in new:
        becomes[part.currency] = becomes.get(part.currency, Decimal(0)) + part.billed
    was: dict[str, Decimal] = {}
    for held in old:
        was[held.currency] = was.get(held.currency, Decimal(0)) + held.billed
    return [
        f"invoice {key.invoice_id} of {key.source} would shrink from {amount.normalize():f} to "
        f"{becomes.get(currency, Decimal(0)).normalize():f} {currency} billed"
        for currency, amount in was.items()
        if abs(becomes.get(currency, Decimal(0))) < abs(amount) * LOSS_LIMIT
    ]


def _by_slice(news: Sequence[_News]) -> Iterator[list[_News]]:
    def slice_of(new: _News) -> tuple[str, object, str]:
        return new.part.provider, new.part.month, new.part.currency

    for _, of_slice in groupby(sorted(news, key=slice_of), key=slice_of):
        yield list(of_slice)


def _report(source: str, news: Sequence[_News]) -> SliceReport:
    first = news[0].part
    is_same = all(new.is_same for new in news)
    rows = sum(new.part.rows for new in news)
    billed = sum((new.part.billed for new in news), Decimal(0))
    known = [new for new in news if new.is_known]
    fresh = len(news) - len(known)
    changed = sum(new.is_known and not new.is_same for new in news)
    counts = ((fresh, "new"), (changed, "replaced"), (len(news) - fresh - changed, "unchanged"))
    words = ", ".join(f"{count} {word}" for count, word in counts if count)
    return SliceReport(
        provider=first.provider,
        source=source,
        billing_month=f"{first.month:%Y-%m}",
        currency=first.currency,
        status="unchanged" if is_same else "loaded",
        rows_in=rows,
        rows_loaded=rows,
        billed_in=billed,
        billed_loaded=billed,
        effective_in=Decimal(0),
        effective_loaded=Decimal(0),
        rounding_drift=Decimal(0),
        billed_before=sum((new.billed_before for new in known), Decimal(0)) if known else None,
        load_id=news[0].load_id,
        message="the lake holds exactly this already" if is_same else f"invoices: {words}",
        dataset="invoices",
    )
