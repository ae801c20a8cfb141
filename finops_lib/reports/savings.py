"""The savings page in words: what to do first, what it brings, for whom, and how it stands with what was decided."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Action, Element, Figure
from finops_lib.reports.savings_words import NOBODY, noun, short
from finops_lib.reports.tables import Column, table

QUESTION = "What should we do first to pay less?"
NOTHING = "No check finds anything that could be paid less for."
SOURCE = (
    "daily_resource_meter_cost, inventory, metrics and commitment_usage; effective cost of the last 30 complete days "
    "in a month of 365/12 days"
)
EFFORTS = {"VeryLow": "minutes", "Low": "2 hours", "Medium": "a day", "High": "3 days", "VeryHigh": "2 weeks"}
MOST_BARS = 15
TO_BE_DONE = ("approved", "scheduled")
STATUS = {
    "pending": ("grey", "to be decided"),
    "approved": ("yellow", "approved"),
    "scheduled": ("yellow", "scheduled"),
    "regressed": ("orange", "came back"),
}


class Total(Protocol):
    """What `analyses.savings.portfolio` gives."""

    @property
    def currency(self) -> str: ...
    @property
    def low(self) -> Decimal: ...
    @property
    def base(self) -> Decimal: ...
    @property
    def high(self) -> Decimal: ...
    @property
    def counted(self) -> Sequence[Recommendation]: ...
    @property
    def reviews(self) -> Sequence[Recommendation]: ...


class Ranked(Protocol):
    """What `analyses.savings.do_first` gives."""

    @property
    def recommendation(self) -> Recommendation: ...
    @property
    def per_hour(self) -> Decimal: ...


class Rates(Protocol):
    """What `analyses.commitments.measured` gives."""

    @property
    def savings_rate(self) -> float | None: ...
    @property
    def coverage(self) -> float | None: ...
    @property
    def utilisation(self) -> float | None: ...


class Banked(Protocol):
    """What `analyses.savings.realised` gives of each type."""

    @property
    def currency(self) -> str: ...
    @property
    def claimed(self) -> Decimal: ...
    @property
    def banked(self) -> Decimal: ...
    @property
    def unverified(self) -> Decimal: ...


def headline(total: Total) -> str:
    """Say the net saving with its range."""
    if not total.counted:
        return "none found"
    low, high = say.money(total.low), say.money(total.high)
    return f"{say.money(total.base, total.currency)} a month (range {low} to {high})"


def savings_answer(total: Total, *, read: int) -> Element:
    """Answer the page's question in one or two sentences.

    Args:
        read: how many resources and commitments the checks could look at.
    """
    if not read:
        return page.answer(QUESTION, "Nothing can be told: the bill has no charge that a check can read.", "grey")
    if not total.counted:
        return page.answer(QUESTION, NOTHING, "green", "nothing found")
    [(type_, group), *_] = _groups(total.counted)
    many = say.plural(len(group), noun(type_), noun(type_, 2))
    first = f"Most is in {many}: up to {say.money(_sum(group), total.currency)} a month"
    return page.answer(QUESTION, f"{first}. Everything together can be expected to save {headline(total)}, net.")


def savings_figures(
    total: Total, kept: Sequence[KeptRecommendation], banked: Sequence[Banked], rates: Rates | None = None
) -> Element:
    """Show the net saving with its range, what is approved, what was realised this year, and the savings rate."""
    own = [one for one in kept if one.recommendation.currency == total.currency]
    approved = [one for one in own if one.status in TO_BE_DONE]
    waiting = sum(one.status == "pending" for one in own)
    mine = [row for row in banked if row.currency == total.currency]
    low, high = say.money(total.low), say.money(total.high)
    found = f"{low} sure, {high} if all works out; {say.plural(len(total.counted), 'finding')}"
    decided = f"{say.plural(waiting, 'recommendation')} to be decided" if own else "nothing was written down yet"
    proven = _sum_of(mine, "banked")
    figures = [
        Figure("Net savings, a month", say.money(total.base, total.currency), found if total.counted else NOTHING),
        Figure("Approved, to be done", say.money(_approved(approved), total.currency), decided),
        Figure("Realised this year", say.money(proven, total.currency), _claimed_note(mine, total.currency)),
    ]
    if rates is not None:
        rate, covered = say.ratio(rates.savings_rate or 0), say.ratio(rates.coverage or 0)
        known = rates.savings_rate is not None
        note = f"of eligible usage; {covered} of it covered" if known else "no eligible usage on the bill"
        figures.append(Figure("Effective savings rate", rate if known else "not known", note))
    return page.figures(figures)


def _claimed_note(banked: Sequence[Banked], currency: str) -> str:
    claimed = _sum_of(banked, "claimed")
    if not claimed:
        return "nothing is said to be done yet"
    open_ = _sum_of(banked, "unverified")
    waits = f"; {say.money(open_)} of it waits for bills" if open_ else ""
    return f"by later bills; {say.money(claimed, currency)} was claimed{waits}"


def savings_table(
    total: Total,
    limit: int = 0,
    *,
    ranked: Sequence[Ranked] = (),
    kept: Sequence[KeptRecommendation] = (),
) -> Element:
    """Show the do-first list; `limit` 0 = all.

    Args:
        ranked: the same findings, what brings most for the work first; () = as they are, the largest saving first.
        kept: what was written down of them, for their status and ids.
    """
    per_hour = {one.recommendation.fingerprint: one.per_hour for one in ranked}
    ordered = [one.recommendation for one in ranked] or list(total.counted)
    known = {one.recommendation.fingerprint: one for one in kept}
    shown = ordered[: limit or None]
    rows = [_row(one, per_hour.get(one.fingerprint), known.get(one.fingerprint)) for one in shown]
    columns = {
        "what": Column("Finding"),
        "saving": Column("Net, a month", "money"),
        "confidence": Column("Confidence", "percent"),
        **({"effort": Column("Work"), "per_hour": Column("Brings per hour of work", "money")} if ranked else {}),
        **({"status": Column("Status", "status", word_from="status_word")} if kept else {}),
        "owner": Column("Team"),
        "action": Column("What to do, and why", "sentence"),
        "copy": Column("", "copy"),
    }
    is_cut = len(shown) < len(ordered)
    part = (
        f"{len(shown)} of {say.plural(len(ordered), 'finding')}; all" if is_cut else say.plural(len(shown), "finding")
    )
    title = f"{part} can be expected to save {say.money(total.base, total.currency)} a month" if shown else ""
    # What an hour of work brings cannot be added up.
    sums = "" if is_cut or ranked else "All"
    return table(_frame(rows), columns, title=title, source=SOURCE, currency=total.currency, empty=NOTHING, total=sums)


def savings_by_type(total: Total) -> page.Showable:
    """Draw what each kind of waste is worth."""
    kinds = [(noun(type_, len(group)), _expected(group)) for type_, group in _groups(total.counted)]
    title = f"Most can be expected from {kinds[0][0]}" if kinds else ""
    groups = [(name[:1].upper() + name[1:], saving) for name, saving in kinds]
    return _bars(groups, total, title, "by kind of finding", empty="No kind of finding is there.")


def savings_by_owner(total: Total) -> page.Showable:
    """Draw whose savings they are."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for r in total.counted:
        sums[r.owner or NOBODY] += _expected([r])
    groups = sorted(sums.items(), key=lambda group: (-group[1], group[0]))
    title = f"Team {groups[0][0]} can save most" if groups else ""
    if groups and groups[0][0] == NOBODY:
        title = "Most can be saved where no team is named"
    return _bars(groups, total, title, "by team", empty="No team has a saving to its name.")


