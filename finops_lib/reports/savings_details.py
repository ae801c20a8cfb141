"""Below the do-first list: storage, what was decided and what came of it, reviews, and what was not looked at."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.reports import format as say
from finops_lib.reports.page import Element
from finops_lib.reports.savings import SOURCE, Total
from finops_lib.reports.savings_words import NOBODY, noun, short
from finops_lib.reports.tables import Column, table

_MONEY = pl.Decimal(38, 12)
LIFE = ("approved", "scheduled", "implemented", "verified", "partially_verified", "not_realised", "regressed")
_STATUS = {
    "approved": "yellow",
    "scheduled": "yellow",
    "implemented": "yellow",
    "verified": "green",
    "partially_verified": "yellow",
    "not_realised": "red",
    "regressed": "orange",
}


class Evaluation(Protocol):
    """What `analyses.savings.evaluations` gives of each check and provider."""

    @property
    def check(self) -> str: ...
    @property
    def rule(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def needs(self) -> str: ...
    @property
    def permission(self) -> str: ...
    @property
    def said(self) -> str: ...
    @property
    def accounts(self) -> Sequence[str]: ...


class Realised(Protocol):
    """What `analyses.savings.realised` gives of each type."""

    @property
    def type(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def count(self) -> int: ...
    @property
    def verified(self) -> int: ...
    @property
    def claimed(self) -> Decimal: ...
    @property
    def banked(self) -> Decimal: ...
    @property
    def rate(self) -> float | None: ...


def storage_table(total: Total) -> Element:
    """Show what a colder class would bring, after moving and reading back; a bucket's size alone is no saving."""
    rows = [
        {
            "resource": r.resource_name or short(r.resource_id),
            "target": r.target or "to be decided",
            "saving": r.monthly_savings or None,
            "once": r.one_time_cost,
            "cost": r.current_monthly_cost,
            "confidence": r.confidence,
            "owner": r.owner or NOBODY,
            "evidence": r.evidence,
        }
        for r in (*total.counted, *total.reviews)
        if r.step == "tier"
    ]
    schema: dict[str, Any] = {
        **dict.fromkeys(("resource", "target", "owner", "evidence"), pl.String()),
        **dict.fromkeys(("saving", "once", "cost"), _MONEY),
        "confidence": pl.Float64(),
    }
    columns = {
        "resource": Column("Bucket"),
        "target": Column("Class"),
        "cost": Column("Costs now, a month", "money"),
        "saving": Column("Net saving, a month", "money"),
        "once": Column("Paid once", "money"),
        "confidence": Column("Confidence", "percent"),
        "owner": Column("Team"),
        "evidence": Column("Evidence", "sentence"),
    }
    with_number = sum(row["saving"] is not None for row in rows)
    title = f"{say.plural(with_number, 'bucket')} with a number, {len(rows) - with_number} to look at" if rows else ""
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=title,
        source=SOURCE,
        currency=total.currency,
        empty="No bucket or storage account could be cheaper in another class, as far as its objects are known.",
    )


def decided_table(kept: Sequence[KeptRecommendation], currency: str) -> Element:
    """Show what was approved, done and proven: the estimate beside what later bills show."""
    rows = [
        {
            "id": one.recommendation_id,
            "what": noun(one.recommendation.type),
            "resource": one.recommendation.resource_name or short(one.recommendation.resource_id),
            "status": _STATUS[one.status],
            "status_word": one.status.replace("_", " "),
            "estimate": one.recommendation.monthly_savings,
            "realised": one.verification.realised if one.verification else None,
            "low": one.verification.low if one.verification else None,
            "high": one.verification.high if one.verification else None,
            "when": one.implemented_on,
            "who": ", ".join(approval.who for approval in one.approvals),
            "reference": one.reference,
        }
        for one in kept
        if one.status in LIFE and one.recommendation.currency == currency
    ]
    schema: dict[str, Any] = {
        **dict.fromkeys(("id", "what", "resource", "status", "status_word", "who", "reference"), pl.String()),
        **dict.fromkeys(("estimate", "realised", "low", "high"), _MONEY),
        "when": pl.Date(),
    }
    columns = {
        "id": Column("Id"),
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "status": Column("Status", "status", word_from="status_word"),
        "estimate": Column("Estimated, a month", "money", style="cent"),
        "realised": Column("By later bills", "money", style="cent"),
        "low": Column("at least", "money", style="cent"),
        "high": Column("at most", "money", style="cent"),
        "when": Column("Done on", "day"),
        "who": Column("Approved by"),
        "reference": Column("Change"),
    }
    proven = sum(row["realised"] is not None for row in rows)
    title = f"{say.plural(len(rows), 'recommendation')} approved or done, {proven} held against bills" if rows else ""
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=title,
        source="state.recommendation, daily_resource_cost",
        currency=currency,
        empty="Nothing was approved yet. Decide with: finops savings approve ID",
    )


