"""Give up old reports: the ledger is told first, so a prune that is killed is finished by the next one."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from finops_lib.lake.catalog import is_there
from finops_lib.lake.snapshots import list_snapshots, unpin
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.ledger import open_ledger, rebuild_gallery
from finops_lib.runs.retention import Judged, Retention, judge
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.retention import give_up_report, pin_report
from finops_lib.state.runs import RunRecord, get_run, list_runs

# Hidden, so that no reader meets half a report and no gallery lists it.
_LEAVING = ".pruned-"


def prune(settings: Settings, policy: Retention, *, dry_run: bool = True) -> list[Judged]:
    """Say what becomes of every report in the outputs folder, newest first; remove what goes unless it is a dry run.

    The run's line in the ledger stays, marked as pruned; its folder goes, and its snapshot may expire.
    """
    with open_ledger(settings) as state:
        now = clock.now()
        # Reports in another outputs folder are not ours to give up, nor do they count as kept.
        here = [run for run in list_runs(state) if run.status == "RUNNING" or _folder(settings, run).is_dir()]
        judged = judge(here, policy, now=now)
        if dry_run:
            return judged
        who = acting_user()
        for one in judged:
            if one.goes:
                give_up_report(state, one.run_id, why=one.why, at=now, who=who)
        _finish(settings, state)
        rebuild_gallery(settings, state)
    return judged


def pin_run(settings: Settings, run_id: str, reason: str | None) -> RunRecord:
    """Keep a run's report for good and say why; None lets it age again.

    Raises:
        ConfigError: no such run, or one without a report.
    """
    with open_ledger(settings) as state:
        run = get_run(state, run_id)
        pin_report(state, run.run_id, reason, at=clock.now(), who=acting_user())
        rebuild_gallery(settings, state)
        return get_run(state, run.run_id)


def _finish(settings: Settings, state: State) -> None:
    """Remove what is left of all runs that are marked as pruned, also of those that an earlier prune began with."""
    pruned = [run for run in list_runs(state) if run.pruned_at is not None]
    for run in pruned:
        _remove(_folder(settings, run))
    if not pruned or not is_there(settings.lake):
        return
    pinning = {owner for snapshot in list_snapshots(settings.lake) for owner in snapshot.pinned_by}
    for run_id in pinning & {run.run_id for run in pruned}:
        unpin(settings.lake, owner=run_id)


def _folder(settings: Settings, run: RunRecord) -> Path:
    return settings.outputs / run.notebook / run.run_id


def _remove(folder: Path) -> None:
    leaving = folder.with_name(f"{_LEAVING}{folder.name}")
    # Another prune may be at it, too.
    with contextlib.suppress(FileNotFoundError):
        if folder.is_symlink():
            folder.unlink()
        elif folder.is_dir():
            folder.rename(leaving)
    shutil.rmtree(leaving, ignore_errors=True)
