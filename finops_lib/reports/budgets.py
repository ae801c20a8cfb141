"""The budget page in words: which budgets will break, when, why, and what is to be done about them."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.findings import BudgetStatus
from finops_lib.plans import Budget
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Action, Element, Figure
from finops_lib.reports.tables import Column, table

QUESTION = "Which budgets will break, when, and why?"
NO_PLAN = "There is no budget yet: write some into params/budget_plan.yaml, and this page watches them."
WORDS = {"red": "exceeded", "orange": "will break", "yellow": "at risk", "green": "on track", "grey": "not known"}
HOW = (
    "Month to date is every complete day. Each budget says what it counts: effective cost leaves out tax, credits and "
    "the purchase of commitments, billed cost takes everything; corrections of earlier months stand apart. Of the days "
    "left a thousand possible courses are drawn: 80 % of them end between the low and the high forecast. Fees come on "
    "their days and are not extrapolated. Days that are not complete yet can make a status worse, never better, and a "
    "source that falls silent makes it not known."
)


def budget_answer(statuses: Sequence[BudgetStatus], plan: Sequence[Budget] = ()) -> Element:
    """Answer the page's question in one or two sentences."""
    if not statuses:
        return page.answer(QUESTION, _why_none(plan), "grey")
    over, breaking, unknown = ([s for s in statuses if s.colour == c] for c in ("red", "orange", "grey"))
    rest = f" {say.names(s.budget for s in unknown)} cannot be told." if unknown else ""
    if len(unknown) == len(statuses):
        return page.answer(QUESTION, f"That cannot be told yet: {unknown[0].budget}, {unknown[0].reason}.", "grey")
    if not over and not breaking:
        known = say.plural(len(statuses) - len(unknown), "budget")
        return page.answer(QUESTION, f"None of {known}, as far as can be told.{rest}", "green")
    parts = [f"{say.names(s.budget for s in over)} {'is' if len(over) == 1 else 'are'} over"] if over else []
    parts += [f"{say.names(s.budget for s in breaking)} will be"] if breaking else []
    worst = [*over, *breaking][0]
    share = f"{len(over) + len(breaking)} of {say.plural(len(statuses), 'budget')}"
    words = f"{share}: {', '.join(parts)}{'' if over else ' over'}. Worst: {worst.budget}, {worst.reason}.{rest}"
    return page.answer(QUESTION, words, worst.colour, WORDS[worst.colour])


def budget_figures(
    statuses: Sequence[BudgetStatus], currency: str, accuracy: tuple[Decimal, Decimal] | None = None
) -> Element:
    """Show how many budgets break, the money at risk, and how good last month's forecasts were.

    Args:
        accuracy: sum of absolute errors of last month's forecasts of the 10th, and what was charged.
    """
    if not statuses:
        return page.sentence("There is no budget to add up.")
    mine = [s for s in statuses if s.currency == currency]
    at_risk = sum((_over(s) for s in mine), Decimal(0))
    planned = sum((s.amount for s in mine), Decimal(0))
    others = {s.currency for s in statuses} - {currency}
    without = f"; without {say.names(others)}" if others else ""
    figures = [
        Figure("Exceeded", _count(statuses, "red"), _names(statuses, "red")),
        Figure("Will break", _count(statuses, "orange"), _names(statuses, "orange")),
        Figure(
            "Money at risk",
            say.money(at_risk, currency),
            f"expected above {say.money(planned, currency)} of budgets, which may overlap{without}",
        ),
    ]
    if accuracy is not None:
        share, _, base = say.percent(accuracy[0], accuracy[1], currency).partition(" of ")
        figures.append(Figure("Forecast error last month", share, f"of {base}, as forecast on the 10th"))
    return page.figures(figures)


