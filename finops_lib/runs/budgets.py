"""How do the budgets stand? Evaluated from the lake and the state; nothing is written here (see budget_check)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from finops_lib.analyses.budgets import review_budgets
from finops_lib.errors import LakeError
from finops_lib.findings import BudgetStatus
from finops_lib.lake.open import Lake
from finops_lib.plans import Budget, FutureEvent
from finops_lib.runs import clock
from finops_lib.runs.budget_plan import period_start
from finops_lib.runs.context import Coverage, resolve_context
from finops_lib.runs.opened import opened_state
from finops_lib.runs.scoped import BudgetCosts, budget_costs
from finops_lib.runs.session import open_with_coverage
from finops_lib.settings import Settings, load_budget_plan, load_future_events
from finops_lib.state.budget_status import status_history
from finops_lib.state.budgets import budget_versions, budgets_in_force, list_budgets
from finops_lib.state.open import State

# What scripts rely on (design.md 7), in this order; what else is known of a status comes after it.
LISTED = (
    *("budget", "scope_type", "scope_value", "period_start", "period_end", "currency", "amount", "actual"),
    *("burn_per_day", "forecast_p10", "forecast_p50", "forecast_p90", "exhaustion_date", "colour", "on_track"),
    "data_through",
)
# What a person reads in a terminal.
SHOWN = (
    *("budget", "colour", "currency", "amount", "actual", "forecast_p50", "exhaustion_date", "data_through"),
    "reason",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the budgets stand, the worst first.

    Args:
        budgets: those in force on `as_of`, whether there is a status for them or not.
        snapshot: of the lake they were read from.
        missing_rates: why some cannot be told: which rate is needed.
    """

    budgets: tuple[Budget, ...]
    statuses: tuple[BudgetStatus, ...]
    as_of: date
    snapshot: int | None
    missing_rates: tuple[str, ...] = ()

    def budget(self, name: str) -> Budget:
        return next(budget for budget in self.budgets if budget.name == name)


def evaluate(settings: Settings, state: State, *, as_of: str, now: datetime | None = None) -> Evaluation:
    """Say how every budget in force stands at the end of a day; writes nothing.

    Args:
        as_of: last included day, ISO; empty = newest complete day in the lake.
        now: a source that should have delivered by then is stale.
    Raises:
        ConfigError: a day that the lake does not have.
        LakeError: the lake holds no charges, or its marts are not built.
    """
    lake, coverage = opened_lake(settings)
    with lake:
        preferred = settings.workbench.currency
        context = resolve_context(
            coverage, as_of=as_of, currency="", provider="", preferred_currency=preferred, now=now or clock.now()
        )
        budgets = budgets_on(settings, state, context.as_of)
        return evaluate_in(settings, lake, budgets, as_of=context.as_of, judged_at=context.judged_at)


def opened_lake(settings: Settings) -> tuple[Lake, list[Coverage]]:
    """Open the lake with what its sources cover.

    Raises:
        LakeError: there is none, it holds no charges, or its marts are not built.
    """
    lake, coverage, missing = open_with_coverage(settings, snapshot=None)
    if not isinstance(lake, Lake) or missing:
        lake.con.close()
        what, _, next_step = missing.partition("; run: ")
        raise LakeError(what, next_step=next_step)
    return lake, coverage


def evaluate_in(
    settings: Settings, lake: Lake, budgets: Sequence[Budget], *, as_of: date, judged_at: datetime
) -> Evaluation:
    """Evaluate some budgets at the end of `as_of`, from an open lake."""
    costs = budget_costs(lake, budgets, as_of=as_of, judged_at=judged_at)
    changes = load_future_events(settings.budget_plan)
    return evaluate_costs(budgets, costs, as_of=as_of, snapshot=lake.snapshot_id, changes=changes)


def evaluate_costs(
    budgets: Sequence[Budget],
    costs: BudgetCosts,
    *,
    as_of: date,
    snapshot: int | None,
    changes: Sequence[FutureEvent] = (),
    said: Mapping[str, BudgetStatus] | None = None,
) -> Evaluation:
    """Evaluate some budgets at the end of `as_of`, from what their scopes are known to have cost.

    Args:
        snapshot: of the lake that the costs were read from.
        changes: decided changes that forecasts know of.
        said: as `review_budgets` takes it.
    """
    reviewed = review_budgets(
        budgets,
        costs.days,
        as_of=as_of,
        rates=costs.rates,
        movers=costs.movers,
        events=changes,
        said=said,
    )
    return Evaluation(
        budgets=tuple(budgets),
        statuses=tuple(found.status for found in reviewed),
        as_of=as_of,
        snapshot=snapshot,
        missing_rates=tuple(
            f"{one.budget.name}: {one.ledger.missing_rate}" for one in reviewed if one.ledger.missing_rate
        ),
    )


def budgets_on(settings: Settings, state: State, day: date) -> list[Budget]:
    """Give the budgets that speak for the period of a day."""
    if not list_budgets(state):
        # As a page does: a plan that was never imported speaks for itself.
        return load_budget_plan(settings.budget_plan)
    return budgets_in_force(state, day, lambda budget: period_start(budget, day))


def budget_statuses(settings: Settings, *, as_of: str) -> list[dict[str, Any]]:
    """Evaluate now and give the statuses as rows, the worst first; nothing is written.

    Raises:
        ConfigError: a day that the lake does not have.
        LakeError: there is no lake, or nothing in it to evaluate.
    """
    with opened_state(settings) as state:
        return [status_row(status) for status in evaluate(settings, state, as_of=as_of).statuses]


def budget_history(settings: Settings, name: str, *, periods: int) -> list[dict[str, Any]]:
    """Give the last word on each of the last periods of a budget as rows, oldest first.

    Raises:
        ConfigError: there is no such budget.
    """
    with opened_state(settings) as state:
        budget_versions(state, name)
        kept = status_history(state, name, periods=periods)
    made = ("evaluated_at", "run_id", "snapshot")
    return [status_row(one.status) | {field: getattr(one, field) for field in made} for one in kept]


def status_row(status: BudgetStatus) -> dict[str, Any]:
    """Give a status as a row, the fields that scripts rely on first."""
    fields = asdict(status)
    return {name: fields[name] for name in LISTED} | fields
