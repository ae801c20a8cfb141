"""Which reports are kept for good, and which were given up: one function per verb, each with its line in the log."""

from __future__ import annotations

from datetime import datetime

from finops_lib.errors import ConfigError
from finops_lib.state import audit
from finops_lib.state.models import Run
from finops_lib.state.open import State


def pin_report(state: State, run_id: str, reason: str | None, *, at: datetime, who: str) -> None:
    """Keep a run's report whatever its age, and say why; None lets it age again.

    Raises:
        ConfigError: the run has no report to keep, or still runs.
    """
    with state.write() as session:
        audit.take_turn(session)
        run = session.get_one(Run, run_id)
        if reason is not None and (run.report is None or run.status == "RUNNING"):
            why = "still runs" if run.status == "RUNNING" else "has no report"
            raise ConfigError(f"run {run_id} {why}", next_step="choose one with a report: finops runs list")
        before = None if run.pinned is None else {"pinned": run.pinned}
        run.pinned = reason
        audit.note(
            session,
            at=at,
            who=who,
            action="unpin report" if reason is None else "pin report",
            object=f"run:{run_id}",
            before=before,
            after=None if reason is None else {"pinned": reason},
            run_id=run_id,
        )


def give_up_report(state: State, run_id: str, *, why: str, at: datetime, who: str) -> bool:
    """Mark a run's report as pruned, and say whether it was: one that was pinned meanwhile, or runs, stays."""
    with state.write() as session:
        audit.take_turn(session)
        run = session.get_one(Run, run_id)
        if run.status == "RUNNING" or run.pinned is not None or run.pruned_at is not None:
            return False
        before = {"report": run.report}
        run.report, run.pruned_at = None, at
        audit.note(
            session,
            at=at,
            who=who,
            action="prune report",
            object=f"run:{run_id}",
            before=before,
            after={"report": None},
            details={"why": why},
            run_id=run_id,
        )
    return True