def realised_table(rows: Sequence[Realised], currency: str) -> Element:
    """Show claimed against banked this year, by type."""
    mine = [row for row in rows if row.currency == currency]
    frame = pl.DataFrame(
        [
            {
                "what": noun(row.type, 2),
                "count": row.count,
                "verified": row.verified,
                "claimed": row.claimed,
                "banked": row.banked,
                "rate": row.rate,
            }
            for row in mine
        ],
        schema={
            "what": pl.String(),
            "count": pl.Int64(),
            "verified": pl.Int64(),
            "claimed": _MONEY,
            "banked": _MONEY,
            "rate": pl.Float64(),
        },
    )
    columns = {
        "what": Column("Finding"),
        "count": Column("Done", "number"),
        "verified": Column("Held against bills", "number"),
        "claimed": Column("Claimed this year", "money"),
        "banked": Column("Banked by later bills", "money"),
        "rate": Column("Banked of what could be checked", "percent"),
    }
    banked = sum((row.banked for row in mine), Decimal(0))
    claimed = sum((row.claimed for row in mine), Decimal(0))
    title = f"{say.money(banked, currency)} banked of {say.money(claimed, currency)} claimed this year" if mine else ""
    return table(
        frame,
        columns,
        title=title,
        source="state.recommendation, daily_resource_cost",
        currency=currency,
        empty="Nothing is said to be done this year, so there is nothing to hold against the bills.",
        total="All",
    )


def reviews_table(total: Total) -> Element:
    """Show what is worth a look although nobody can give it a number."""
    rows = [
        {
            "what": noun(r.type),
            "resource": r.resource_name or short(r.resource_id),
            "cost": r.current_monthly_cost,
            "action": r.action,
            "evidence": r.evidence,
            "owner": r.owner or NOBODY,
        }
        for r in total.reviews
    ]
    schema: dict[str, Any] = {
        "cost": _MONEY,
        **dict.fromkeys(("what", "resource", "action", "evidence", "owner"), pl.String()),
    }
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "cost": Column("Costs now, a month", "money"),
        "action": Column("What to do"),
        "evidence": Column("Evidence", "sentence"),
        "owner": Column("Team"),
    }
    paid = say.money(sum((r.current_monthly_cost for r in total.reviews), Decimal(0)), total.currency)
    title = f"{say.plural(len(rows), 'resource')} to review, costing {paid} a month" if rows else ""
    frame = pl.DataFrame(rows, schema=schema)
    empty = "Nothing is up for review."
    return table(frame, columns, title=title, source=SOURCE, currency=total.currency, empty=empty)


def alternatives_table(left_out: Sequence[Recommendation], gross: Decimal, total: Total) -> Element:
    """Show what is in no sum, for something better is counted for the same resource."""
    rows = [
        {
            "what": noun(r.type),
            "resource": r.resource_name or short(r.resource_id),
            "saving": r.monthly_savings,
            "action": r.action,
            "owner": r.owner or NOBODY,
        }
        for r in left_out
    ]
    schema: dict[str, Any] = {
        **dict.fromkeys(("what", "resource", "action", "owner"), pl.String()),
        "saving": _MONEY,
    }
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "saving": Column("On its own, a month", "money"),
        "action": Column("What to do instead"),
        "owner": Column("Team"),
    }
    both = f"{say.money(gross, total.currency)} before overlaps, {say.money(total.high, total.currency)} after them"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=f"{say.plural(len(rows), 'alternative')} in no sum: {both}" if rows else "",
        source=SOURCE,
        currency=total.currency,
        empty="Nothing overlaps: what is found on its own is what it is worth together.",
    )


def not_evaluated(found: Iterable[Evaluation]) -> Element:
    """Show what was not looked at, what is missing, and what would change that."""
    everything = list(found)
    rows = [
        {
            "check": one.check,
            "rule": noun(one.rule, 2),
            "provider": one.provider,
            "status": one.status,
            "needs": one.needs,
            "permission": one.permission or "finops collect --inventory",
            "said": one.said,
            "accounts": ", ".join(one.accounts),
        }
        for one in everything
        if one.status != "evaluated"
    ]
    columns = {
        "check": Column("Check"),
        "rule": Column("Looks for"),
        "provider": Column("Provider", "provider"),
        "status": Column("Status"),
        "needs": Column("Needs"),
        "permission": Column("Would be changed by"),
        "accounts": Column("Refused in"),
        "said": Column("Said", "sentence"),
    }
    names = ("check", "rule", "provider", "status", "needs", "permission", "said", "accounts")
    looked = len(everything) - len(rows)
    title = f"{looked} checks looked everywhere; {len(rows)} did not, which is not the same as nothing found"
    return table(
        pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String())),
        columns,
        title=title if rows else "",
        source="inventory_scopes",
        empty=f"All {looked} checks had what they need.",
    )