def savings_actions(total: Total, *, as_of: date) -> Element:
    """Say the three things that can be expected to bring most, for the team that pays for most of each."""
    items = [
        Action(
            text=_do(type_, group),
            money=f"up to {say.money(_sum(group), total.currency)} a month",
            owner=_owner(group),
            due=say.day(as_of + timedelta(days=14), "full"),
        )
        for type_, group in _groups(total.counted)
    ]
    return page.actions(items, "Nothing to do: no finding can be expected to save money.")


def savings_result(total: Total, rates: Rates, banked: Sequence[Banked]) -> dict[str, object]:
    """Give the headline numbers for `result.json`: exact, without words; what each is made of is in the lake."""
    mine = [row for row in banked if row.currency == total.currency]
    return {
        "currency": total.currency,
        "net_monthly": total.base,
        "low": total.low,
        "high": total.high,
        "findings": {one.fingerprint: one.monthly_savings for one in total.counted},
        "reviews": len(total.reviews),
        "claimed_year_to_date": _sum_of(mine, "claimed"),
        "banked_year_to_date": _sum_of(mine, "banked"),
        "savings_rate": rates.savings_rate,
        "coverage": rates.coverage,
        "utilisation": rates.utilisation,
    }


def _row(one: Recommendation, per_hour: Decimal | None, kept: KeptRecommendation | None) -> dict[str, Any]:
    colour, word = STATUS.get(kept.status, ("grey", kept.status)) if kept else ("grey", "found today")
    return {
        "what": f"{noun(one.type)} {one.resource_name or short(one.resource_id)}",
        "saving": one.monthly_savings,
        "confidence": one.confidence,
        "effort": EFFORTS[one.effort],
        "per_hour": per_hour,
        "status": colour,
        "status_word": word,
        "owner": one.owner or NOBODY,
        "action": f"{one.action}: {one.evidence}",
        "copy": _to_copy(one, kept),
    }


