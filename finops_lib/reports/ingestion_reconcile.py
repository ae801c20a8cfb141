"""The ingestion page's last question: does each month add up, from the provider's total to the invoice?"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.reports import format as say
from finops_lib.reports.page import Element
from finops_lib.reports.tables import Column, table

NOTHING = "Nothing to compare yet: the lake holds no charges."


class Step(Protocol):
    """One step of one slice against the step before it (`runs.residuals.Reconciled`)."""

    @property
    def provider(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def billing_month(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def step(self) -> str: ...
    @property
    def measure(self) -> str: ...
    @property
    def item(self) -> str: ...
    @property
    def expected(self) -> Decimal | int | None: ...
    @property
    def actual(self) -> Decimal | int | None: ...
    @property
    def residual(self) -> Decimal | int | None: ...
    @property
    def ok(self) -> bool: ...
    @property
    def explanation(self) -> str: ...
    @property
    def words(self) -> str: ...


def failures(steps: Sequence[Step]) -> list[Step]:
    """Give the steps whose residual nothing explains."""
    return [step for step in steps if not step.ok]


def reconcile_table(steps: Sequence[Step]) -> Element:
    """Show for each month what was stated, loaded, put in the marts and invoiced, and what nothing explains."""
    months: dict[tuple[str, str, str, str], list[Step]] = {}
    for step in steps:
        if step.step != "rows stated":
            key = (step.billing_month, step.source, step.provider, step.currency)
            months.setdefault(key, []).append(step)
    providers = {(source, provider) for _, source, provider, _ in months}
    shared = {source for source, _ in providers if sum(name == source for name, _ in providers) > 1}
    rows = [
        _row(key, of_month, is_alone=key[1] not in shared)
        for key, of_month in sorted(months.items(), key=_worst_then_newest)
    ]
    text = ("month", "source", "currency", "status", "word", "why")
    amounts = ("stated", "loaded", "marts", "invoice", "residual")
    schema: dict[str, Any] = {**dict.fromkeys(text, pl.String), **dict.fromkeys(amounts, pl.Decimal(38, 18))}
    columns = {
        "month": Column("Billing month"),
        "source": Column("Source"),
        "status": Column("", "status", word_from="word"),
        "stated": Column("Stated", "money", "cent", currency_from="currency"),
        "loaded": Column("In the lake", "money", "cent", currency_from="currency"),
        "marts": Column("In the marts", "money", "cent", currency_from="currency"),
        "invoice": Column("On the invoice", "money", "cent", currency_from="currency"),
        "residual": Column("Residual", "change", "headline", currency_from="currency"),
        "why": Column("Because"),
    }
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=_finding(steps, len(rows)),
        source="loads, cost, daily_cost, monthly_cost, invoices; billed cost; residual = what no cause explains",
        empty=NOTHING,
    )


def reconciled_result(steps: Sequence[Step]) -> dict[str, object]:
    """Give the numbers for `result.json`."""
    return {"compared": len(steps), "failed": [step.words for step in failures(steps)]}


def _worst_then_newest(
    entry: tuple[tuple[str, str, str, str], list[Step]],
) -> tuple[bool, int, str, str, str]:
    (month, source, provider, currency), steps = entry
    return not failures(steps), -int(month.replace("-", "")), source, provider, currency


def _row(key: tuple[str, str, str, str], steps: Sequence[Step], *, is_alone: bool) -> dict[str, object]:
    month, source, provider, currency = key
    wrong = failures(steps)
    loaded = _one(steps, "loaded", "cost")
    mart = _one(steps, "marts", "daily_cost")
    invoices = [step for step in steps if step.step == "invoice"]
    amounts = [step.expected for step in invoices if step.expected is not None]
    off = [Decimal(step.residual or 0) for step in wrong if step.measure != "rows"]
    return {
        "month": month,
        # A source is one provider's, as a rule; where it is not, the provider tells its rows apart.
        "source": source if is_alone else f"{source} ({say.provider(provider)})",
        "currency": currency,
        "stated": loaded.expected if loaded else None,
        "loaded": loaded.actual if loaded else None,
        "marts": mart.actual if mart else None,
        # An invoice that is not there is not an invoice of nothing.
        "invoice": sum((Decimal(amount) for amount in amounts), Decimal(0)) if amounts else None,
        "residual": max(off, key=abs, default=Decimal(0)),
        "status": "red" if wrong else "green" if amounts else "grey",
        "word": "does not add up" if wrong else "adds up" if amounts else "adds up so far",
        "why": _because(steps, wrong),
    }


def _because(steps: Sequence[Step], wrong: Sequence[Step]) -> str:
    if wrong:
        first = [f"{step.step}, {step.item}, {step.measure}: {say.number(step.residual)}" for step in wrong[:2]]
        return "; ".join([*first, *([f"and {len(wrong) - 2} more"] if len(wrong) > 2 else [])])
    return "; ".join(dict.fromkeys(_short(step) for step in steps if step.explanation))


def _short(step: Step) -> str:
    """Say a cause without its digits: `the invoice is rounded to 0.01: -0.003` is to the cent for a reader."""
    cause, _, rest = step.explanation.partition(": ")
    return cause if rest[:1] in ("+", "-") else step.explanation


def _one(steps: Sequence[Step], name: str, item: str) -> Step | None:
    return next((s for s in steps if (s.step, s.item, s.measure) == (name, item, "billed")), None)


def _finding(steps: Sequence[Step], months: int) -> str:
    wrong = failures(steps)
    if wrong:
        broken = {(step.billing_month, step.source, step.provider, step.currency) for step in wrong}
        verb = "does" if len(broken) == 1 else "do"
        return f"{say.number(len(broken))} of {_counted(months)} {verb} not add up"
    invoices = [step for step in steps if step.step == "invoice" and step.expected is not None]
    final = sum(
        step.residual == 0 or "rounded" in step.explanation or "rounding" in step.explanation for step in invoices
    )
    compared = (
        f"{say.plural(final, 'invoice')} equal to the cent" if invoices else "no invoice was delivered to compare"
    )
    return f"{_counted(months)}, and every step holds what the one before held; {compared}"


def _counted(count: int) -> str:
    return say.plural(count, "month and currency", "months and currencies")
