"""What does a page read of budgets? The versions in force, how they stood, what was told; frozen beside its result.

A run made again reads all of it from there, whatever was amended, evaluated or told since. See `budget_plan` for why a
plan that was never imported speaks for itself.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import date

from pydantic import TypeAdapter

from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget, FutureEvent
from finops_lib.runs.budget_plan import period_start
from finops_lib.runs.folder import BUDGETS, RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import has_state, opened_state
from finops_lib.runs.readers_scope import narrow_budgets
from finops_lib.settings import Settings, load_budget_plan, load_future_events
from finops_lib.state.alerts import list_events
from finops_lib.state.budget_import import plan_changes
from finops_lib.state.budget_status import FrozenForecast, KeptStatus, frozen_forecasts, status_history
from finops_lib.state.budgets import budgets_in_force, list_budgets
from finops_lib.state.open import State

PERIODS = 12
_OF_A_PLAN = ("created", "amended")


@dataclass(frozen=True, slots=True)
class BudgetInputs:
    """What the state said of budgets when the page was made.

    Args:
        budgets: the version of each that speaks for the period of the page's day, by name.
        history: the last word on each of the last twelve periods, by budget, oldest first; none later than the page.
        forecasts: what was expected of these periods when their data reached day 1 and day 10.
        events: what was told, or superseded, about these budgets in these periods, newest first.
        changes: decided changes that forecasts know of.
        notice: what the page's reader must know about the plan; "" = nothing.
    """

    budgets: tuple[Budget, ...] = ()
    history: tuple[KeptStatus, ...] = ()
    forecasts: tuple[FrozenForecast, ...] = ()
    events: tuple[AlertEvent, ...] = ()
    changes: tuple[FutureEvent, ...] = ()
    notice: str = ""

    @property
    def kept_forecasts(self) -> list[tuple[int, BudgetStatus]]:
        """The day each was made from the data of (1, 10), and what was said."""
        return [(one.day, one.kept.status) for one in self.forecasts]


def budget_inputs(settings: Settings, folder: RunFolder, *, as_of: date, scope: str = "") -> BudgetInputs:
    """Read what a page needs of budgets, and keep it beside the result; a rerun gets what the first run kept.

    Args:
        scope: all that the page's reader may see; "" = everything.

    Raises:
        ConfigError: the plan file is wrong.
    """
    if os.environ.get(RERUN_OF):
        inputs = _read_kept(settings)
    elif has_state(settings):
        with opened_state(settings) as state:
            inputs = _read(settings, state, as_of)
    else:
        inputs = BudgetInputs(tuple(load_budget_plan(settings.budget_plan)))
    if not os.environ.get(RERUN_OF):
        inputs = replace(inputs, changes=tuple(load_future_events(settings.budget_plan)))
    if scope:
        inputs = narrow_budgets(inputs, scope)
    folder.write_input(BUDGETS, TypeAdapter(BudgetInputs).dump_json(inputs, indent=1).decode())
    return inputs


def _read(settings: Settings, state: State, as_of: date) -> BudgetInputs:
    plan, held = load_budget_plan(settings.budget_plan), {kept.budget.name: kept for kept in list_budgets(state)}
    if not held:
        return BudgetInputs(tuple(plan))
    budgets = budgets_in_force(state, as_of, lambda budget: period_start(budget, as_of))
    # A page about an earlier day does not know what came later.
    history = status_history(state, until=as_of, periods=PERIODS)
    periods = {(kept.status.budget, kept.status.period_start) for kept in history}
    forecasts = [one for one in frozen_forecasts(state) if _period_of(one.kept) in periods]
    events = [event for event in list_events(state) if (event.subject, event.period_start) in periods]
    changes = plan_changes(held, plan, close_missing=False)
    differing = [change.budget for change in changes if change.action in _OF_A_PLAN]
    notice = _notice(settings, differing)
    return BudgetInputs(tuple(budgets), tuple(history), tuple(forecasts), tuple(events), notice=notice)


def _read_kept(settings: Settings) -> BudgetInputs:
    # The params of a rerun are the inputs that the first run kept.
    path = settings.params / BUDGETS
    if path.is_file():
        return TypeAdapter(BudgetInputs).validate_json(path.read_bytes())
    # A run of before budgets were kept in the state has the plan beside it, or had none.
    return BudgetInputs(tuple(load_budget_plan(settings.budget_plan)))


def _notice(settings: Settings, differing: list[str]) -> str:
    if not differing:
        return ""
    named = ", ".join(differing[:3]) + (" and others" if len(differing) > 3 else "")
    what = f"{len(differing)} budget{' differs' if len(differing) == 1 else 's differ'}"
    return f"{what} in {settings.budget_plan.name} from what counts ({named}); run: finops budgets import"


def _period_of(kept: KeptStatus) -> tuple[str, date]:
    return kept.status.budget, kept.status.period_start
