"""Fetch the days that a custom alert rule is held against: what its scope cost, and what its budgets say of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from finops_lib.analyses.alerts.readings import percent_of
from finops_lib.analyses.alerts.rules import Rule
from finops_lib.analyses.scopes import canonical, parse_scope
from finops_lib.errors import ConfigError
from finops_lib.lake.open import Lake
from finops_lib.marts.scoped import scoped_costs
from finops_lib.state.budget_status import status_history, statuses_of_period
from finops_lib.state.budgets import list_budgets
from finops_lib.state.open import State

if TYPE_CHECKING:
    import polars as pl

_MONEY_DIGITS = (38, 12)
# Enough for any window that is asked of a budget, which speaks of one period at a time.
_PERIODS = 3


def rule_days(lake: Lake, state: State, rule: Rule, *, as_of: date, judged_at: datetime) -> pl.DataFrame:
    """Give the days of a rule's scope in the rule's currency, through the complete day `as_of`.

    Returns:
        day, billed_cost, effective_cost (exact); for metrics of budgets also burn_multiple and forecast_share (percent
        of the amount), as the newest status of the scope's budget said on each day its data reached.
    Raises:
        ConfigError: the rule's scope is none, or it asks for a budget's metric and no budget has that scope.
    """
    import polars as pl

    scope = parse_scope(rule.scope)
    # Two windows, and the days in a row before them.
    since = as_of - timedelta(days=2 * rule.window_days + rule.consecutive + 62)
    moment = judged_at.replace(tzinfo=None).isoformat(timespec="seconds")
    with scoped_costs(lake.con, [scope], since=since) as costs:
        days = costs.days(as_of=as_of, judged_at=moment)
    summed = (
        days.filter(pl.col("BillingCurrency") == rule.currency)
        .group_by("day")
        .agg(pl.col("billed_cost").sum(), pl.col("effective_cost").sum())
        .sort("day")
    )
    if rule.metric not in ("burn_multiple", "forecast_share"):
        return summed
    said = _of_budgets(state, rule, canonical(scope))
    money = pl.Decimal(*_MONEY_DIGITS)
    joined = summed.join(said, on="day", how="full", coalesce=True).sort("day")
    return joined.with_columns(pl.col("billed_cost", "effective_cost").fill_null(Decimal(0)).cast(money))


def _of_budgets(state: State, rule: Rule, scope: str) -> pl.DataFrame:
    import polars as pl

    names = [kept.budget.name for kept in list_budgets(state) if kept.budget.scope == scope and not kept.is_closed]
    if not names:
        raise ConfigError(
            f"rule {rule.name!r} asks for {rule.metric}, and no budget has the scope {scope}",
            next_step="give the rule the scope of a budget: finops budgets list",
            rule=rule.name,
        )
    starts = [kept.status.period_start for kept in status_history(state, names[0], periods=_PERIODS)]
    with state.read() as session:
        statuses = [status for start in starts for status in statuses_of_period(session, names[0], start)]
    rows = {
        status.data_through: {
            "day": status.data_through,
            "burn_multiple": status.burn_multiple,
            "forecast_share": percent_of(status.forecast_p50, status.amount),
        }
        for status in statuses
    }
    schema = {"day": pl.Date, "burn_multiple": pl.Float64, "forecast_share": pl.Float64}
    return pl.DataFrame(list(rows.values()), schema=schema)