def budget_table(
    statuses: Sequence[BudgetStatus], plan: Sequence[Budget] = (), courses: pl.DataFrame | None = None
) -> Element:
    """Show every budget, the worst first; of the same colour, the one with most money at risk.

    Args:
        plan: names the owners.
        courses: gives each line its course of daily cost (`analyses.budgets.courses`).
    """
    owners = {budget.name: budget.owner for budget in plan}
    rows = [
        {
            "status": s.colour,
            "word": WORDS[s.colour],
            "budget": s.budget,
            "scope": _scope(s),
            "owner": owners.get(s.budget, ""),
            "currency": s.currency,
            "amount": s.amount,
            # Nothing known is not the same as nothing spent.
            "actual": None if _is_unseen(s) else s.actual,
            "share": None if _is_unseen(s) or not s.amount else s.actual / s.amount,
            "forecast": s.forecast,
            "at_risk": _at_risk(s),
            "course": _course(courses, s),
            "reason": s.reason,
        }
        for s in _by_risk(statuses)
    ]
    columns = {
        "status": Column("Status", "status", word_from="word"),
        "budget": Column("Budget"),
        "owner": Column("Owner", in_mail=False),
        "amount": Column("Budget of its period", "money", currency_from="currency"),
        "actual": Column("Spent", "money", currency_from="currency"),
        "share": Column("of budget", "percent", in_mail=False),
        "forecast": Column("Expected", "money", currency_from="currency"),
        "at_risk": Column("At risk", "money", currency_from="currency", in_mail=False),
        "course": Column("Each day", "spark"),
        "reason": Column("Why", in_mail=False),
    }
    if courses is None:
        del columns["course"]
    if not any(owners.values()):
        del columns["owner"]
    title = _finding(statuses)
    return table(_frame(rows), columns, title=title, source=_source(statuses), empty=_why_none(plan))


def budget_charts(statuses: Sequence[BudgetStatus], courses: pl.DataFrame, limit: int = 4) -> Element:
    """Draw the burn-down of the worst budgets; a sentence when none is in danger."""
    drawn = [s for s in statuses if s.colour in ("red", "orange", "yellow")][:limit]
    if not drawn:
        return page.sentence("No budget is known to be in danger, so there is no burn-down to look at.")
    return page.beside(*(_burn_down(status, courses.filter(pl.col("budget") == status.budget)) for status in drawn))


def budget_actions(statuses: Sequence[BudgetStatus], plan: Sequence[Budget] = ()) -> Element:
    """Say what to do about the worst three."""
    owners = {budget.name: budget.owner for budget in plan}
    breaking = [s for s in statuses if s.colour in ("red", "orange")]
    items = [
        Action(
            text=f"{s.budget}: find {say.money(_over(s), s.currency)} by the end of its period, or amend the budget",
            money=say.money(_over(s), s.currency),
            owner=owners.get(s.budget, "") or "its owner, who is not named in the plan",
            due=say.day(_due(s), "full"),
        )
        for s in sorted(breaking, key=lambda s: (s.currency != breaking[0].currency, -_over(s)))
    ]
    if not statuses:
        return page.actions([], "Nothing to do here." if plan else "Write down what each team may spend.")
    is_known = any(s.colour != "grey" for s in statuses)
    quiet = "Nothing to do: no budget is exceeded or expected to be."
    return page.actions(items, quiet if is_known else "Find out why no budget's status is known; the table says it.")


def budget_method() -> Element:
    """Say what counts and how the forecast is made."""
    return page.sentence(HOW)


def _burn_down(status: BudgetStatus, course: pl.DataFrame) -> page.Showable:
    ahead = course.filter(pl.col("expected_total").is_not_null()).select(
        "day", low="low_total", expected="expected_total", high="high_total"
    )
    return charts.burn_down(
        course.filter(pl.col("cost").is_not_null()),
        y="cost",
        amount=status.amount,
        start=status.period_start,
        end=status.period_end,
        incomplete_from=status.data_through + timedelta(days=1),
        forecast=None if ahead.is_empty() else ahead,
        currency=status.currency,
        height=220,
        title=f"{status.budget}: {status.reason}",
        subtitle=f"Running total in {status.currency}, {_span(status)}, {_scope(status)}",
        source="daily_cost",
    )


