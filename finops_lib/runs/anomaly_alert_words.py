"""An alert about an anomaly in words: title, sentence and figures; plain text, never markup."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from finops_lib.delivery.plain import clean
from finops_lib.messages import AlertEvent
from finops_lib.reports import format as say


def anomaly_said(event: AlertEvent, name: str) -> tuple[str, str]:
    """Give title and sentence of an anomaly that was found or has doubled."""
    facts = event.facts
    currency, impact = facts["currency"], facts["impact"]
    moved = "above" if impact > 0 else "below"
    twice = " and has doubled since it was told" if event.occurrence > 1 else ""
    title = f"{name}: {say.money(abs(impact), currency)} {moved} the usual"
    spent = f"{say.money(facts['actual'], currency)} {_when(event)}, where {say.money(facts['expected'], currency)}"
    cause = clean(facts.get("cause", ""))
    return title, f"It cost {spent} would be usual{twice}.{f' {cause}.' if cause else ''}"


def anomaly_figures(event: AlertEvent) -> Iterator[list[str]]:
    """Give what a reader wants to know of it, as pairs of label and value."""
    facts = event.facts
    yield ["When", _when(event)]
    yield ["Against the usual", say.signed_money(facts["impact"], facts["currency"])]
    if facts.get("deviation_pct") is not None:
        yield ["Of the usual", say.ratio(facts["deviation_pct"] / 100)]
    yield ["Confidence", say.ratio(facts["confidence"])]
    yield ["Found at", f"{facts['level']}"]
    yield ["Investigate", f"finops anomalies show {event.threshold}"]


def _when(event: AlertEvent) -> str:
    start, end = (date.fromisoformat(event.facts[name]) for name in ("start", "end"))
    if not event.facts.get("is_over"):
        return f"since {say.day(start, 'full')}"
    return f"on {say.day(start, 'full')}" if start == end else say.days(start, end)
