"""The ingestion page in words: is the data whole and right, what arrived, what was restated, what do the bills lack?"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.ingestion_reconcile import Step, failures, reconciled_result
from finops_lib.reports.page import Action, Element, Figure

QUESTION = "Is the data whole and right?"
NO_CHARGES = "The lake holds no charges yet."
STALE_AFTER_DAYS = 7


class Arrived(Protocol):
    """What a load did to one slice in one currency (`runs.ingest.SliceReport`)."""

    @property
    def provider(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def billing_month(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def rows_in(self) -> int: ...
    @property
    def rows_loaded(self) -> int: ...
    @property
    def billed_in(self) -> Decimal: ...
    @property
    def billed_loaded(self) -> Decimal: ...
    @property
    def billed_before(self) -> Decimal | None: ...
    @property
    def message(self) -> str: ...
    @property
    def dataset(self) -> str: ...


class Refused(Protocol):
    """A delivery that was not loaded."""

    @property
    def source(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def reason(self) -> str: ...


class Load(Protocol):
    """What `runs.ingest_for_notebook` gives."""

    @property
    def reports(self) -> Sequence[Arrived]: ...
    @property
    def refusals(self) -> Sequence[Refused]: ...


class Claim(Protocol):
    """A promise about a mart."""

    @property
    def mart(self) -> str: ...
    @property
    def words(self) -> str: ...


class Verdict(Protocol):
    """Whether a promise holds (`marts.claims.Verdict`)."""

    @property
    def claim(self) -> Claim: ...
    @property
    def offenders(self) -> int: ...
    @property
    def residual(self) -> Decimal | None: ...
    @property
    def examples(self) -> Sequence[str]: ...
    @property
    def holds(self) -> bool: ...


def ingestion_answer(
    load: Load, sources: pl.DataFrame, verdicts: Sequence[Verdict], steps: Sequence[Step] = ()
) -> Element:
    """Answer the page's question: the worst first, or that all is well.

    Args:
        sources: the rows of `ingestion_sources`.
        steps: from the provider's total to the invoice.
    """
    broken = [verdict for verdict in verdicts if not verdict.holds]
    if broken:
        words = f"No. {say.plural(broken[0].offenders, 'row')} break this promise: {claim_words(broken[0])}."
        rest = f" {say.plural(len(broken) - 1, 'further promise')} broken." if len(broken) > 1 else ""
        return page.answer(QUESTION, words + rest, "red", "do not rely on it")
    if wrong := failures(steps):
        months = say.names(dict.fromkeys(f"{step.source} {step.billing_month}" for step in wrong))
        words = f"No. {months}: not every step adds up, so this page is not sent to its readers."
        return page.answer(QUESTION, words, "red", "do not rely on it")
    if load.refusals:
        refused = say.names(refusal.source for refusal in load.refusals)
        count = say.plural(len(load.refusals), "delivery", "deliveries")
        words = (
            f"What is in the lake is, but {count} of {refused} {'was' if len(load.refusals) == 1 else 'were'} refused."
        )
        return page.answer(QUESTION, words, "orange", "not all of it")
    if sources.is_empty():
        return page.answer(QUESTION, NO_CHARGES, "grey")
    whole = f"{say.plural(int(sources['charges'].sum()), 'charge')} of {say.plural(sources.height, 'source')}"
    kept = f"{whole} hold what was delivered, to the cent; {complete_words(sources)}"
    late = late_sources(sources)
    if late:
        names = say.names(source_names(late, among=sources))
        return page.answer(QUESTION, f"Right, but late: {names} stopped delivering. {kept}.", "grey", "STALE")
    return page.answer(QUESTION, f"Yes: {kept}.", "green", "whole and right")


def ingestion_figures(load: Load, sources: pl.DataFrame, money: pl.DataFrame, *, currency: str, as_of: date) -> Element:
    """Show the newest complete day, the rows, the money, the residual and what this run restated.

    Args:
        money: the rows of `ingestion_money`.
        currency: of the money shown; the others are named.
        as_of: months before its own are closed: only they can be restated, an open one grows.
    """
    if sources.is_empty():
        return page.sentence("Headline figures appear here with the first loaded bill.")
    mine = money.filter(pl.col("BillingCurrency") == currency)
    others = sorted(set(money["BillingCurrency"]) - {currency})
    beside = f"; without {say.names(others)}" if others else ""
    fresh = [report for report in of_charges(load) if report.status == "loaded"]
    drift, residual = total_of(mine, "rounding_drift"), total_of(mine, "residual")
    rounded = f"of which {say.money(drift, currency)} is stated rounding" if drift else "nothing was rounded"
    restated, months = _restated(load, currency, as_of)
    return page.figures(
        [
            Figure(
                "Newest complete day",
                say.day(complete_day(sources)),
                f"newest delivered {say.day(max(sources['newest_day']))}",
            ),
            Figure(
                "Charges in the lake",
                say.number(int(sources["charges"].sum())),
                f"{say.number(sum(report.rows_loaded for report in fresh))} loaded by this run",
            ),
            Figure(
                "Billed cost in the lake", say.money(total_of(mine, "billed_cost"), currency), f"every month{beside}"
            ),
            Figure(
                "Lake against deliveries",
                say.money(residual, currency),
                f"residual; {rounded}",
                status="green" if residual == 0 else "red",
                word="to the last digit" if residual == 0 else "does not add up",
            ),
            Figure("Restated by this run", restated, months),
        ]
    )


def ingestion_actions(
    load: Load,
    sources: pl.DataFrame,
    verdicts: Sequence[Verdict],
    money: pl.DataFrame,
    *,
    as_of: date,
    steps: Sequence[Step] = (),
) -> Element:
    """Say who repairs what: broken checks, refused deliveries, silent sources."""
    soon = say.day(as_of + timedelta(days=2))
    stakes: dict[tuple[str, str], list[str]] = {}
    for row in money.to_dicts():
        amount = say.money(row["billed_cost"], row["BillingCurrency"])
        stakes.setdefault((row["x_Provider"], row["x_SourceId"]), []).append(amount)
    broken = [
        Action(
            f"Send no report until this holds again: {claim_words(verdict)}",
            f"{say.number(verdict.residual)} off" if verdict.residual is not None else "",
            "the workbench's operator",
            soon,
        )
        for verdict in verdicts
        if not verdict.holds
    ]
    unexplained = [
        Action(f"Find out why this does not add up: {step.words}", "", f"owner of {step.source}", soon)
        for step in failures(steps)
    ]
    refused = [
        Action(f"Have {refusal.source} delivered again: {refusal.reason}", "", f"owner of {refusal.source}", soon)
        for refusal in load.refusals
    ]
    late = [
        Action(
            f"Ask why {row['x_SourceId']} delivers nothing of {say.provider(row['x_Provider'])} "
            + (f"since {say.moment(row['delivered_at'])}" if is_silent(row) else f"after {say.day(row['newest_day'])}")
            + ", or retire it",
            f"{' and '.join(stakes.get((row['x_Provider'], row['x_SourceId']), []))} in the lake",
            f"owner of {row['x_SourceId']}",
            soon,
        )
        for row in late_sources(sources)
    ]
    if sources.is_empty() and not load.reports and not load.refusals:
        return page.actions(
            [], "Load a first bill: finops ingest PATH --source NAME, or name a source in params/workbench.yaml."
        )
    return page.actions(
        [*broken, *unexplained, *refused, *late], "Nothing to repair: the reports of today can be trusted."
    )


def ingestion_result(
    load: Load,
    sources: pl.DataFrame,
    money: pl.DataFrame,
    verdicts: Sequence[Verdict],
    steps: Sequence[Step] = (),
    restated: Sequence[Mapping[str, object]] = (),
) -> dict[str, object]:
    """Give the numbers for `result.json`: what the load did, how fresh the sources are, which checks are broken.

    Args:
        restated: the parts of what changed in months already reported (`ingestion_restated.restated_result`).
    """
    statuses = [report.status for report in of_charges(load)]
    fresh = ("x_Provider", "x_SourceId", "newest_day", "complete_through", "incomplete_days", "charges")
    totals = (
        "x_Provider",
        "x_SourceId",
        "BillingCurrency",
        "charges",
        "billed_in",
        "billed_cost",
        "rounding_drift",
        "residual",
    )
    return {
        "slices": {status: statuses.count(status) for status in ("loaded", "unchanged", "rejected")},
        "rows_loaded": sum(report.rows_loaded for report in of_charges(load) if report.status == "loaded"),
        "refused": [{"source": refusal.source, "reason": refusal.reason} for refusal in load.refusals],
        "sources": sources.select(fresh),
        "money": money.select(totals),
        "reconciled": reconciled_result(steps),
        "restated": list(restated),
        "checks": len(verdicts),
        "broken": [
            {"claim": claim_words(v), "offenders": v.offenders, "residual": v.residual} for v in verdicts if not v.holds
        ],
    }


def _restated(load: Load, currency: str, as_of: date) -> tuple[str, str]:
    changed = [
        report
        for report in of_charges(load)
        if report.status == "loaded"
        and report.billing_month < f"{as_of:%Y-%m}"
        and report.billed_before is not None
        and report.billed_loaded != report.billed_before
    ]
    if not changed:
        return "nothing", "no closed month changed"
    mine = [report.billed_loaded - (report.billed_before or 0) for report in changed if report.currency == currency]
    others = sorted({report.currency for report in changed} - {currency})
    months = sorted({report.billing_month for report in changed}, reverse=True)
    note = f"{say.plural(len(months), 'closed month')}: {say.names(months)}"
    beside = f"; besides {say.names(others)}" if others else ""
    return say.signed_money(sum(mine, Decimal(0)), currency), note + beside


def of_charges(load: Load) -> list[Arrived]:
    """Give what arrived without the invoices, which tell of the same money once more."""
    return [report for report in load.reports if report.dataset == "cost"]


def claim_words(verdict: Verdict) -> str:
    """Say a claim as a sentence."""
    return f"{verdict.claim.mart} {verdict.claim.words}"


def complete_day(sources: pl.DataFrame) -> date | None:
    """Give the newest day that is complete for every source that still delivers."""
    days = [row["complete_through"] for row in sources.to_dicts() if not is_behind(row)]
    known = [day for day in days if day is not None]
    return min(known) if known and len(known) == len(days) else None


def complete_words(sources: pl.DataFrame) -> str:
    day = complete_day(sources)
    return f"complete through {say.day(day, 'full')}" if day else "no day is complete for all of them yet"


def late_sources(sources: pl.DataFrame) -> list[dict[str, Any]]:
    return [row for row in sources.to_dicts() if is_late(row)]


def is_late(row: dict[str, Any]) -> bool:
    """Say whether a source stopped delivering: it is behind the others, or nothing came when something was due."""
    return is_behind(row) or is_silent(row)


def is_behind(row: dict[str, Any]) -> bool:
    return bool(row["days_behind"] > STALE_AFTER_DAYS)


def is_silent(row: dict[str, Any]) -> bool:
    return bool(row["is_stale"])


def source_names(rows: Sequence[dict[str, Any]], among: pl.DataFrame | None = None) -> list[str]:
    """Name each row's source; where one source holds several providers, with the provider."""
    known = rows if among is None else among.to_dicts()
    pairs = {(row["x_SourceId"], row["x_Provider"]) for row in known}
    sources = [source for source, _ in pairs]
    return [
        row["x_SourceId"]
        if sources.count(row["x_SourceId"]) == 1
        else f"{row['x_SourceId']} ({say.PROVIDER_NAMES.get(row['x_Provider'], row['x_Provider'])})"
        for row in rows
    ]


def total_of(frame: pl.DataFrame, column: str) -> Decimal:
    return sum(frame[column].to_list(), Decimal(0))
