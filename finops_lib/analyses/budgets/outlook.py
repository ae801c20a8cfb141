"""The house's forecaster, asked by budgets: what is expected of each, and by which courses it may be used up."""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.analyses.budgets.history import Forecaster, Outlook, Past
from finops_lib.analyses.forecasts import Panel, forecast
from finops_lib.plans import FutureEvent


def forecaster(method: str = "workbench", *, events: Sequence[FutureEvent] = ()) -> Forecaster:
    """Give a forecaster for `review_budgets`.

    Args:
        method: a name from METHODS of `analyses.forecasts`.
        events: decided changes; `series` of each names a budget.
    """

    def ask(past: Past, *, days: int) -> Outlook:
        panel = Panel(past.series, past.first_day, past.costs, past.incomplete_days, past.scheduled)
        return forecast(panel, days=days, method=method, events=[one for one in events if one.series in past.series])

    return ask
