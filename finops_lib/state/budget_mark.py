"""Has anything been written of budgets or alerts? Told by two numbers, without reading any of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from finops_lib.state.models import AuditRow, BudgetStatusRow
from finops_lib.state.open import State


@dataclass(frozen=True, slots=True)
class BudgetMark:
    """The newest line of the audit log, which every change of a budget or an alert adds to, and the newest status.

    A status that told nobody anything has no line: statuses are a log of their own. Neither log loses its newest.
    """

    audit_number: int
    status_id: int


def budget_mark(state: State) -> BudgetMark:
    """Read the two numbers at one moment; 0 = there is none yet."""
    with state.read() as session:
        audit_number = session.execute(select(func.max(AuditRow.number))).scalar_one()
        status_id = session.execute(select(func.max(BudgetStatusRow.status_id))).scalar_one()
    return BudgetMark(audit_number or 0, status_id or 0)
