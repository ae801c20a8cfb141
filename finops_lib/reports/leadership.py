"""The leadership page: are we in control? Under 250 words, at most ten numbers, the same layout every week.

saved                   what the year's savings come to
leadership_answer, leadership_figures, leadership_chart
leadership_movers       three, each with cause, owner, action and day
leadership_decisions    at most two, each with its money and its deadline
leadership_risks, leadership_result
Source: domain.md 8.3.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.findings import BudgetStatus
from finops_lib.plans import Budget
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.investigated import Details
from finops_lib.reports.overview import NOTHING, Totals, company_budget
from finops_lib.reports.page import Action, Element, Figure, Showable
from finops_lib.reports.savings import Total
from finops_lib.reports.savings_words import noun

QUESTION = "Are we in control?"
MOST_MOVERS, MOST_DECISIONS = 3, 2
NOT_YET = "not known yet"
_SAYS = {"red": "No", "orange": "No", "yellow": "Perhaps", "green": "Yes", "grey": "That cannot be told"}
_WORDS = {"red": "over budget", "orange": "will break", "yellow": "at risk", "green": "in control", "grey": NOT_YET}
# What a change is mostly made of -> in a word, and what its owner does about it.
_CAUSES = {
    "quantity": ("usage", "confirm it or size it down"),
    "mix": ("mix", "confirm the dearer kinds"),
    "list_price": ("price", "ask the provider"),
    "rate": ("price", "ask the provider"),
    "negotiated_price": ("price", "ask the provider"),
    "commitment": ("commitment coverage", "renew or buy"),
    "unused_commitment": ("unused commitment", "move use onto it"),
    "new": ("new", "confirm or stop it"),
    "gone": ("ended", "confirm that it is over"),
    "fee": ("fee or purchase", "confirm it"),
}
_GRADUAL = ("gradual", "confirm that it is planned")
_DAYS_TO_ACT, _DAYS_TO_DECIDE = 7, 14


class Measures(Protocol):
    """What commitments do, as `analyses.commitments` measures it."""

    @property
    def savings_rate(self) -> float | None: ...


class Realised(Protocol):
    """What one type of advice brought, as bills show."""

    @property
    def currency(self) -> str: ...
    @property
    def verified(self) -> int: ...
    @property
    def banked(self) -> Decimal: ...


class Term(Protocol):
    """How long a commitment runs, as `analyses.commitments` says."""

    @property
    def name(self) -> str: ...
    @property
    def commitment_id(self) -> str: ...
    @property
    def end(self) -> date | None: ...
    @property
    def monthly_cost(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


class Expiring(Protocol):
    """A commitment that ends soon."""

    @property
    def term(self) -> Term: ...


@dataclass(frozen=True, slots=True)
class Saved:
    """The effective savings rate, and what was saved this year as bills show; None = not known yet."""

    rate: float | None = None
    realised: Decimal | None = None


def saved(totals: Totals | None, rates: Measures, advice: Sequence[Realised]) -> Saved:
    """Take the rate, and add up what bills were held against: a claim alone has saved nothing.

    Args:
        rates: of the months that the savings page measures, so that both say the same.
        advice: what each type of advice brought since the first of the year.
    """
    if totals is None:
        return Saved()
    mine = [one for one in advice if one.currency == totals.currency]
    banked = sum((one.banked for one in mine if one.verified), Decimal(0))
    # Nothing done is nothing saved; done and not looked at yet is not known.
    is_known = not mine or any(one.verified for one in mine)
    return Saved(rates.savings_rate, banked if is_known else None)


def leadership_answer(totals: Totals | None, statuses: Sequence[BudgetStatus], movers: pl.DataFrame) -> Element:
    """Answer in one sentence, and say in another what changed; the month is the company's budget where there is one.

    Args:
        movers: the rows of `overview_movers`, largest change first.
    """
    if totals is None:
        return page.answer(QUESTION, NOTHING, "grey", NOT_YET)
    budget = company_budget(totals, statuses)
    colour = budget.colour if budget else "grey"
    spent, ahead = _month(totals, budget)
    month = say.month(totals.as_of)
    against = f" against {say.money(budget.amount)}" if budget else ""
    expected = f", {say.money(ahead)} expected" if ahead is not None else ""
    what = "no budget speaks for the whole company" if budget is None else f"{month} {_COURSE[colour]}"
    return page.answer(
        QUESTION,
        f"{_SAYS[colour]}: {what}. {_what_changed(movers)}",
        colour,
        _WORDS[colour],
        headline=f"{say.money(spent, totals.currency)} month to date{expected}{against}",
    )


_COURSE = {
    "red": "is over its budget",
    "orange": "is expected to end over its budget",
    "yellow": "may end over its budget",
    "green": "stays inside its budget",
    "grey": "has a budget whose status is not known",
}


def leadership_figures(totals: Totals | None, statuses: Sequence[BudgetStatus], known: Saved) -> Element:
    """Show the month against its budget, the effective savings rate, and what was saved this year."""
    if totals is None:
        return page.sentence("Headline figures appear here with the first loaded bill.")
    budget = company_budget(totals, statuses)
    spent, ahead = _month(totals, budget)
    whole = f" of {say.money(budget.amount, totals.currency)}" if budget else f" {totals.currency}"
    return page.figures(
        [
            Figure(
                f"{say.month(totals.as_of)}, expected",
                f"{say.money(ahead) if ahead is not None else NOT_YET}{whole}",
                f"{say.money(spent, totals.currency)} to date",
            ),
            Figure(
                "Effective savings rate",
                NOT_YET if known.rate is None else say.ratio(known.rate),
                "commitments, against on demand",
            ),
            Figure(
                "Realised savings this year",
                NOT_YET if known.realised is None else say.money(known.realised, totals.currency),
                "as bills show",
            ),
        ]
    )


def leadership_movers(
    movers: pl.DataFrame, looked_into: Sequence[Details], totals: Totals | None, limit: int = MOST_MOVERS
) -> Element:
    """Show what moved the month most: cause, owner, action, day.

    Args:
        movers: the rows of `overview_movers`, largest change first.
        looked_into: episodes whose charges were compared; what has none grew without leaving its range.
    """
    if totals is None or movers.is_empty():
        return page.actions([], "Nothing moved against the month before.", title="What moved")
    items = [_mover(row, looked_into, totals) for row in movers.head(limit).iter_rows(named=True)]
    return page.actions(items, title="What moved")


def leadership_decisions(
    totals: Totals | None,
    statuses: Sequence[BudgetStatus],
    plan: Sequence[Budget],
    savings: Total,
    expiring: Sequence[Expiring] = (),
) -> Element:
    """Show what is to be decided, each with money, owner and deadline: the worst budget, what ends first, a saving.

    Args:
        expiring: commitments that end within 90 days, the soonest first.
    """
    if totals is None:
        return page.actions([], "Load a first bill.", title="Decisions needed")
    found = [_amendment(totals, statuses, plan), _renewal(totals, expiring), _approval(totals, savings)]
    items = [item for item in found if item is not None][:MOST_DECISIONS]
    return page.actions(items, "None this week.", title="Decisions needed")


def leadership_risks(statuses: Sequence[BudgetStatus], expiring: Sequence[Expiring] = ()) -> Element:
    """Say in a sentence which budgets may break, of which nothing is known, and what ends; names, no more numbers."""
    breaking = [s.budget for s in statuses if s.colour in ("red", "orange")]
    unknown = [s.budget for s in statuses if s.colour == "grey"]
    parts = [f"Budgets {say.names(breaking, 2)} break" if breaking else "No budget is known to break"]
    parts += [f"of {say.names(unknown, 2)} nothing is known"] if unknown else []
    if expiring:
        first = expiring[0].term
        others = f" and {len(expiring) - 1} more" if len(expiring) > 1 else ""
        parts.append(f"commitment {_named(first)} ends on {say.day(first.end)}{others}")
    return page.callout("Risks", f"{'; '.join(parts)}.", "warning" if breaking or unknown or expiring else "ok")


def leadership_chart(totals: Totals | None, statuses: Sequence[BudgetStatus], courses: pl.DataFrame) -> Showable:
    """Draw how the company's month is used up, with the forecast's range.

    Args:
        courses: of all budgets: budget, day, cost, low_total, expected_total, high_total.
    """
    budget = company_budget(totals, statuses) if totals is not None else None
    if budget is None:
        return page.sentence("No chart: no budget speaks for the whole company.")
    course = courses.filter(pl.col("budget") == budget.budget)
    ahead = course.filter(pl.col("expected_total").is_not_null()).select(
        "day", low="low_total", expected="expected_total", high="high_total"
    )
    finding = f"{say.month(budget.period_start)} {_COURSE[budget.colour]}"
    return charts.burn_down(
        course.filter(pl.col("cost").is_not_null()),
        y="cost",
        amount=budget.amount,
        start=budget.period_start,
        end=budget.period_end,
        incomplete_from=budget.data_through + timedelta(days=1),
        forecast=None if ahead.is_empty() else ahead,
        currency=budget.currency,
        title=finding,
        subtitle=f"Running total in {budget.currency}; dashed: forecast with its likely range",
        source="daily_cost",
        alt=finding,
    )


def leadership_result(
    totals: Totals | None,
    statuses: Sequence[BudgetStatus],
    movers: pl.DataFrame,
    known: Saved,
) -> Mapping[str, object]:
    """Give the headline numbers for `result.json`: exact, without words."""
    if totals is None:
        return {"is_empty": True}
    budget = company_budget(totals, statuses)
    spent, ahead = _month(totals, budget)
    return {
        "is_empty": False,
        "as_of": totals.as_of,
        "currency": totals.currency,
        "month_cost": spent,
        "expected_month_cost": ahead,
        "budget": budget.amount if budget else None,
        "colour": budget.colour if budget else "grey",
        "savings_rate": known.rate,
        "realised_savings": known.realised,
        "movers": movers.head(MOST_MOVERS),
    }


def _month(totals: Totals, budget: BudgetStatus | None) -> tuple[Decimal, Decimal | None]:
    """Give what the month cost and is expected to: as the budget counts, so that both can be held against it."""
    return (totals.month, totals.expected_month) if budget is None else (budget.actual, budget.forecast_p50)


def _what_changed(movers: pl.DataFrame) -> str:
    if movers.is_empty():
        return "Nothing moved against the month before."
    row = movers.row(0, named=True)
    return f"{row['ServiceName']} in {row['main_account']} moved most."


def _mover(row: Mapping[str, Any], looked_into: Sequence[Details], totals: Totals) -> Action:
    service, account = row["ServiceName"], row["main_account"]
    found = next((one for one in looked_into if one.anomaly.service == service and one.decomposition.effects), None)
    cause, action = _GRADUAL
    if not row["former_cost"]:
        cause, action = _CAUSES["new"]
    elif not row["effective_cost"]:
        cause, action = _CAUSES["gone"]
    elif found is not None:
        largest = max(found.decomposition.effects, key=lambda effect: abs(effect.amount))
        cause, action = _CAUSES.get(largest.kind, (largest.kind.replace("_", " "), _GRADUAL[1]))
    owner = found.cause.owner if found is not None else ""
    return Action(
        f"{service} in {account}, {cause}: {action}",
        say.signed_money(row["change"], totals.currency),
        f"team {owner}" if owner else f"owner of {account}",
        _by(totals, _DAYS_TO_ACT),
    )


def _amendment(totals: Totals, statuses: Sequence[BudgetStatus], plan: Sequence[Budget]) -> Action | None:
    breaking = [s for s in statuses if s.colour in ("red", "orange") and s.currency == totals.currency]
    if not breaking:
        return None
    worst = max(breaking, key=_overrun)
    owners = {budget.name: budget.owner for budget in plan}
    return Action(
        f"Amend budget {worst.budget}, or decide what stops",
        f"{say.money(_overrun(worst), worst.currency)} over",
        owners.get(worst.budget) or "owner not named",
        _by(totals, _DAYS_TO_ACT),
    )


def _renewal(totals: Totals, expiring: Sequence[Expiring]) -> Action | None:
    mine = [one.term for one in expiring if one.term.currency == totals.currency]
    if not mine or mine[0].end is None:
        return None
    return Action(
        f"Renew commitment {_named(mine[0])}, or let it end",
        f"{say.money(mine[0].monthly_cost, totals.currency)} a month",
        "owner of commitments",
        say.day(mine[0].end - timedelta(days=1)),
    )


def _named(term: Term) -> str:
    # The last part of an ARN or resource id is what people know it by.
    return (term.name or term.commitment_id).rsplit("/", 1)[-1][:40]


def _approval(totals: Totals, savings: Total) -> Action | None:
    if not savings.counted:
        return None
    best = max(savings.counted, key=lambda r: (r.monthly_savings * Decimal(str(r.confidence)), r.resource_id))
    kind = noun(best.type)
    return Action(
        f"Approve the best saving: {kind}{f' in {best.account}' if best.account else ''}",
        f"up to {say.money(best.monthly_savings, best.currency)} a month",
        f"team {best.owner}" if best.owner else "no team named",
        _by(totals, _DAYS_TO_DECIDE),
    )


def _overrun(status: BudgetStatus) -> Decimal:
    return (status.actual if status.forecast_p50 is None else status.forecast_p50) - status.amount


def _by(totals: Totals, days: int) -> str:
    due: date = totals.as_of + timedelta(days=days)
    return say.day(due)
