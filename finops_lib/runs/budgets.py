"""How do the budgets stand, and who must be told? Evaluate, record, alert: each a step of its own.

evaluate          the lake and the budgets -> statuses; writes nothing
record_evaluation (state) status by status, one transaction: the status, the alerts it is worth, their messages
waiting_messages  what the outbox holds for whoever delivers
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from finops_lib.analyses.alerts.decide import decide
from finops_lib.analyses.budgets import evaluate_budgets
from finops_lib.errors import ConfigError, LakeError
from finops_lib.findings import BudgetStatus
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import Lake, open_lake
from finops_lib.marts.build import build, stale_slices
from finops_lib.marts.figures import figure_sql
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget, definition_of
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alerts import close_ended, told_of
from finops_lib.runs.budget_plan import import_first_plan, period_start, read_plan
from finops_lib.runs.context import resolve_context
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.opened import opened_state
from finops_lib.runs.session import open_with_coverage
from finops_lib.settings import Settings
from finops_lib.state.audit import canonical
from finops_lib.state.budget_import import PlanChange
from finops_lib.state.budget_status import status_history
from finops_lib.state.budgets import budget_versions, budgets_in_force, list_budgets
from finops_lib.state.evaluation import Decide, Decision, record_evaluation
from finops_lib.state.open import State
from finops_lib.state.outbox import list_outbox

# What scripts rely on (design.md 7), in this order; what else is known of a status comes after it.
LISTED = (
    *("budget", "scope_type", "scope_value", "period_start", "period_end", "currency", "amount", "actual"),
    *("burn_per_day", "forecast_p10", "forecast_p50", "forecast_p90", "exhaustion_date", "colour", "on_track"),
    "data_through",
)
# What a person reads in a terminal.
SHOWN = (
    "budget",
    "colour",
    "currency",
    "amount",
    "actual",
    "forecast_p50",
    "exhaustion_date",
    "data_through",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How the budgets stand, the worst first; `snapshot`: of the lake they were read from."""

    budgets: tuple[Budget, ...]
    statuses: tuple[BudgetStatus, ...]
    as_of: date
    snapshot: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check did.

    Args:
        imported: the plan that was imported first, since the state held no budget at all.
        new: budgets whose data or definition had changed since they were last looked at.
        alerts: what was found worth telling, and not told before.
        resolved: what was told and is over.
        waiting: messages of the outbox that are not sent yet.
        unreached: in words, whom a message does not reach, and why.
    """

    evaluation: Evaluation
    imported: tuple[PlanChange, ...]
    new: tuple[str, ...]
    alerts: tuple[AlertEvent, ...]
    resolved: tuple[AlertEvent, ...]
    waiting: int
    unreached: tuple[str, ...] = ()


def check_budgets(settings: Settings, *, as_of: str, now: datetime, run_id: str | None = None) -> Checked:
    """Evaluate every budget, record what is new and enter what must be told; the same data again change nothing.

    Args:
        as_of: last included day, ISO; empty = newest complete day in the lake.
        now: the moment that alerts are judged by.
    Raises:
        ConfigError: a day that the lake does not have, or one that is older than what was checked already, or a plan
            file that is wrong.
        LakeError: there is no lake, or it holds no charges.
    """
    if not is_there(settings.lake):
        raise LakeError(f"there is no lake in {settings.lake}", next_step="finops ingest PATH --source NAME")
    who = acting_user()
    with opened_state(settings) as state:
        imported = import_first_plan(settings, state)
        _bring_marts_up_to_date(settings)
        evaluation = evaluate(settings, state, as_of=as_of)
        if as_of:
            _refuse_going_back(state, evaluation.as_of)
        new: list[str] = []
        alerts: list[AlertEvent] = []
        resolved: list[AlertEvent] = []
        by_name = {budget.name: budget for budget in evaluation.budgets}
        owners = {budget.name: budget.owner for budget in evaluation.budgets}
        unreached: list[str] = []
        for status in evaluation.statuses:
            recorded = record_evaluation(
                state,
                status,
                decide=deciding_on(settings, by_name[status.budget], owners, unreached, now=now),
                at=now,
                who=who,
                run_id=run_id,
                snapshot=evaluation.snapshot,
            )
            new += [status.budget] if recorded.is_new else []
            alerts += recorded.new_events
            resolved += recorded.resolved
        close_ended(settings, state, now=now)
        waiting = waiting_messages(state)
    told = (tuple(alerts), tuple(resolved), waiting, tuple(dict.fromkeys(unreached)))
    return Checked(evaluation, tuple(imported), tuple(new), *told)


def evaluate(settings: Settings, state: State, *, as_of: str) -> Evaluation:
    """Say how every budget in force stands at the end of a day; writes nothing.

    Raises:
        ConfigError: a day that the lake does not have.
        LakeError: the lake holds no charges, or its marts are not built.
    """
    lake, coverage, missing = open_with_coverage(settings, snapshot=None)
    try:
        if not isinstance(lake, Lake) or missing:
            raise LakeError(missing.split("; run: ")[0], next_step=missing.split("; run: ")[-1])
        preferred = settings.workbench.currency
        context = resolve_context(coverage, as_of=as_of, currency="", provider="", preferred_currency=preferred)
        day = context.as_of
        budgets = _budgets_on(settings, state, day)
        sql = figure_sql("budgets_scope_days")
        days = run_query(lake, sql, bind("budgets_scope_days", sql, {"as_of": day}, {}))
        statuses = evaluate_budgets([definition_of(budget) for budget in budgets], days, as_of=day)
        by_name = {budget.name: budget for budget in budgets}
        marked = tuple(_marked(status, by_name[status.budget]) for status in statuses)
        return Evaluation(tuple(budgets), marked, day, lake.snapshot_id)
    finally:
        if isinstance(lake, Lake):
            lake.close()


def deciding_on(
    settings: Settings, budget: Budget, owners: Mapping[str, str], unreached: list[str], *, now: datetime
) -> Decide:
    """Give the rules of domain.md 1.10 for one budget, as the recording transaction asks them.

    Args:
        owners: of each budget, by its name.
        unreached: takes in words whom a message does not reach, and why.
    """

    def decided(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        found = decide(budget, status, earlier, events, now=now)
        routed = told_of(settings, found, now=now, parent_owner=owners.get(budget.parent, ""))
        unreached.extend(routed.unreached)
        return Decision((*found.events, *found.superseded), found.resolutions, routed.messages)

    return decided


def waiting_messages(state: State) -> int:
    """Count what the outbox holds that is not sent yet."""
    return len(list_outbox(state, standing="waiting")) + len(list_outbox(state, standing="sending"))


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


def _budgets_on(settings: Settings, state: State, day: date) -> list[Budget]:
    if not list_budgets(state):
        # As a page does: a plan that was never imported speaks for itself.
        return read_plan(settings.budget_plan)
    return budgets_in_force(state, day, lambda budget: period_start(budget, day))


def _refuse_going_back(state: State, day: date) -> None:
    """Refuse to append to a period what was known before what it holds: alerts follow the order of statuses."""
    for kept in status_history(state):
        status = kept.status
        if status.period_start <= day < status.period_end and status.data_through > day:
            raise ConfigError(
                f"budget {status.budget!r} was checked with data through {status.data_through} already, after {day}",
                next_step=f"to look at that day without writing: finops budgets status --as-of {day}",
                as_of=day,
            )


def _bring_marts_up_to_date(settings: Settings) -> None:
    """Build what a load that was killed left undone: no alert comes from yesterday's marts."""
    with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=1) as lake:
        is_stale = bool(stale_slices(lake.con))
    if is_stale:
        build(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads)


def _marked(status: BudgetStatus, budget: Budget) -> BudgetStatus:
    """Give a status with its version and, where the analysis gave none, a watermark of all it says and is asked."""
    if status.watermark:
        return replace(status, version=budget.version)
    # What the complete days cost is known, whatever the others add.
    versioned = replace(status, version=budget.version, actual_known=max(status.actual_known, status.actual))
    said = {name: None if value is None else str(value) for name, value in asdict(versioned).items()}
    told = canonical([said, definition_of(budget)])
    return replace(versioned, watermark=hashlib.sha256(told.encode()).hexdigest()[:32])
