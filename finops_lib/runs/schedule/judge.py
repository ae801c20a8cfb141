"""What the end of a slot's process means: a notebook's run says it in the run ledger, a command by its exit code.

A slot that failed for good or was missed is told to its owner, in the transaction that writes down its end: killed at
any moment, it is told once or not yet over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.jobs import Job
from finops_lib.runs.schedule.outcome import Outcome
from finops_lib.runs.schedule.service import Judge
from finops_lib.settings import Settings
from finops_lib.state import slots as ledger
from finops_lib.state.open import State
from finops_lib.state.runs import list_runs
from finops_lib.state.slots import Slot

# More than any job makes between a slot's start and its end.
_NEWEST = 200


@dataclass(frozen=True, slots=True)
class LedgerJudge(Judge):
    """Asks the run ledger of this state."""

    state: State
    settings: Settings

    def outcome(self, due: Due, ended: Ended) -> Outcome:
        outcome = Outcome.of(ended)
        if not due.job.notebook:
            return outcome
        runs = (
            run for run in list_runs(self.state, notebook=due.job.notebook, limit=_NEWEST) if run.trigger == due.key
        )
        run = next(runs, None)
        if run is None:
            return outcome
        if outcome.succeeded:
            return replace(outcome, run_id=run.run_id)
        classes = (run.status,) if run.status in ("KERNEL_DIED", "TIMED_OUT") else outcome.classes
        return replace(outcome, run_id=run.run_id, error=run.error or outcome.error, classes=classes)

    def told(self, job: Job, slot: Slot, *, at: datetime) -> ledger.Also:
        if slot.status not in ("FAILED", "MISSED"):
            return ledger.nothing
        # Imported here: the schedule is read by those who are told of it.
        from finops_lib.runs.failures import enqueue_failed_slot

        found = [run for run in list_runs(self.state, limit=_NEWEST) if slot.run_id and run.run_id == slot.run_id]
        return lambda session: enqueue_failed_slot(self.settings, session, job, slot, next(iter(found), None), at=at)
