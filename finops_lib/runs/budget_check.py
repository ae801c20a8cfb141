"""Evaluate every budget, write down what is new, and tell whom it concerns: what `finops budgets check` does each hour.

    1  a plan that was never imported is imported, and marts that a killed load left behind are built
    2  the running period of each budget is evaluated with all that is known of it, days that still grow included,
       if anything of it is new since it was last looked at; and so is the period before while its last bills come in
    3  status by status, one transaction: the status, the alerts it is worth, their messages (state.evaluation)
    4  custom rules, silent sources, incidents of periods that have ended
    5  what waits in the outbox is sent

Each step can be killed and repeated: the same data again changes nothing, and nobody is told twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from finops_lib.analyses.alerts.rules import Rule
from finops_lib.analyses.alerts.thresholds import Policy
from finops_lib.analyses.budgets import period_before, period_of
from finops_lib.delivery.outbox import Delivered
from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import Lake, open_lake
from finops_lib.marts.build import build, stale_slices
from finops_lib.messages import AlertEvent
from finops_lib.periods import parse_day
from finops_lib.plans import Budget
from finops_lib.runs.alert_outbox import deliver_waiting
from finops_lib.runs.alerts import check_rules, close_ended, tell_of_silence
from finops_lib.runs.budget_plan import import_first_plan
from finops_lib.runs.budget_record import Recording
from finops_lib.runs.budgets import Evaluation, budgets_on, evaluate_costs, opened_lake
from finops_lib.runs.context import Coverage, complete_day, stale_sources
from finops_lib.runs.opened import opened_state
from finops_lib.runs.rule_days import rule_days
from finops_lib.runs.scoped import BudgetCosts, budget_costs
from finops_lib.settings import Settings, load_future_events
from finops_lib.state.budget_import import PlanChange
from finops_lib.state.budget_status import newest_of_periods, status_history
from finops_lib.state.open import State
from finops_lib.state.outbox import count_unsent

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check did.

    Args:
        evaluation: of the running periods, the worst budget first.
        imported: the plan that was imported first, since the state held no budget at all.
        new: budgets whose data or definition had changed since they were last looked at.
        alerts: what was found worth telling, and not told before.
        resolved: what was told and is over.
        unreached: in words, why somebody is not told.
        delivered: what became of the messages that waited; None = they were left waiting.
        waiting: messages of the outbox that are not sent yet.
    """

    evaluation: Evaluation
    imported: tuple[PlanChange, ...]
    new: tuple[str, ...]
    alerts: tuple[AlertEvent, ...]
    resolved: tuple[AlertEvent, ...]
    unreached: tuple[str, ...]
    delivered: Delivered | None
    waiting: int

    @property
    def failures(self) -> tuple[str, ...]:
        """What somebody has to mend: rates that are missing, messages that will never arrive."""
        return self.evaluation.missing_rates


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of cost at one moment, whoever knows it: the lake, or a replay of what it once held.

    Args:
        coverage: what each source has delivered.
        snapshot: of the lake; None = it is from none.
        costs: what the scopes of budgets cost through a day.
        rule_days: the frame that a custom rule is held against, through a complete day.
    """

    coverage: tuple[Coverage, ...]
    snapshot: int | None
    costs: Callable[[Sequence[Budget], date], BudgetCosts]
    rule_days: Callable[[Rule, date], pl.DataFrame]


def check_budgets(
    settings: Settings, *, as_of: str, now: datetime, run_id: str | None = None, deliver: bool = True
) -> Checked:
    """Evaluate every budget, record what is new, enter what must be told and send it.

    Args:
        as_of: last included day, ISO; empty = the newest day with a charge. Days that still grow count as what is known
            of them at the least, and never make a status better.
        now: the moment that alerts are judged by.
        deliver: whether what waits is sent at once.
    Raises:
        ConfigError: a day that the lake does not have, or one that is older than what was checked already, or a plan
            file that is wrong.
        LakeError: there is no lake, or it holds no charges.
    """
    if not is_there(settings.lake):
        raise LakeError(f"there is no lake in {settings.lake}", next_step="finops ingest PATH --source NAME")
    with opened_state(settings) as state:
        imported = import_first_plan(settings, state)
        _bring_marts_up_to_date(settings)
        lake, coverage = opened_lake(settings)
        with lake:
            known = _known_to(lake, state, coverage, now)
            checked = check_known(settings, state, known, as_of=as_of, now=now, run_id=run_id)
        delivered = deliver_waiting(settings, state) if deliver else None
        return replace(checked, imported=tuple(imported), delivered=delivered, waiting=count_unsent(state))


def check_known(
    settings: Settings, state: State, known: Known, *, as_of: str, now: datetime, run_id: str | None = None
) -> Checked:
    """Hold the budgets against what is known: steps 2 to 4. What must be told is left waiting in the outbox.

    Raises:
        ConfigError: a day that is not known, or one that is older than what was checked already.
    """
    recording = Recording(settings, state, now, run_id)
    evaluation = _check_periods(settings, state, known, recording, as_of=as_of, now=now)
    through = min(complete_day(known.coverage), evaluation.as_of)
    for routed in check_rules(settings, state, lambda rule: known.rule_days(rule, through), as_of=through, now=now):
        recording.unreached += routed.unreached
    recording.unreached += tell_of_silence(settings, state, stale_sources(known.coverage, now), now=now).unreached
    close_ended(settings, state, now=now)
    return Checked(
        evaluation=evaluation,
        imported=(),
        new=tuple(dict.fromkeys(recording.new)),
        alerts=tuple(recording.alerts),
        resolved=tuple(recording.resolved),
        unreached=_unreached(settings, recording),
        delivered=None,
        waiting=count_unsent(state),
    )


def _known_to(lake: Lake, state: State, coverage: Sequence[Coverage], now: datetime) -> Known:
    return Known(
        coverage=tuple(coverage),
        snapshot=lake.snapshot_id,
        costs=lambda budgets, day: budget_costs(lake, budgets, as_of=day, judged_at=now),
        rule_days=lambda rule, day: rule_days(lake, state, rule, as_of=day, judged_at=now),
    )


def _unreached(settings: Settings, recording: Recording) -> tuple[str, ...]:
    if settings.workbench.channels:
        return tuple(dict.fromkeys(recording.unreached))
    told = sum(event.state == "firing" for event in recording.alerts)
    if not told:
        return ()
    what = "1 alert is" if told == 1 else f"{told} alerts are"
    return (f"{what} told to nobody: params/workbench.yaml configures no channel",)


def _check_periods(
    settings: Settings,
    state: State,
    known: Known,
    recording: Recording,
    *,
    as_of: str,
    now: datetime,
) -> Evaluation:
    """Record the period before of each budget while its bills come in, then the running one; give the latter."""
    newest = max(source.newest_day for source in known.coverage if source.newest_day)
    changes = load_future_events(settings.budget_plan)

    def recorded(budgets: Sequence[Budget], day: date) -> Evaluation:
        starts = {budget.name: period.start for budget in budgets if (period := period_of(budget, day))}
        said = newest_of_periods(state, starts)
        costs = known.costs(budgets, day)
        evaluation = evaluate_costs(budgets, costs, as_of=day, snapshot=known.snapshot, changes=changes, said=said)
        recording.record(evaluation, said=said)
        return evaluation

    day = parse_day(as_of, name="as_of") if as_of else min(newest, now.date())
    if day > newest:
        raise ConfigError(f"as_of {day} is after the newest day in the lake, {newest}", next_step=f"use {newest}")
    budgets = budgets_on(settings, state, day)
    if as_of:
        _refuse_going_back(state, day)
    else:
        for end, ended in _still_settling(budgets, day).items():
            before = [budget for budget in budgets_on(settings, state, end) if budget.name in ended]
            recorded(before, end)
    return recorded(budgets, day)


def _still_settling(budgets: Sequence[Budget], day: date) -> dict[date, set[str]]:
    """Give the last days of periods that ended lately, with the budgets that have them."""
    found: dict[date, set[str]] = {}
    for budget in budgets:
        period = period_of(budget, day)
        before = period_before(budget, period) if period else None
        if before and day < before.end + Policy().settles:
            found.setdefault(before.end - timedelta(days=1), set()).add(budget.name)
    return found


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