def _span(status: BudgetStatus) -> str:
    return say.days(status.period_start, status.period_end - timedelta(days=1))


def _scope(status: BudgetStatus) -> str:
    # An expression says itself what it is about.
    return status.scope_value if status.scope_type == "expression" else f"{status.scope_type} {status.scope_value}"


def _course(courses: pl.DataFrame | None, status: BudgetStatus) -> list[float]:
    if courses is None:
        return []
    is_mine = (pl.col("budget") == status.budget) & (pl.col("day") <= status.data_through)
    return [float(cost) for cost in courses.filter(is_mine).get_column("cost") if cost is not None]


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    amounts = pl.Decimal(38, 12)
    schema = [
        *((name, pl.String()) for name in ("status", "word", "budget", "scope", "owner", "currency")),
        ("amount", amounts),
        ("actual", amounts),
        ("share", pl.Float64()),
        ("forecast", amounts),
        ("at_risk", amounts),
        ("course", pl.List(pl.Float64())),
        ("reason", pl.String()),
    ]
    ready = [{**row, "share": None if row["share"] is None else float(row["share"])} for row in rows]
    return pl.DataFrame(ready, schema=schema)


def _by_risk(statuses: Sequence[BudgetStatus]) -> list[BudgetStatus]:
    # Amounts of two currencies do not compare: each stays among its own.
    currencies = list(dict.fromkeys(s.currency for s in statuses))

    def rank(s: BudgetStatus) -> tuple[int, int, Decimal]:
        return list(WORDS).index(s.colour), currencies.index(s.currency), -(_at_risk(s) or Decimal(0))

    return sorted(statuses, key=rank)


def _at_risk(status: BudgetStatus) -> Decimal | None:
    """Give what is expected above the amount, or may be in one of ten futures; None where nothing is."""
    for end in (status.forecast if status.forecast is not None else status.actual, status.forecast_p90):
        if end is not None and end > status.amount and status.colour != "grey":
            return end - status.amount
    return None


def _is_unseen(status: BudgetStatus) -> bool:
    return status.colour == "grey" and status.burn_per_day is None and status.actual == 0


def _finding(statuses: Sequence[BudgetStatus]) -> str:
    counts = [(WORDS[c], sum(s.colour == c for s in statuses)) for c in ("red", "orange", "yellow", "grey", "green")]
    return "Budgets: " + ", ".join(f"{count} {word}" for word, count in counts if count)


def _source(statuses: Sequence[BudgetStatus]) -> str:
    if not statuses:
        return ""
    through = max(s.data_through for s in statuses)
    kinds = "billed or effective cost as each budget says, effective without tax and credits"
    return f"daily_cost, {say.days(statuses[0].period_start, through)}; {kinds}"


def _why_none(plan: Sequence[Budget]) -> str:
    return f"None of {say.plural(len(plan), 'budget')} has cost at this provider." if plan else NO_PLAN


def _over(status: BudgetStatus) -> Decimal:
    end = status.forecast if status.forecast is not None else status.actual
    return max(end - status.amount, Decimal(0))


def _due(status: BudgetStatus) -> Any:
    # What is exceeded cannot wait for the day on which it was: two days to answer.
    soon = status.data_through + timedelta(days=2)
    return max(status.exhaustion_date, soon) if status.exhaustion_date else soon


def _count(statuses: Sequence[BudgetStatus], colour: str) -> str:
    return f"{sum(s.colour == colour for s in statuses)} of {len(statuses)}"


def _names(statuses: Sequence[BudgetStatus], colour: str) -> str:
    named = [s.budget for s in statuses if s.colour == colour]
    return say.names(named) if named else "no budget"
