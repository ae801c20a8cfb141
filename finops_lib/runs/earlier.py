"""Which report came before this one? The newest run of the same notebook about the same part of the estate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError
from finops_lib.runs.folder import RESULT
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.runs import RunRecord, get_run, list_runs

# Pages about another part of the estate, or another anomaly, are no earlier versions of this one.
SUBJECT = ("provider", "currency", "scope", "anomaly_id")
LATEST, PREVIOUS = "latest", "previous"


def result_of(settings: Settings, run: RunRecord) -> Path:
    """Give where a run's numbers are."""
    return settings.outputs / run.notebook / run.run_id / RESULT


def earlier_run(settings: Settings, state: State, run: RunRecord, parameters: Mapping[str, Any]) -> RunRecord | None:
    """Give the newest earlier success about the same subject whose numbers are there; None = `run` is the first.

    Args:
        parameters: those of `run`, whose record need not have them yet. A page of an asked day is not compared with
            one of a later day.
    """
    asked = str(parameters.get("as_of") or "")
    for other in list_runs(state, notebook=run.notebook, status="SUCCEEDED"):
        if is_rerun(other) or (other.started_at, other.run_id) >= (run.started_at, run.run_id):
            continue
        if _subject(other.parameters) != _subject(parameters) or (asked and str(other.as_of or "") > asked):
            continue
        if result_of(settings, other).is_file():
            return other
    return None


def is_rerun(run: RunRecord) -> bool:
    """Whether a run only repeats another one."""
    return run.trigger.startswith("rerun of ")


def named_runs(settings: Settings, state: State, names: Sequence[str], *, notebook: str | None) -> list[RunRecord]:
    """Give the runs that two names mean: an id or its beginning, `latest`, or `previous`, the one before the other.

    Raises:
        ConfigError: there is no such run, or there are several.
    """
    found = {name: _named(settings, state, name, notebook) for name in names if name != PREVIOUS}
    if PREVIOUS in names:
        latter = next(iter(found.values()), None) or _named(settings, state, LATEST, notebook)
        before = earlier_run(settings, state, latter, latter.parameters)
        if before is None:
            raise ConfigError(
                f"there is no earlier report like {latter.run_id}", next_step="finops runs list", run_id=latter.run_id
            )
        found[PREVIOUS] = before
    return [found[name] for name in names]


def _named(settings: Settings, state: State, name: str, notebook: str | None) -> RunRecord:
    if name != LATEST:
        return get_run(state, name)
    for run in list_runs(state, notebook=notebook, status="SUCCEEDED"):
        if not is_rerun(run) and result_of(settings, run).is_file():
            return run
    what = f"run of {notebook}" if notebook else "run"
    raise ConfigError(f"no {what} has succeeded yet", next_step="finops run NOTEBOOK")


def _subject(parameters: Mapping[str, Any]) -> list[str]:
    return [str(parameters.get(name) or "") for name in SUBJECT]