def _to_copy(one: Recommendation, kept: KeptRecommendation | None) -> str:
    """Write the action so that it can be pasted into a ticket."""
    place = ", ".join(part for part in (one.account, one.region) if part)
    saved = f"saves up to {say.money(one.monthly_savings, one.currency, 'cent')} a month"
    where = f" ({place})" if place else ""
    more = f"; finops savings show {kept.recommendation_id}" if kept else ""
    return f"{one.action}: {one.resource_id or noun(one.type)}{where}. {one.evidence}; {saved}{more}"


def _approved(approved: Sequence[KeptRecommendation]) -> Decimal:
    return sum((one.recommendation.monthly_savings for one in approved), Decimal(0))


def _sum_of(rows: Iterable[Banked], name: str) -> Decimal:
    return sum((getattr(row, name) for row in rows), Decimal(0))


def _groups(found: Iterable[Recommendation]) -> list[tuple[str, list[Recommendation]]]:
    """Gather what goes by one name, under the type of the first: clouds differ, readers need not know it."""
    types: dict[str, str] = {}
    groups: dict[str, list[Recommendation]] = defaultdict(list)
    for r in found:
        groups[types.setdefault(noun(r.type), r.type)].append(r)
    return sorted(groups.items(), key=lambda g: (-_expected(g[1]), g[0]))


def _bars(groups: Sequence[tuple[str, Decimal]], total: Total, title: str, by: str, *, empty: str) -> page.Showable:
    amounts = pl.Decimal(38, 12)
    frame = pl.DataFrame(groups, schema=[("name", pl.String()), ("expected_savings", amounts)], orient="row")
    return charts.ranked(
        frame,
        label="name",
        value="expected_savings",
        currency=total.currency,
        top=MOST_BARS,
        title=title,
        subtitle=f"Expected net savings a month in {total.currency}, {by}, effective cost weighed by confidence",
        source="daily_resource_meter_cost, inventory, metrics, commitment_usage",
        empty=empty,
    )


def _do(type_: str, group: Sequence[Recommendation]) -> str:
    """Say what is done about the findings of a type, in the words of the largest of them."""
    action = group[0].action
    return f"{say.plural(len(group), noun(type_), noun(type_, 2))}: {action}"


def _owner(group: Sequence[Recommendation]) -> str:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for r in group:
        sums[r.owner] += r.monthly_savings
    first = max(sorted(sums), key=lambda team: sums[team])
    others = len(sums) - 1
    name = f"team {first}" if first else NOBODY
    return f"{name} and {others} more" if others else name


def _sum(group: Iterable[Recommendation]) -> Decimal:
    return sum((r.monthly_savings for r in group), Decimal(0))


def _expected(group: Iterable[Recommendation]) -> Decimal:
    return sum((r.monthly_savings * Decimal(str(r.confidence)) for r in group), Decimal(0))


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    money = pl.Decimal(38, 12)
    texts = ("what", "effort", "status", "status_word", "owner", "action", "copy")
    schema: dict[str, Any] = {
        **dict.fromkeys(texts, pl.String()),
        "saving": money,
        "confidence": pl.Float64(),
        "per_hour": money,
    }
    return pl.DataFrame(rows, schema=schema)
