"""Bring the budgets of a plan file into the state: what is new is created, what differs is amended, all or nothing.

Importing the same file again changes nothing. A budget that the file does not name is left alone unless its closing is
asked for, and one that somebody closed by hand stays closed although the file still names it: a file that is imported
every night must not undo what a person decided.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from finops_lib.errors import ConfigError
from finops_lib.plans import Budget
from finops_lib.state import audit
from finops_lib.state.budgets import (
    KeptBudget,
    add_version,
    check_name,
    check_parents,
    close_versions,
    differences,
    newest_of,
)
from finops_lib.state.open import State

Action = Literal["created", "amended", "unchanged", "closed", "missing", "stays closed"]


@dataclass(frozen=True, slots=True)
class PlanChange:
    """What an import does to one budget.

    Args:
        version: the newest one after it.
        changes: field -> [from, to] in plain values, of an amended one.
    """

    budget: str
    action: Action
    version: int
    changes: Mapping[str, list[Any]] = field(default_factory=dict)


def import_plan(
    state: State,
    plan: Sequence[Budget],
    *,
    amended_from: Callable[[Budget], date],
    close_missing: bool,
    closed_on: date,
    at: datetime,
    who: str,
) -> list[PlanChange]:
    """Make the state say what the plan says, in one transaction; give a line for each budget, the plan's first.

    Args:
        amended_from: first day of the first period that an amended version speaks for, unless the plan says it.
        closed_on: the day on which missing ones end, if they are to be closed.
    Raises:
        ConfigError: a name twice or one that cannot be a name, or a parent that is not there; nothing is changed.
    """
    with state.write() as session:
        audit.take_turn(session)
        held = newest_of(session)
        changes = plan_changes(held, plan, close_missing=close_missing)
        for change, budget in zip(changes, plan, strict=False):
            if change.action == "created":
                add_version(session, budget, None, at=at, who=who)
            elif change.action == "amended":
                start = budget.valid_from or amended_from(budget)
                add_version(session, replace(budget, valid_from=start), held[budget.name], at=at, who=who)
        for change in changes:
            if change.action == "closed":
                close_versions(session, held[change.budget], valid_to=closed_on, at=at, who=who)
        check_parents(newest_of(session).values())
    return changes


def compare_plan(state: State, plan: Sequence[Budget], *, close_missing: bool) -> list[PlanChange]:
    """Say what importing the plan would do, and do nothing.

    Raises:
        ConfigError: a name twice, or one that cannot be a name.
    """
    with state.read() as session:
        return plan_changes(newest_of(session), plan, close_missing=close_missing)


def plan_changes(held: Mapping[str, KeptBudget], plan: Sequence[Budget], *, close_missing: bool) -> list[PlanChange]:
    """Compare a plan with the newest versions that are held: a line for each of the plan, then the others by name."""
    names = [budget.name for budget in plan]
    for name in names:
        check_name(name)
        if names.count(name) > 1:
            raise ConfigError(f"two budgets are called {name!r}", next_step="give each a name of its own", name=name)
    changes = [_compared(held.get(budget.name), budget) for budget in plan]
    ending: Action = "closed" if close_missing else "missing"
    others = [one for name, one in sorted(held.items()) if name not in names and not one.is_closed]
    return changes + [PlanChange(one.budget.name, ending, one.budget.version) for one in others]


def _compared(held: KeptBudget | None, budget: Budget) -> PlanChange:
    if held is None:
        return PlanChange(budget.name, "created", 1)
    now = held.budget
    if held.is_closed:
        return PlanChange(budget.name, "stays closed", now.version)
    # A plan that does not say since when leaves that to the version that is held.
    wanted = replace(budget, version=now.version, valid_from=budget.valid_from or now.valid_from)
    if wanted == now:
        return PlanChange(budget.name, "unchanged", now.version)
    return PlanChange(budget.name, "amended", now.version + 1, differences(now, wanted))
