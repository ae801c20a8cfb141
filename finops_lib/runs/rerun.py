"""Make a run again: from the snapshot it pinned, and from what it read besides, frozen in its `inputs` folder.

    workbench.yaml     the settings in force, as far as a page depends on them
    budgets.json       the budgets in force, how they stood and what was told, where the page shows them
    collected.json     what an ingestion loaded; made again, it loads nothing

A rerun sees that folder as its params, so nothing that was changed since can reach it.
"""

from __future__ import annotations

from dataclasses import dataclass

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.catalog import has_snapshot
from finops_lib.runs.folder import INPUTS, RESULT
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.notebook import OnProgress, run_notebook
from finops_lib.settings import Settings, load_workbench
from finops_lib.state.runs import RunRecord, get_run


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run made again.

    Args:
        is_same: its result.json has the bytes of the first one's.
        changed: what is not as it was then, in words; "" = nothing.
    """

    first: RunRecord
    record: RunRecord
    is_same: bool
    changed: str


def rerun(settings: Settings, run_id: str, *, on_progress: OnProgress | None = None) -> Rerun:
    """Make a run again, from its snapshot, parameters and frozen inputs; nothing is loaded.

    Args:
        run_id: the run's id, or a beginning of it that no other shares.
    Raises:
        ConfigError: no such run, or one that left no result.
        LakeError: its snapshot is gone.
    """
    with open_ledger(settings) as state:
        first = get_run(state, run_id)
    record = run_again(settings, first, on_progress=on_progress)
    folder = settings.outputs / first.notebook / first.run_id
    again = settings.outputs / record.notebook / record.run_id / RESULT
    is_same = again.is_file() and again.read_bytes() == (folder / RESULT).read_bytes()
    return Rerun(first, record, is_same, _what_changed(first, record))


def run_again(
    settings: Settings, first: RunRecord, *, scope: str = "", once: str = "", on_progress: OnProgress | None = None
) -> RunRecord:
    """Run what a run was made from once more, for a reader with a scope where one is given.

    Args:
        once: see `run_notebook`.
    Raises:
        ConfigError: it left no result, or its page cannot be narrowed.
        LakeError: its snapshot is gone.
    """
    folder = settings.outputs / first.notebook / first.run_id
    if first.status != "SUCCEEDED" or not (folder / RESULT).is_file():
        raise ConfigError(
            f"run {first.run_id} is {first.status} and has no result that could be made again",
            next_step="choose a run that SUCCEEDED: finops runs list",
            run_id=first.run_id,
        )
    if first.snapshot is not None and not has_snapshot(settings.lake, first.snapshot):
        raise LakeError(
            f"snapshot {first.snapshot} of run {first.run_id} is no longer in the lake",
            next_step="restore the lake from a copy of that time",
            snapshot=first.snapshot,
        )
    inputs = folder / INPUTS
    return run_notebook(
        settings.model_copy(update={"params": inputs, "workbench": load_workbench(inputs)}),
        first.notebook,
        recorded=first,
        # A part of the estate may be complete longer than the whole; both pages are about the same day.
        as_of=first.as_of if scope else None,
        scope=scope,
        once=once,
        on_progress=on_progress,
        trigger=f"rerun of {first.run_id}",
    )


def _what_changed(first: RunRecord, again: RunRecord) -> str:
    compared = (
        ("the notebook", first.notebook_hash, again.notebook_hash),
        ("the code", first.code_hash, again.code_hash),
        ("a library", dict(first.versions), dict(again.versions)),
    )
    return " and ".join(what for what, before, now in compared if before != now)
