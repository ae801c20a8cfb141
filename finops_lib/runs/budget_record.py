"""Write down what an evaluation found, and what it leads to: the statuses, their alerts, the messages about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from finops_lib.analyses.alerts.decide import decide
from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alerts import told_of
from finops_lib.runs.budgets import Evaluation
from finops_lib.settings import Settings
from finops_lib.state.evaluation import Decide, Decision, Recorded, record_evaluation
from finops_lib.state.open import State


class Recording:
    """Writes statuses down one by one, and gathers what came of them.

    Attributes:
        new: budgets whose data or definition had changed.
        alerts, resolved: what was found worth telling, and what is over.
        unreached: in words, why somebody is not told.
    """

    def __init__(self, settings: Settings, state: State, now: datetime, run_id: str | None) -> None:
        self._settings, self._state, self._now, self._run_id = settings, state, now, run_id
        self._who = acting_user()
        self.new: list[str] = []
        self.alerts: list[AlertEvent] = []
        self.resolved: list[AlertEvent] = []
        self.unreached: tuple[str, ...] = ()

    def record(self, evaluation: Evaluation, *, said: Mapping[str, BudgetStatus]) -> None:
        """Record what is not among the statuses that were read before, each in a transaction of its own."""
        for status in evaluation.statuses:
            if said.get(status.budget) is status:
                continue
            recorded = self._record(evaluation, status)
            self.new += [status.budget] if recorded.is_new else []
            self.alerts += recorded.new_events
            self.resolved += recorded.resolved

    def _record(self, evaluation: Evaluation, status: BudgetStatus) -> Recorded:
        owners = {budget.name: budget.owner for budget in evaluation.budgets}
        budget = evaluation.budget(status.budget)
        return record_evaluation(
            self._state,
            status,
            decide=self._deciding_on(budget, parent_owner=owners.get(budget.parent, "")),
            at=self._now,
            who=self._who,
            run_id=self._run_id,
            snapshot=evaluation.snapshot,
        )

    def _deciding_on(self, budget: Budget, *, parent_owner: str) -> Decide:
        """Give the rules of domain.md 1.10 for one budget, as the recording transaction asks them."""

        def decided(status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
            found = decide(budget, status, earlier, events, now=self._now)
            routed = told_of(self._settings, found, now=self._now, parent_owner=parent_owner)
            self.unreached += routed.unreached
            return Decision((*found.events, *found.superseded), found.resolutions, routed.messages)

        return decided
