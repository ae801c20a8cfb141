"""The end of the overview: the three things to do, each with its money, its owner and its day."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal

import polars as pl

from finops_lib.findings import Anomaly, BudgetStatus
from finops_lib.plans import Budget
from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.anomaly_headlines import what_of
from finops_lib.reports.overview import Totals
from finops_lib.reports.page import Action, Element
from finops_lib.reports.savings import Total
from finops_lib.reports.savings_words import noun


def overview_actions(
    totals: Totals | None,
    *,
    statuses: Sequence[BudgetStatus],
    plan: Sequence[Budget],
    anomalies: Sequence[Anomaly],
    savings: Total,
    accounts: pl.DataFrame,
) -> Element:
    """Say the three things to do: the worst budget, the dearest surprise, the best saving; else who should tag.

    Args:
        accounts: the rows of `overview_accounts`.
    """
    if totals is None:
        return page.actions([], "Load a first bill: finops ingest PATH --source NAME.")
    names = dict(zip(accounts["account_id"], accounts["account_name"], strict=True))
    candidates = [
        _budget_action(statuses, plan, totals),
        _anomaly_action(anomalies, names, totals),
        _saving_action(savings, names, totals),
        _tagging_action(accounts, totals),
    ]
    return page.actions([action for action in candidates if action][: page.MOST_ACTIONS])


def _budget_action(statuses: Sequence[BudgetStatus], plan: Sequence[Budget], totals: Totals) -> Action | None:
    breaking = [s for s in statuses if s.colour in ("red", "orange") and s.currency == totals.currency]
    if not breaking:
        return None
    worst = max(breaking, key=_overrun)
    owners = {budget.name: budget.owner for budget in plan}
    soon = totals.as_of + timedelta(days=2)
    due = max(worst.exhaustion_date or soon, soon)
    return Action(
        f"Budget {worst.budget}: decide what stops, or amend it ({worst.reason})",
        f"{say.money(_overrun(worst), worst.currency)} over",
        owners.get(worst.budget) or "owner not named in the plan",
        say.day(due),
    )


def _overrun(status: BudgetStatus) -> Decimal:
    return (status.actual if status.forecast is None else status.forecast) - status.amount


def _anomaly_action(anomalies: Sequence[Anomaly], names: Mapping[str, str], totals: Totals) -> Action | None:
    rises = [anomaly for anomaly in anomalies if anomaly.impact > 0]
    if not rises:
        return None
    worst = max(rises, key=lambda anomaly: anomaly.impact)
    account = names.get(worst.account, worst.account)
    goes_on = worst.end >= totals.as_of
    verb = "Stop or confirm" if goes_on else "Explain"
    when = f"since {say.day(worst.start)}" if goes_on else f"on {say.days(worst.start, worst.end)}"
    cause = f" ({worst.cause})" if worst.cause else ""
    return Action(
        f"{verb} the rise of {what_of(worst)} in {account} {when}{cause}",
        f"{say.money(worst.impact, worst.currency)} above the usual",
        f"owner of {account}",
        say.day(totals.as_of + timedelta(days=3)),
    )


def _saving_action(savings: Total, names: Mapping[str, str], totals: Totals) -> Action | None:
    if not savings.counted:
        return None
    # What is likely weighs more than what is large.
    best = max(savings.counted, key=lambda r: (r.monthly_savings * Decimal(str(r.confidence)), r.resource_id))
    account = names.get(best.account, best.account)
    where = f" in {account}" if account else ""
    kind = noun(best.type)
    return Action(
        f"{kind[:1].upper()}{kind[1:]} {best.resource_id.rsplit('/', 1)[-1]}{where}: {best.action}",
        f"up to {say.money(best.monthly_savings, best.currency)} a month",
        f"team {best.owner}" if best.owner else (f"owner of {account}" if account else "no team named"),
        say.day(totals.as_of + timedelta(days=14)),
    )


def _tagging_action(accounts: pl.DataFrame, totals: Totals) -> Action | None:
    teamless = accounts.filter(pl.col("teamless_cost") > 0).sort(
        "teamless_cost", "account_id", descending=[True, False]
    )
    if teamless.is_empty():
        return None
    row = teamless.row(0, named=True)
    return Action(
        f"Name a team for the untagged resources of {row['account_name']}",
        f"{say.money(row['teamless_cost'], totals.currency)} in 30 days without a team",
        f"owner of {row['account_name']}",
        say.day(totals.period.next.end - timedelta(days=1)),
    )
