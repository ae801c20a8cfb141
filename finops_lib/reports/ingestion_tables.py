"""The ingestion page's tables and charts: deliveries, freshness, money, restatements, findings, checks."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.ingestion import (
    NO_CHARGES,
    Load,
    Verdict,
    claim_words,
    complete_words,
    is_behind,
    is_late,
    is_silent,
    late_sources,
    of_charges,
    source_names,
)
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

NOTHING_ARRIVED = "This run loaded nothing: it named no files, and params/workbench.yaml configures no source."
# What each finding means to somebody who has never read FOCUS.
FINDING_WORDS = {
    "unknown-column": "a column that FOCUS does not know; its values are kept in x_Extra",
    "letter-case": "a known value in another letter case; corrected",
    "unknown-value": "a value that FOCUS does not list; kept as it came",
    "missing-value": "empty, although FOCUS wants a value; kept as not known",
    "outside-billing-period": "a charge period outside its billing period; kept in the month of its bill",
    "unreadable-tags": "tags that are no list of keys and values; left out, the charge is kept",
    "rounded-money": "more decimals than the lake keeps; rounded, the drift is stated",
}


def deliveries(load: Load) -> Element:
    """Show what arrived in this run, month by month."""
    rows = [
        {
            "status": {"loaded": "green", "unchanged": "grey", "rejected": "red"}.get(report.status, "grey"),
            "word": report.status,
            "source": report.source,
            "provider": say.PROVIDER_NAMES.get(report.provider, report.provider),
            "month": report.billing_month,
            "holds": "invoices" if report.dataset == "invoices" else "charges",
            "currency": report.currency,
            "rows_loaded": report.rows_loaded,
            "billed_in": report.billed_in,
            "billed_loaded": report.billed_loaded if report.status != "rejected" else Decimal(0),
            "change": None if report.billed_before is None else report.billed_loaded - report.billed_before,
        }
        for report in load.reports
        if report.status != "unchanged"
    ]
    amounts = pl.Decimal(38, 18)
    schema: dict[str, Any] = {
        **dict.fromkeys(("status", "word", "source", "provider", "month", "holds", "currency"), pl.String),
        **{"rows_loaded": pl.Int64, "billed_in": amounts, "billed_loaded": amounts, "change": amounts},
    }
    columns = {
        "month": Column("Billing month"),
        "source": Column("Source"),
        "provider": Column("Provider"),
        "status": Column("", "status", word_from="word"),
        "rows_loaded": Column("Rows", "number"),
        "billed_in": Column("Billed in", "money", "cent", currency_from="currency"),
        "billed_loaded": Column("Billed in the lake", "money", "cent", currency_from="currency"),
        "change": Column("Change", "change", "cent", currency_from="currency"),
    }
    if any(report.dataset == "invoices" for report in load.reports):
        columns["holds"] = Column("Holds")
    frame = pl.DataFrame(rows, schema=schema).sort("month", "source", "provider", descending=[True, False, False])
    finding = _arrived_finding(load)
    return table(frame, columns, title=finding, source="loads, billed cost", empty=finding)


def source_table(sources: pl.DataFrame) -> Element:
    """Show how fresh and how complete each source is.

    Args:
        sources: the rows of `ingestion_sources`.
    """
    rows = sources.to_dicts()
    named = sources.with_columns(
        pl.col("x_Provider").replace(say.PROVIDER_NAMES),
        pl.Series("status", ["grey" if is_late(row) else "green" for row in rows], dtype=pl.String),
        pl.Series("whole", [_whole_after(row) for row in rows], dtype=pl.String),
        pl.Series("word", [_rhythm(row) for row in rows], dtype=pl.String),
    )
    columns = {
        "x_SourceId": Column("Source"),
        "x_Provider": Column("Provider"),
        "status": Column("", "status", word_from="word"),
        "complete_through": Column("Complete through", "day"),
        "newest_day": Column("Newest day", "day"),
        "incomplete_days": Column("Days still filling", "number"),
        "delivered_at": Column("Last delivery", "moment"),
        "whole": Column("Whole after"),
        "months": Column("Months", "number"),
        "charges": Column("Charges", "number"),
    }
    late = late_sources(sources)
    finding = f"{say.names(source_names(late, among=sources))} stopped delivering" if late else "Every source delivers"
    return table(
        named,
        columns,
        title=f"{finding}; {complete_words(sources)}" if not sources.is_empty() else "",
        source="data_freshness: a day is complete once its bill was delivered the learned, or else the usual 2 or 3, "
        "days after the day's end, and its charges are not below half of the two weeks before; a source is STALE when "
        "nothing came for a day longer than between its deliveries usually, or when it is a week behind the others",
        empty=NO_CHARGES,
    )


def day_charts(days: pl.DataFrame, sources: pl.DataFrame) -> Showable:
    """Draw how many charges each source delivered for each day: a hole or a thin end is seen at once.

    Args:
        days: the rows of `ingestion_days`.
    """
    if days.is_empty():
        return page.sentence(NO_CHARGES)
    open_days = [row["complete_through"] for row in sources.to_dicts() if row["incomplete_days"] and not is_behind(row)]
    known = [day for day in open_days if day is not None]
    named = days.with_columns(pl.Series("source", source_names(days.to_dicts(), among=sources), dtype=pl.String))
    first, last = min(days["day"]), max(days["day"])
    thin = f"the days after {say.day(min(known))} are still filling" if known else "no day is still filling"
    return charts.multiples(
        named,
        y="charges",
        facet="source",
        incomplete_from=min(known) + timedelta(days=1) if known else None,
        title=f"Charges a day by source: {thin}",
        subtitle=f"Number of usage charges, {say.days(first, last)}",
        source="daily_cost",
    )


def money_table(money: pl.DataFrame) -> Element:
    """Show money in and money in the lake by source, with rounding and residual.

    Args:
        money: the rows of `ingestion_money`.
    """
    off = money.filter(pl.col("residual") != 0) if not money.is_empty() else money
    finding = (
        "Every source: money in the lake is money delivered"
        if off.is_empty()
        else f"{say.names(sorted(set(off['x_SourceId'])))}: money in the lake is not money delivered"
    )
    columns = {
        "x_SourceId": Column("Source"),
        "x_Provider": Column("Provider"),
        "slices": Column("Months", "number"),
        "rows_in": Column("Rows in", "number"),
        "charges": Column("Rows in the lake", "number"),
        "billed_in": Column("Billed in", "money", "cent", currency_from="BillingCurrency"),
        "billed_cost": Column("Billed in the lake", "money", "cent", currency_from="BillingCurrency"),
        "values_rounded": Column("Values rounded", "number"),
        "rounding_drift": Column("Rounding", "change", "headline", currency_from="BillingCurrency"),
        "residual": Column("Residual", "change", "headline", currency_from="BillingCurrency"),
    }
    return table(
        money.with_columns(pl.col("x_Provider").replace(say.PROVIDER_NAMES)),
        columns,
        title=finding,
        source="slice_totals, billed cost, current loads; residual = in the lake + rounding - in",
        empty=NO_CHARGES,
    )


def restatements(frame: pl.DataFrame) -> Element:
    """Show which months were restated since they were first loaded, by how much and because of whom.

    Args:
        frame: the rows of `ingestion_restatements`.
    """
    causes = (
        pl.when(pl.col("is_our_change")).then(pl.lit("our rules or mapping changed")).otherwise(pl.lit("the provider"))
    )
    columns = {
        "x_BillingMonth": Column("Billing month", "month"),
        "x_SourceId": Column("Source"),
        "cause": Column("Restated by"),
        "restatements": Column("Times", "number"),
        "rows_change": Column("Rows", "number"),
        "billed_change": Column("Billed cost", "change", "cent", currency_from="BillingCurrency"),
        "effective_change": Column("Effective cost", "change", "cent", currency_from="BillingCurrency"),
        "loaded_at": Column("Last loaded", "moment"),
    }
    return table(
        frame.with_columns(causes.alias("cause")),
        columns,
        title=f"{say.plural(frame['x_BillingMonth'].n_unique(), 'closed month')} restated, by whom and when",
        source="loads: what each load changed against the one before it, once the month was over",
        empty="No closed month was restated.",
    )


def quality_table(findings: pl.DataFrame) -> Element:
    """Show what FOCUS forbids that was loaded all the same, in words.

    Args:
        findings: the rows of `ingestion_findings`.
    """
    meaning = [FINDING_WORDS.get(name, name.replace("-", " ")) for name in findings["finding"]]
    columns = {
        "column_name": Column("Column"),
        "meaning": Column("What is wrong, and what was done"),
        "occurrences": Column("Charges", "number"),
        "slices": Column("Months", "number"),
        "sources": Column("Sources"),
        "example": Column("Example"),
    }
    return table(
        findings.with_columns(pl.Series("meaning", meaning, dtype=pl.String)),
        columns,
        title=f"{say.plural(findings.height, 'kind')} of finding; the money of these charges is right",
        source="data_quality, current loads",
        empty="Nothing: the bills keep to FOCUS.",
    )


def check_table(verdicts: Sequence[Verdict]) -> Element:
    """Show every promise about the marts with its residual, broken ones first."""
    rows = [
        {
            "status": "green" if verdict.holds else "red",
            "word": "holds" if verdict.holds else "broken",
            "words": claim_words(verdict),
            "offenders": verdict.offenders,
            "residual": Decimal(0) if verdict.holds else verdict.residual,
            "examples": "; ".join(verdict.examples),
        }
        for verdict in verdicts
    ]
    schema: dict[str, Any] = {name: pl.String for name in ("status", "word", "words", "examples")}
    schema |= {"offenders": pl.Int64, "residual": pl.Decimal(38, 18)}
    columns = {
        "status": Column("", "status", word_from="word"),
        "words": Column("Claim"),
        "offenders": Column("Offenders", "number"),
        "residual": Column("Largest residual", "number"),
    }
    broken = sum(not verdict.holds for verdict in verdicts)
    if broken:
        columns["examples"] = Column("For example")
    holding = f"{say.plural(len(verdicts), 'check')}, and each of them holds"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=f"{say.number(broken)} of {say.plural(len(verdicts), 'check')} broken" if broken else holding,
        source="finops_lib/marts/checks; a claim holds when its query finds no offender",
    )


def refused_table(load: Load) -> Element:
    """Show the deliveries that were not loaded, with the reason."""
    rows = []
    for refusal in load.refusals:
        why, _, step = refusal.reason.partition("; next: ")
        rows.append({"source": refusal.source, "path": refusal.path, "why": why, "step": step})
    columns = {"source": Column("Source"), "why": Column("Why"), "step": Column("Next"), "path": Column("Files")}
    return table(
        pl.DataFrame(rows, schema=dict.fromkeys(("source", "path", "why", "step"), pl.String)),
        columns,
        title=f"{say.plural(len(rows), 'delivery', 'deliveries')} refused whole; the lake holds what it held before",
        source="this run",
        empty="No delivery was refused.",
    )


def _rhythm(row: dict[str, Any]) -> str:
    if is_silent(row):
        return f"STALE since {say.moment(row['delivered_at'])}"
    return f"STALE, {row['days_behind']} days behind" if is_late(row) else "delivering"


def _whole_after(row: dict[str, Any]) -> str:
    return f"{say.plural(row['lag_days'], 'day')}, {'learned' if row['lag_is_learned'] else 'usual'}"


def _arrived_finding(load: Load) -> str:
    statuses = [report.status for report in of_charges(load) or load.reports]
    if not statuses:
        return "Nothing was loaded: what came was refused." if load.refusals else NOTHING_ARRIVED
    if set(statuses) == {"unchanged"}:
        return f"{_slices(len(statuses))} came again, and not one of them has changed."
    counts = {status: statuses.count(status) for status in ("loaded", "unchanged", "rejected")}
    said = [f"{say.number(count)} {status}" for status, count in counts.items() if count]
    return f"{_slices(len(statuses))} delivered: {say.names(said)}"


def _slices(count: int) -> str:
    return say.plural(count, "month and currency", "months and currencies")
