"""Budgets as people make and change them: from params/budget_plan.yaml, or one by one on the command line.

Question: what counts, the file or the state?
Choice: the state, from the first import on; as long as it holds no budget at all, the file itself speaks to pages, and
`finops budgets check`, which writes anyway, imports it first.
Why: whoever writes a plan and runs a page sees the plan, without a step to be learned first; from then on no amount
changes without a version, a name and a time. A page says when the file says something else than what counts.
Declined: importing at every run (a page would change what counts), and refusing to show a plan that is not imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from finops_lib.analyses.budgets import period_of
from finops_lib.errors import ConfigError
from finops_lib.plans import Budget, definition_of
from finops_lib.runs.acting import acting_user
from finops_lib.runs.clock import now
from finops_lib.runs.opened import opened_state
from finops_lib.runs.plan_lines import BudgetLine
from finops_lib.settings import Settings, load_budget_plan
from finops_lib.state import budgets as kept_budgets
from finops_lib.state.audit import list_lines
from finops_lib.state.budget_import import PlanChange, compare_plan, import_plan
from finops_lib.state.budgets import KeptBudget, audit_name, budget_versions, list_budgets
from finops_lib.state.open import State

# What `budgets list` shows of a budget, in this order.
LISTED = (
    *("name", "version", "owner", "scope_type", "scope_value", "period", "cost", "amount", "currency"),
    *("parent", "valid_from", "valid_to"),
)


def import_budgets(
    settings: Settings,
    path: Path | None = None,
    *,
    dry_run: bool = False,
    close_missing: bool = False,
    today: date | None = None,
) -> list[PlanChange]:
    """Make the state say what a plan file says, or only say what that would change.

    Args:
        path: None = params/budget_plan.yaml.
        close_missing: budgets that the file does not name end today.
        today: amended budgets count from the period of this day on; None = of the present day.
    Raises:
        ConfigError: no such file, or one that is wrong; nothing is changed.
    """
    path = path or settings.budget_plan
    if not path.is_file():
        raise ConfigError(f"{path} is not a file", next_step="write a budget plan there, or name another file")
    plan = load_budget_plan(path)
    if close_missing and not plan:
        raise ConfigError(
            f"{path} names no budget, and all would be closed", next_step="close them by name: finops budgets close"
        )
    with opened_state(settings) as state:
        if dry_run:
            return compare_plan(state, plan, close_missing=close_missing)
        return _import(state, plan, close_missing=close_missing, today=today)


def import_first_plan(settings: Settings, state: State) -> list[PlanChange]:
    """Import params/budget_plan.yaml into a state that holds no budget at all, not even a closed one."""
    if list_budgets(state):
        return []
    plan = load_budget_plan(settings.budget_plan)
    return _import(state, plan, close_missing=False) if plan else []


def create_budget(settings: Settings, line: Mapping[str, Any]) -> Budget:
    """Enter one budget, given as a line of a plan; one that was closed is opened again from this period on.

    Raises:
        ConfigError: the line is not a budget, or its name is taken.
    """
    budget = _checked_line(line)
    at = now()
    with opened_state(settings) as state:
        start = _start_of_period(budget, at.date())
        return kept_budgets.create_budget(state, budget, reopened_from=start, at=at, who=acting_user())


def amend_budget(settings: Settings, name: str, changes: Mapping[str, Any], *, valid_from: date | None) -> Budget:
    """Change some fields of a budget from `valid_from` on.

    Args:
        valid_from: None = from the present period on, or from the first one of a newest version that has not begun yet.

    Raises:
        ConfigError: no such budget, or nothing that would change.
    """
    if not changes:
        raise ConfigError(f"nothing of budget {name!r} would change", next_step="give e.g. --amount 90000")
    at = now()
    with opened_state(settings) as state:
        held = kept_budgets.get_budget(state, name).budget
        if "amount" in changes and held.phased_amounts:
            raise ConfigError(
                f"budget {name!r} has an amount for each part of its period",
                next_step="change them in the plan file, then: finops budgets import",
            )
        start = valid_from or max(_start_of_period(held, at.date()), held.valid_from or date.min)
        return kept_budgets.amend_budget(state, name, changes, valid_from=start, at=at, who=acting_user())


def close_budget(settings: Settings, name: str, *, valid_to: date | None = None) -> Budget:
    """End a budget on a day; None = today.

    Raises:
        ConfigError: no such budget, a closed one, or the parent of an open one.
    """
    at = now()
    with opened_state(settings) as state:
        return kept_budgets.close_budget(state, name, valid_to=valid_to or at.date(), at=at, who=acting_user())


def listed_budgets(settings: Settings, *, with_closed: bool = False) -> list[dict[str, Any]]:
    """Give the newest version of each budget as rows."""
    with opened_state(settings) as state:
        return [_row(kept) for kept in list_budgets(state) if with_closed or not kept.is_closed]


def shown_budget(settings: Settings, name: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give all versions of a budget, oldest first with every field, and the lines of the audit log about it.

    Raises:
        ConfigError: there is no such budget.
    """
    with opened_state(settings) as state:
        versions = [definition_of(kept.budget) | _made(kept) for kept in budget_versions(state, name)]
        lines = list_lines(state, object=audit_name(name))
    shown = ("number", "noted_at", "who", "action", "details")
    return versions, [{field: getattr(line, field) for field in shown} for line in lines]


def read_amount(text: str) -> Decimal:
    """Read an amount of money as a plan file has it.

    Raises:
        ConfigError: not digits with at most 12 decimals.
    """
    line = {"name": "x", "scope_type": "team", "scope_value": "x", "currency": "USD", "amount": text}
    return _checked_line(line).amount


def period_start(budget: Budget, day: date) -> date | None:
    """Give the first day of the budget's period that a day lies in; None = its calendar does not reach that day."""
    period = period_of(budget, day)
    return period.start if period else None


def _import(
    state: State, plan: Sequence[Budget], *, close_missing: bool, today: date | None = None
) -> list[PlanChange]:
    at = now()
    day = today or at.date()
    return import_plan(
        state,
        plan,
        amended_from=lambda budget: _start_of_period(budget, day),
        close_missing=close_missing,
        closed_on=day,
        at=at,
        who=acting_user(),
    )


def _start_of_period(budget: Budget, today: date) -> date:
    # A calendar that does not reach today has no present period: the change counts from today on.
    return period_start(budget, today) or today


def _checked_line(line: Mapping[str, Any]) -> Budget:
    try:
        return BudgetLine.model_validate(dict(line)).planned()
    except ValidationError as error:
        problem = error.errors()[0]
        option = "--" + str(problem["loc"][0]).replace("_", "-") if problem["loc"] else "the budget"
        got = "" if isinstance(problem.get("input"), dict) else f" (got {str(problem.get('input'))[:80]!r})"
        raise ConfigError(
            f"{option}: {problem['msg']}{got}",
            next_step="finops budgets create --help",
        ) from error


def _row(kept: KeptBudget) -> dict[str, Any]:
    row = {name: getattr(kept.budget, name) for name in LISTED}
    return row | {"closed_at": kept.closed_at}


def _made(kept: KeptBudget) -> dict[str, Any]:
    return {name: getattr(kept, name) for name in ("created_at", "created_by", "closed_at", "closed_by")}
