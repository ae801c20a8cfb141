"""The start page in words: what is fresh, what is red, what waits for somebody, and where to go next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import polars as pl

from finops_lib.findings import Anomaly, BudgetStatus, KeptRecommendation
from finops_lib.plans import Budget
from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.budgets import budget_table
from finops_lib.reports.ingestion import complete_words, late_sources, source_names
from finops_lib.reports.page import Action, Element, Figure
from finops_lib.reports.start_workings import Workings, dead_words, unwell
from finops_lib.reports.tables import Column, table

QUESTION = "What is fresh, what is red?"
EMPTY = "The lake holds no charges yet, so nothing can be fresh or red."
# What somebody still has to look at, and what waits for a yes or no.
_OPEN = ("open", "acknowledged")
_TO_DECIDE = ("pending",)
_MOST_ROWS = 10


@dataclass(frozen=True, slots=True)
class Standing:
    """Where everything stands.

    Args:
        sources: the rows of `ingestion_sources`; none = an empty lake.
        anomalies: those that are written down and open, the largest money first.
        savings: those that wait for a decision, the largest first.
        currency: of the sums; what is in another is counted and not added.
    """

    sources: pl.DataFrame
    statuses: tuple[BudgetStatus, ...]
    anomalies: tuple[Anomaly, ...]
    savings: tuple[KeptRecommendation, ...]
    workings: Workings
    as_of: date
    currency: str

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to speak about."""
        return self.sources.is_empty()

    @property
    def red(self) -> list[BudgetStatus]:
        """The budgets that are over or will be."""
        return [status for status in self.statuses if status.colour in ("red", "orange")]


def standing(
    sources: pl.DataFrame,
    *,
    statuses: Sequence[BudgetStatus],
    anomalies: Sequence[Anomaly],
    recommendations: Sequence[KeptRecommendation],
    workings: Workings,
    as_of: date,
    currency: str,
) -> Standing:
    """Choose what somebody has to look at from all that is known."""
    waiting = [one for one in recommendations if one.status in _TO_DECIDE]
    return Standing(
        sources=sources,
        statuses=tuple(statuses),
        anomalies=tuple(one for one in anomalies if one.status in _OPEN),
        savings=tuple(sorted(waiting, key=lambda one: one.recommendation.monthly_savings, reverse=True)),
        workings=workings,
        as_of=as_of,
        currency=currency,
    )


def start_answer(now: Standing) -> Element:
    """Answer the page's question in two or three sentences."""
    if now.is_empty:
        return page.answer(QUESTION, f"{EMPTY} What to do first is said below.", "grey")
    late = late_sources(now.sources)
    silent = f"; {say.names(source_names(late, among=now.sources))} stopped delivering" if late else ""
    fresh = f"The data is {complete_words(now.sources)}{silent}."
    wrong = [*_red_words(now), *_unwell_words(now.workings)]
    red = f"Red: {'; '.join(wrong)}." if wrong else "Nothing is red."
    waits = f" For a decision wait {_waiting_words(now)}." if now.anomalies or now.savings else ""
    colour = "red" if wrong else "yellow" if late or now.anomalies else "green"
    return page.answer(QUESTION, f"{fresh} {red}{waits}", colour)


def start_figures(now: Standing) -> Element:
    """Show the four numbers of the day."""
    if now.is_empty:
        return page.sentence("There is nothing to count yet.")
    ill, dead = unwell(now.workings), now.workings.dead_letters
    budgets = say.names(status.budget for status in now.red) if now.red else f"of {len(now.statuses)}"
    return page.figures(
        [
            Figure("Budgets over, or soon", say.number(len(now.red)), budgets),
            Figure("Open anomalies", say.number(len(now.anomalies)), _impact_words(now)),
            Figure("Savings to decide", say.number(len(now.savings)), _saving_words(now)),
            Figure(
                "Not well",
                say.number(len(ill) + len(dead)),
                f"{say.plural(len(ill), 'job')}, {say.plural(len(dead), 'message')} that cannot be sent",
            ),
        ]
    )


def red_budgets(now: Standing, plan: Sequence[Budget]) -> Element:
    """Show the budgets that are over or will be, the worst first; with none at all, how to write some."""
    if now.statuses and not now.red:
        return page.sentence(f"None of {say.plural(len(now.statuses), 'budget')} is over or will be.")
    return budget_table(now.red, plan)


def open_anomalies(now: Standing) -> Element:
    """Show the open anomalies, the largest money first."""
    rows = [
        {"what": one.scope, "since": one.start, "impact": one.impact, "currency": one.currency, "status": one.status,
         "owner": one.owner, "cause": one.cause, "id": one.anomaly_id}
        for one in now.anomalies
    ]  # fmt: skip
    columns = {
        "what": Column("Where"),
        "since": Column("Since", "day"),
        "impact": Column("Against the usual", "change", currency_from="currency"),
        "status": Column("Status"),
        "owner": Column("Owner"),
        "cause": Column("What moved", "sentence"),
        "id": Column("Id"),
    }
    nothing = "No anomaly is open. What nobody has looked for is not found: finops anomalies detect"
    return table(
        pl.DataFrame(rows), columns if rows else {}, title=_impact_words(now), empty=nothing, limit=_MOST_ROWS,
        source="state.anomaly, effective cost",
    )  # fmt: skip


