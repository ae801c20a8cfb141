"""Budgets and their versions: one function per verb, each one short transaction that also writes its audit line.

An amendment adds a version, and says from which period on it speaks; what was promised for earlier periods stays. Of
the versions that may speak for a period the newest does, so that the last word counts. A closed budget speaks for no
period that begins on its last day or later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.plans import Budget, budget_of, definition_of
from finops_lib.state import audit
from finops_lib.state.models import BudgetVersion
from finops_lib.state.open import State

LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class KeptBudget:
    """One version of a budget, and who made and who ended it."""

    budget: Budget
    created_at: datetime
    created_by: str
    closed_at: datetime | None = None
    closed_by: str = ""

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None


def create_budget(state: State, budget: Budget, *, reopened_from: date, at: datetime, who: str) -> Budget:
    """Enter a new budget, or open a closed one again as its next version.

    Args:
        reopened_from: where a closed one is opened again and `valid_from` does not say it, the first day it speaks for.
    Raises:
        ConfigError: a name that is taken or cannot be one, or a parent that is not there.
    """
    with state.write() as session:
        audit.take_turn(session)
        held = newest_of(session).get(budget.name)
        if held is not None and not held.is_closed:
            raise ConfigError(
                f"there is a budget {budget.name!r} already",
                next_step=f"finops budgets amend {budget.name!r}, or choose another name",
                name=budget.name,
            )
        if held is not None and budget.valid_from is None:
            budget = replace(budget, valid_from=reopened_from)
        made = add_version(session, budget, held, at=at, who=who)
        check_parents(newest_of(session).values())
    return made


def amend_budget(
    state: State, name: str, changes: Mapping[str, Any], *, valid_from: date | None, at: datetime, who: str
) -> Budget:
    """Change fields of a budget by adding a version that speaks from `valid_from` on.

    Args:
        changes: fields of `Budget` and their new values.
        valid_from: first day of the first period it speaks for; None = always.
    Raises:
        ConfigError: no such budget, a closed one, nothing that would change, or a parent that is not there.
    """
    with state.write() as session:
        held = _open_one(session, name)
        amended = replace(held.budget, **changes)
        if amended == held.budget:
            raise ConfigError(
                f"budget {name!r} is like that already", next_step=f"finops budgets show {name!r}", name=name
            )
        made = add_version(session, replace(amended, valid_from=valid_from), held, at=at, who=who)
        check_parents(newest_of(session).values())
    return made


def close_budget(state: State, name: str, *, valid_to: date, at: datetime, who: str) -> Budget:
    """End a budget: it speaks for no period that begins on `valid_to` or later.

    Raises:
        ConfigError: no such budget, a closed one, or one that is the parent of an open one.
    """
    with state.write() as session:
        held = _open_one(session, name)
        close_versions(session, held, valid_to=valid_to, at=at, who=who)
        check_parents(newest_of(session).values())
    return replace(held.budget, valid_to=valid_to)


def list_budgets(state: State) -> list[KeptBudget]:
    """Give the newest version of each budget by name, closed ones included."""
    with state.read() as session:
        return list(newest_of(session).values())


def budget_versions(state: State, name: str) -> list[KeptBudget]:
    """Give all versions of one budget, oldest first.

    Raises:
        ConfigError: there is none of that name.
    """
    with state.read() as session:
        kept = _versions(session, name)
        if not kept:
            raise ConfigError.unknown("budget", name, newest_of(session))
    return kept


def get_budget(state: State, name: str, version: int | None = None) -> KeptBudget:
    """Give one version of a budget; None = the newest.

    Raises:
        ConfigError: there is no such budget, or no such version of it.
    """
    kept = {one.budget.version: one for one in budget_versions(state, name)}
    number = max(kept) if version is None else version
    if number not in kept:
        raise ConfigError(
            f"budget {name!r} has no version {number}", next_step=f"choose one of 1 to {max(kept)}", name=name
        )
    return kept[number]


def speaking_for(versions: Iterable[Budget], period_start: date) -> Budget | None:
    """Choose the version that speaks for the period that begins on `period_start`; None = the budget has none."""
    able = [
        version
        for version in versions
        if (version.valid_from is None or version.valid_from <= period_start)
        and (version.valid_to is None or version.valid_to > period_start)
    ]
    return max(able, key=lambda version: version.version, default=None)


def budgets_in_force(state: State, day: date, period_start: Callable[[Budget], date | None]) -> list[Budget]:
    """Give the version of each budget that speaks for the period of `day`, by name.

    Args:
        period_start: first day of the period of a budget's calendar that `day` lies in; None = it lies in none.
    """
    with state.read() as session:
        rows = session.scalars(select(BudgetVersion).order_by(BudgetVersion.name, BudgetVersion.version))
        kept = [_kept(row).budget for row in rows]
    spoken: dict[str, Budget] = {}
    for version in kept:
        # Versions may cut their periods differently; each is asked about its own. Closing ends a budget at once.
        start = period_start(version)
        ended = version.valid_to is not None and version.valid_to <= day
        if start is not None and not ended and speaking_for([version], start) is not None:
            spoken[version.name] = version
    return list(spoken.values())


def newest_of(session: Session) -> dict[str, KeptBudget]:
    """Read the newest version of each budget, inside the caller's transaction."""
    rows = session.scalars(select(BudgetVersion).order_by(BudgetVersion.name, BudgetVersion.version))
    return {row.name: _kept(row) for row in rows}


