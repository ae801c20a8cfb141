"""Fetch what the scopes of budgets cost, and what moved them, as the analyses take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from finops_lib.analyses.budgets import family_scopes, first_day_asked, windows_of
from finops_lib.analyses.scopes import parse_scope
from finops_lib.marts.figures import figure_sql
from finops_lib.marts.scoped import scoped_costs, scoped_sql
from finops_lib.plans import Budget
from finops_lib.runs.figures import HasConnection, run_query

if TYPE_CHECKING:
    import polars as pl


class Remember(Protocol):
    """Keeps a query for the fold under a report."""

    def __call__(self, name: str, sql: str, parameters: dict[str, object], rows: int) -> None: ...


def forget(name: str, sql: str, parameters: dict[str, object], rows: int) -> None:
    """Keep nothing: for those who make no report."""


@dataclass(frozen=True, slots=True)
class BudgetCosts:
    """What a review of budgets looks at: the figures `days` and `movers` of their scopes, and the rates there are."""

    days: pl.DataFrame
    movers: pl.DataFrame
    rates: pl.DataFrame


def budget_costs(
    lake: HasConnection, budgets: Sequence[Budget], *, as_of: date, judged_at: datetime, remember: Remember = forget
) -> BudgetCosts:
    """Ask the lake for all scopes of the budgets at once.

    Args:
        judged_at: a source that should have delivered by then is stale.
    """
    since = first_day_asked(budgets, as_of=as_of)
    # As text: a moment has no place among the parameters that are kept.
    moment = judged_at.replace(tzinfo=None).isoformat(timespec="seconds")
    scopes = sorted({*(budget.scope for budget in budgets), *family_scopes(budgets)})
    with scoped_costs(lake.con, [parse_scope(scope) for scope in scopes], since=since) as costs:
        days = costs.days(as_of=as_of, judged_at=moment)
        windows = windows_of(budgets, days, as_of=as_of)
        movers = costs.movers(windows)
    asked = {"scopes": scopes, "since": since, "as_of": as_of, "judged_at": moment}
    remember("budgets_scope_days", scoped_sql("days"), asked, days.height)
    remember(
        "budgets_scope_movers", scoped_sql("movers"), {"windows": [list(window) for window in windows]}, movers.height
    )
    rates_sql = figure_sql("budgets_rates")
    rates = run_query(lake, rates_sql, {})
    remember("budgets_rates", rates_sql, {}, rates.height)
    return BudgetCosts(days, movers, rates)
