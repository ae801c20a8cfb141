"""Which runs must not be sent to their readers, and why? What failed while they ran, and what was found afterwards.

A run that a failed check concerns keeps its report, but is held back: `checks_failed` are its own checks, for good;
`reconcile_failed` is what `finops reconcile` found wrong later at the run's snapshot, until it finds it right there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from finops_lib.errors import LakeError
from finops_lib.runs.ledger import rebuild_gallery
from finops_lib.runs.publish import write_run_json
from finops_lib.runs.residuals import Reconciled, SliceName, in_words
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.runs import RunRecord, list_runs, note_reconciliation

# Snapshot -> the load of each slice there, and the steps that do not add up there; None = the newest.
At = Callable[[int | None], tuple[dict[SliceName, int], list[Reconciled]]]


def held_back(run: RunRecord) -> str:
    """Say why a run's report must not be sent to its readers; "" = it may be."""
    if run.status != "SUCCEEDED":
        return f"the run ended as {run.status}"
    return "; ".join(reason for reason in (run.checks_failed, run.reconcile_failed) if reason)


def mark_runs(
    settings: Settings, state: State, failed: Sequence[Reconciled], *, at: At, states_wrong: Callable[[RunRecord], str]
) -> None:
    """Mark the runs that read what has failed, and take the mark off those whose snapshot is right after all.

    A run is concerned if its snapshot holds the very load of a slice that is wrong now, and is wrong there too: a
    charge that was lost yesterday does not spoil the report of last week.

    Args:
        at: looks at the lake as it was.
        states_wrong: says what a report states that its own snapshot does not hold.
    """
    runs = [run for run in list_runs(state, status="SUCCEEDED") if run.snapshot is not None]
    offending = {part for step in failed if not step.run_id for part in step.slices}
    accused = {step.run_id for step in failed if step.run_id}
    if not offending and not accused and not any(run.reconcile_failed for run in runs):
        return
    now, _ = at(None)
    by_snapshot: dict[int, list[RunRecord]] = {}
    for run in runs:
        by_snapshot.setdefault(run.snapshot or 0, []).append(run)
    changed = False
    for snapshot, readers in by_snapshot.items():
        if not offending and not any(run.reconcile_failed or run.run_id in accused for run in readers):
            continue
        try:
            then, wrong = at(snapshot)
            said = {run.run_id: states_wrong(run) for run in readers if run.reconcile_failed or run.run_id in accused}
        except LakeError:
            # The snapshot is gone: nothing can be found right or wrong there any more.
            continue
        concerned = {part for part in offending if part in then and then[part] == now.get(part)}
        for run in readers:
            mine = [
                step.words for step in wrong if run.reconcile_failed or any(part in concerned for part in step.slices)
            ]
            mine += [said[run.run_id]] if said.get(run.run_id) else []
            reason = in_words(mine) or None
            if reason != run.reconcile_failed:
                _note(settings, state, run, reason)
                changed = True
    if changed:
        rebuild_gallery(settings, state)


def _note(settings: Settings, state: State, run: RunRecord, reason: str | None) -> None:
    note_reconciliation(state, run.run_id, reason)
    folder = settings.outputs / run.notebook / run.run_id
    if folder.is_dir():
        write_run_json(folder, replace(run, reconcile_failed=reason))