def savings_to_decide(now: Standing) -> Element:
    """Show the recommendations that nobody has approved or rejected, the largest saving first."""
    rows = [
        {"what": one.recommendation.type, "resource": one.recommendation.resource_id.rsplit("/", 1)[-1],
         "saving": one.recommendation.monthly_savings, "currency": one.recommendation.currency,
         "owner": one.recommendation.owner, "action": one.recommendation.action, "id": one.recommendation_id}
        for one in now.savings
    ]  # fmt: skip
    columns = {
        "what": Column("Finding"),
        "resource": Column("Resource"),
        "saving": Column("At most, a month", "money", currency_from="currency"),
        "owner": Column("Team"),
        "action": Column("What to do", "sentence"),
        "id": Column("Id"),
    }
    nothing = "No saving waits for a decision. What nobody has looked for is not found: finops savings find"
    return table(
        pl.DataFrame(rows), columns if rows else {}, title=_saving_words(now), empty=nothing, limit=_MOST_ROWS,
        source="state.recommendation",
    )  # fmt: skip


def start_actions(now: Standing) -> Element:
    """Say the first three things to do; on an empty lake, how to begin."""
    if now.is_empty:
        first = [
            Action("See it work on a sample: finops demo"),
            Action("Load a bill of yours: finops ingest PATH --source NAME"),
            Action("Have bills fetched: write sources into params/workbench.yaml, then finops collect"),
        ]
        return page.actions(first)
    todo = [
        Action(f"Find out why {name} stopped delivering: finops doctor")
        for name in source_names(late_sources(now.sources), among=now.sources)[:1]
    ]
    todo += [Action(f"Look after the job {job.job} ({job.error or job.status.lower()}): finops schedule history")
             for job in unwell(now.workings)[:1]]  # fmt: skip
    todo += [Action(f"{dead_words(now.workings)}: finops alerts outbox") for _ in now.workings.dead_letters[:1]]
    todo += [Action(f"Budget {one.budget}: decide what stops, or amend it ({one.reason})") for one in now.red[:1]]
    todo += [Action(f"Say what {one.scope} was: finops anomalies show {one.anomaly_id}", owner=one.owner,
                    money=say.money(one.impact, one.currency)) for one in now.anomalies[:1]]  # fmt: skip
    todo += [Action(f"Decide on {one.recommendation.type}: finops savings show {one.recommendation_id}",
                    owner=one.recommendation.owner,
                    money=f"{say.money(one.recommendation.monthly_savings, one.recommendation.currency)} a month")
             for one in now.savings[:1]]  # fmt: skip
    return page.actions(todo)


def start_result(now: Standing) -> Mapping[str, object]:
    """Give the numbers of the page for scripts and mails."""
    return {
        "as_of": now.as_of,
        "currency": now.currency,
        "complete_through": {row["x_SourceId"]: row["complete_through"] for row in now.sources.to_dicts()},
        "stopped_delivering": source_names(late_sources(now.sources), among=now.sources),
        "red_budgets": [status.budget for status in now.red],
        "open_anomalies": [one.anomaly_id for one in now.anomalies],
        "savings_to_decide": [one.recommendation_id for one in now.savings],
        "jobs_not_well": [job.job for job in unwell(now.workings)],
        "dead_letters": len(now.workings.dead_letters),
    }


def _red_words(now: Standing) -> list[str]:
    if not now.red:
        return []
    return [f"{say.plural(len(now.red), 'budget')} ({say.names(status.budget for status in now.red)})"]


def _unwell_words(workings: Workings) -> list[str]:
    ill = [job.job for job in unwell(workings)]
    jobs = [f"{say.plural(len(ill), 'job')} ({say.names(ill)})"] if ill else []
    return jobs + ([dead_words(workings)] if workings.dead_letters else [])


def _waiting_words(now: Standing) -> str:
    parts = [say.plural(len(now.anomalies), "anomaly", "anomalies")] if now.anomalies else []
    parts += [say.plural(len(now.savings), "saving")] if now.savings else []
    return say.names(parts)


def _impact_words(now: Standing) -> str:
    mine = [Decimal(str(one.impact)) for one in now.anomalies if one.currency == now.currency]
    return _sum_words(sum(mine, Decimal(0)), len(now.anomalies) - len(mine), now, "against the usual")


def _saving_words(now: Standing) -> str:
    found = [one.recommendation for one in now.savings]
    mine = [one.monthly_savings for one in found if one.currency == now.currency]
    return _sum_words(sum(mine, Decimal(0)), len(found) - len(mine), now, "a month at most")


def _sum_words(total: Decimal, others: int, now: Standing, what: str) -> str:
    rest = f"; {say.number(others)} in other currencies" if others else ""
    return f"{say.money(total, now.currency)} {what}{rest}"
