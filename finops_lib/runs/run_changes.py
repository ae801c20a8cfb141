"""Split what changed between two runs by its causes, once what each was made from is known.

Apart from `diff`, which looks runs up: the child process of every run comes here, and needs neither state nor settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from finops_lib.analyses.run_changes import split_changes
from finops_lib.findings import Cause, Change
from finops_lib.runs.made_from import Configuration, MadeRun
from finops_lib.runs.measures import read_measures
from finops_lib.runs.replaying import replay


def changes_between(
    before: MadeRun,
    after: MadeRun,
    steps: list[tuple[Cause, Configuration]],
    notebook: Path,
    *,
    environment: Mapping[str, str],
    project: Path,
    timeout_s: float,
    within: Path | None = None,
) -> list[Change]:
    """Give the changes, having replayed what lies between two runs; see `replay` for the arguments."""
    between = replay(
        notebook,
        [configuration for _, configuration in steps[:-1]],
        environment=environment,
        project=project,
        timeout_s=timeout_s,
        within=within,
    )
    start, end = (read_measures(run.result.read_text(encoding="utf-8")) for run in (before, after))
    # The last step needs no replay: it leads to the second run, whose numbers are there.
    reached = [*map(read_measures, between), end]
    parts = [(cause, numbers) for (cause, _), numbers in zip(steps, reached, strict=False)]
    return split_changes(start, parts, end)


def as_rows(changes: Iterable[Change]) -> list[dict[str, Any]]:
    """Give changes as `runs diff` prints them for scripts (design.md 7)."""
    return [
        {
            "measure": change.measure,
            "unit": change.unit,
            "before": change.before,
            "after": change.after,
            "change": change.change,
            "causes": {**change.causes, "residual": change.residual},
        }
        for change in changes
    ]
