"""What changed between two runs of a notebook, and why? Every number's change, split so that the parts add up."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from finops_lib.errors import ConfigError, LakeError
from finops_lib.findings import Change
from finops_lib.lake.catalog import has_snapshot
from finops_lib.runs.earlier import named_runs, result_of
from finops_lib.runs.job import find_notebook, settings_environment
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.made_from import Configuration, MadeRun, code_of, steps_between
from finops_lib.runs.publish import as_json
from finops_lib.runs.run_changes import as_rows, changes_between
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord


def diff_runs(
    settings: Settings, first: str, second: str, *, notebook: str | None = None, timeout_s: float = 900.0
) -> list[Change]:
    """Give the change of each number from one run to another with its causes.

    Args:
        first, second: a run's id, or a unique beginning of it, `latest`, or `previous`.
        notebook: whose latest run is meant.
        timeout_s: for all replays together.
    Raises:
        ConfigError: no such run, one without a result, or runs of different notebooks.
        LakeError: a snapshot that has to be read again is gone.
        RunError: the notebook could not be replayed.
    """
    with open_ledger(settings) as state:
        before, after = named_runs(settings, state, (first, second), notebook=notebook)
    for run in (before, after):
        _check_has_result(settings, run)
    if before.notebook != after.notebook:
        raise ConfigError(
            f"{before.run_id} is a run of {before.notebook}, {after.run_id} one of {after.notebook}",
            next_step="compare two runs of one notebook: finops runs list --notebook NAME",
        )
    made = [MadeRun.of_record(as_json(run), result_of(settings, run).parent) for run in (before, after)]
    path = find_notebook(settings, before.notebook)
    steps = steps_between(made[0], made[1], code_of(path))
    for _, configuration in steps[:-1]:
        _check_snapshot(settings, configuration, made)
    return changes_between(
        made[0],
        made[1],
        steps,
        path,
        environment=settings_environment(settings),
        project=settings.project,
        timeout_s=timeout_s,
    )


def as_flat_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Give changes with a column for each cause."""
    rows = as_rows(changes)
    return [{**{n: v for n, v in row.items() if n != "causes"}, **row["causes"]} for row in rows]


def moved(changes: Iterable[Change]) -> list[Change]:
    """Give the changes that are any, or whose causes undo each other."""
    return [change for change in changes if change.change or any(part != Decimal(0) for part in change.causes.values())]


def _check_has_result(settings: Settings, run: RunRecord) -> None:
    if run.status == "SUCCEEDED" and result_of(settings, run).is_file():
        return
    why = f"was pruned on {run.pruned_at:%Y-%m-%d}" if run.pruned_at else f"is {run.status}"
    raise ConfigError(
        f"run {run.run_id} {why} and has no result to compare",
        next_step="choose a run that SUCCEEDED and has a report: finops runs list",
        run_id=run.run_id,
    )


def _check_snapshot(settings: Settings, configuration: Configuration, made: list[MadeRun]) -> None:
    snapshot = configuration.snapshot
    if snapshot is not None and not has_snapshot(settings.lake, snapshot):
        whose = next(run.run_id for run in made if run.snapshot == snapshot)
        raise LakeError(
            f"snapshot {snapshot} of run {whose} is no longer in the lake, so the change cannot be split",
            next_step="compare runs whose snapshots are there: finops lake snapshots",
            snapshot=snapshot,
        )
