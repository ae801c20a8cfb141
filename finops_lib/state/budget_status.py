"""How budgets stood: statuses are appended, never changed, and each is one more line of a budget's history."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from finops_lib.findings import BudgetStatus
from finops_lib.state.audit import canonical
from finops_lib.state.models import BudgetStatusRow
from finops_lib.state.open import State

_FIELDS = tuple(field.name for field in fields(BudgetStatus))
_DAYS = frozenset(("period_start", "period_end", "data_through", "exhaustion_date", "exhaustion_p10", "exhaustion_p90"))
_MONEY = frozenset(
    ("amount", "actual", "actual_known", "before_credits", "prior_period", "burn_per_day", "burn_mtd", "burn_required")
) | frozenset(("forecast_p10", "forecast_p50", "forecast_p90"))
# A forecast is judged by what it said when the data had reached these days of the period (domain.md 1.13).
FROZEN_ON = (1, 10)


@dataclass(frozen=True, slots=True)
class KeptStatus:
    """A status, and when it was found, by which run (None = none), from which snapshot of the lake."""

    status: BudgetStatus
    evaluated_at: datetime
    run_id: str | None
    snapshot: int | None
    number: int


@dataclass(frozen=True, slots=True)
class FrozenForecast:
    """What was expected of a period when its data first reached a day of it; `day` is one of FROZEN_ON."""

    day: int
    kept: KeptStatus


def append_status(
    session: Session, status: BudgetStatus, *, evaluated_at: datetime, run_id: str | None, snapshot: int | None
) -> bool:
    """Append a status inside the caller's transaction, unless the newest one of its period has the same watermark.

    Returns:
        whether it was appended.
    Raises:
        ValueError: a status without a watermark: nobody could tell whether it is news.
    """
    if not status.watermark:
        raise ValueError(f"the status of {status.budget!r} has no watermark")
    newest = session.execute(
        select(BudgetStatusRow.number, BudgetStatusRow.watermark)
        .where(*_of_period(status.budget, status.period_start))
        .order_by(BudgetStatusRow.number.desc())
        .limit(1)
    ).first()
    if newest is not None and newest.watermark == status.watermark:
        return False
    told = {"evaluated_at": evaluated_at, "run_id": run_id, "snapshot": snapshot}
    number = newest.number + 1 if newest is not None else 1
    session.add(BudgetStatusRow(**_row(status), **told, number=number))
    session.flush()
    return True


def statuses_of_period(session: Session, budget: str, period_start: date) -> list[BudgetStatus]:
    """Give what was found of a period so far, oldest first, inside the caller's transaction."""
    query = select(BudgetStatusRow).where(*_of_period(budget, period_start)).order_by(BudgetStatusRow.number)
    return [_kept(row).status for row in session.scalars(query)]


def latest_statuses(state: State) -> list[KeptStatus]:
    """Give the newest status of each budget in its newest period, by name."""
    kept: dict[str, KeptStatus] = {}
    for one in _newest_of_periods(state):
        kept[one.status.budget] = one
    return [kept[name] for name in sorted(kept)]


def newest_of_periods(state: State, periods: Mapping[str, date]) -> dict[str, BudgetStatus]:
    """Give the newest status of each budget in the period that begins on its day; none of those without any."""
    row = BudgetStatusRow
    found: dict[str, BudgetStatus] = {}
    with state.read() as session:
        for name, start in periods.items():
            mine = select(row).where(*_of_period(name, start)).order_by(row.number.desc()).limit(1)
            newest = session.scalars(mine).first()
            if newest is not None:
                found[name] = _kept(newest).status
    return found


def status_history(
    state: State, budget: str | None = None, *, until: date | None = None, periods: int = 12
) -> list[KeptStatus]:
    """Give the last word on each of the last periods, by budget, oldest period first.

    Args:
        budget: only this one; None = all.
        until: only what is said of data through this day or an earlier one; None = everything.
        periods: how many of each budget, the present one included.
    """
    by_budget: dict[str, list[KeptStatus]] = {}
    for one in _newest_of_periods(state, budget, until):
        by_budget.setdefault(one.status.budget, []).append(one)
    return [one for name in sorted(by_budget) for one in by_budget[name][-periods:]]


def frozen_forecasts(state: State, budget: str | None = None) -> list[FrozenForecast]:
    """Give the first status of each period whose data reached day 1, and day 10, of it; by budget and period."""
    row = BudgetStatusRow
    # One line per day that the data reached: a year of hourly evaluations is not read for twelve forecasts.
    days = (row.budget, row.period_start, row.period_end, row.data_through)
    query = select(*days, func.min(row.number)).group_by(*days).order_by(row.budget, row.period_start, row.data_through)
    if budget is not None:
        query = query.where(row.budget == budget)
    with state.read() as session:
        first: dict[tuple[str, str, int], int] = {}
        for name, start, end, through, number in session.execute(query):
            reached = (date.fromisoformat(through) - date.fromisoformat(start)).days + 1
            # What is said after the end of a period foretells nothing.
            for day in FROZEN_ON if through < end else ():
                if reached >= day:
                    first[name, start, day] = min(number, first.get((name, start, day), number))
        return [
            FrozenForecast(day, _kept(session.scalars(select(row).where(*_at(name, start, number))).one()))
            for (name, start, day), number in first.items()
        ]


def _newest_of_periods(state: State, budget: str | None = None, until: date | None = None) -> Sequence[KeptStatus]:
    """Give the newest status of each budget and period, oldest period first."""
    mine = (BudgetStatusRow.budget, BudgetStatusRow.period_start)
    numbered = select(*mine, func.max(BudgetStatusRow.number).label("number")).group_by(*mine)
    if until is not None:
        numbered = numbered.where(BudgetStatusRow.data_through <= until.isoformat())
    last = numbered.subquery()
    query = (
        select(BudgetStatusRow)
        .join(
            last,
            (last.c.budget == BudgetStatusRow.budget)
            & (last.c.period_start == BudgetStatusRow.period_start)
            & (last.c.number == BudgetStatusRow.number),
        )
        .order_by(BudgetStatusRow.period_start, BudgetStatusRow.budget)
    )
    if budget is not None:
        query = query.where(BudgetStatusRow.budget == budget)
    with state.read() as session:
        return [_kept(row) for row in session.scalars(query)]


def _of_period(budget: str, period_start: date) -> tuple[Any, Any]:
    return BudgetStatusRow.budget == budget, BudgetStatusRow.period_start == period_start.isoformat()


def _at(budget: str, period_start: str, number: int) -> tuple[Any, Any, Any]:
    row = BudgetStatusRow
    return row.budget == budget, row.period_start == period_start, row.number == number


def _row(status: BudgetStatus) -> dict[str, Any]:
    return {name: _written(name, getattr(status, name)) for name in _FIELDS}


def _written(name: str, value: Any) -> Any:
    if name == "drivers":
        return canonical([dict(driver) for driver in value])
    if value is None:
        return None
    if name in _DAYS:
        return value.isoformat()
    return format(value, "f") if name in _MONEY else value


def _kept(row: BudgetStatusRow) -> KeptStatus:
    status = BudgetStatus(**{name: _read(name, getattr(row, name)) for name in _FIELDS})
    return KeptStatus(status, row.evaluated_at, row.run_id, row.snapshot, row.number)


def _read(name: str, value: Any) -> Any:
    if name == "drivers":
        return tuple(json.loads(value))
    if value is None:
        return None
    if name in _DAYS:
        return date.fromisoformat(value)
    return Decimal(value) if name in _MONEY else value