def add_version(session: Session, budget: Budget, held: KeptBudget | None, *, at: datetime, who: str) -> Budget:
    """Append the version after `held`, and its audit line, inside the caller's transaction."""
    check_name(budget.name)
    made = replace(budget, version=held.budget.version + 1 if held else 1)
    session.add(
        BudgetVersion(
            name=made.name,
            version=made.version,
            definition=audit.canonical(definition_of(made)),
            valid_from=_iso(made.valid_from),
            valid_to=_iso(made.valid_to),
            created_at=at,
            created_by=who,
            closed_by="",
        )
    )
    session.flush()
    before = definition_of(held.budget) if held else None
    after = definition_of(made)
    action = "create" if held is None else "reopen" if held.is_closed else "amend"
    audit.note(
        session,
        at=at,
        who=who,
        action=action,
        object=audit_name(made.name),
        before=before,
        after=after,
        details={"version": made.version, "changes": differences(held.budget if held else None, made)},
    )
    return made


def close_versions(session: Session, held: KeptBudget, *, valid_to: date, at: datetime, who: str) -> None:
    """End all versions of a budget, and write the audit line, inside the caller's transaction."""
    name = held.budget.name
    for row in session.scalars(select(BudgetVersion).where(BudgetVersion.name == name)):
        if row.valid_to is None or row.valid_to > valid_to.isoformat():
            row.valid_to = valid_to.isoformat()
        row.closed_at = row.closed_at or at
        row.closed_by = row.closed_by or who
    session.flush()
    before = definition_of(held.budget)
    after = before | {"valid_to": valid_to.isoformat()}
    audit.note(
        session,
        at=at,
        who=who,
        action="close",
        object=audit_name(name),
        before=before,
        after=after,
        details={"version": held.budget.version, "valid_to": valid_to.isoformat()},
    )


def differences(before: Budget | None, after: Budget) -> dict[str, list[Any]]:
    """Give each field that differs as [from, to] in plain values; nothing is there before the first version."""
    if before is None:
        return {}
    was, becomes = definition_of(before), definition_of(after)
    # Compared as values: 90000 and 90000.00 are one amount.
    changed = [name for name in was if name != "version" and getattr(before, name) != getattr(after, name)]
    return {name: [was[name], becomes[name]] for name in changed}


def check_name(name: str) -> None:
    """Refuse what cannot be a name: it goes into keys, mails and incident numbers, each of which has its limits."""
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        shown = name.encode("utf-8", "replace").decode()[:LONGEST_NAME]
        raise ConfigError(
            f"{shown!r} cannot be the name of a budget",
            next_step=f"use 1 to {LONGEST_NAME} characters that can be printed, without blanks around them",
        )


def check_parents(kept: Iterable[KeptBudget]) -> None:
    """Refuse a parent that is not an open budget, and a budget that is its own ancestor."""
    parents = {one.budget.name: one.budget.parent for one in kept if not one.is_closed}
    for name, parent in parents.items():
        if parent and parent not in parents:
            raise ConfigError(
                f"budget {name!r} is part of {parent!r}, which is not an open budget",
                next_step=f"create {parent!r}, or name another parent",
                name=name,
                parent=parent,
            )
        seen = {name}
        while parent:
            if parent in seen:
                raise ConfigError(
                    f"budget {name!r} would be part of itself", next_step="name another parent", name=name
                )
            seen.add(parent)
            parent = parents.get(parent, "")


def audit_name(name: str) -> str:
    """Say under which object the audit log speaks of a budget."""
    return f"budget:{name}"


def _open_one(session: Session, name: str) -> KeptBudget:
    audit.take_turn(session)
    held = newest_of(session)
    if name not in held:
        raise ConfigError.unknown("budget", name, held)
    if held[name].is_closed:
        raise ConfigError(
            f"budget {name!r} was closed on {held[name].closed_at:%Y-%m-%d} by {held[name].closed_by}",
            next_step=f"open it again: finops budgets create {name!r}",
            name=name,
        )
    return held[name]


def _versions(session: Session, name: str) -> list[KeptBudget]:
    query = select(BudgetVersion).where(BudgetVersion.name == name).order_by(BudgetVersion.version)
    return [_kept(row) for row in session.scalars(query)]


def _kept(row: BudgetVersion) -> KeptBudget:
    definition = json.loads(row.definition)
    of_the_row = {"version": row.version, "valid_from": row.valid_from, "valid_to": row.valid_to}
    return KeptBudget(budget_of(definition | of_the_row), row.created_at, row.created_by, row.closed_at, row.closed_by)


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
