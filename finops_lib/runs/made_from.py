"""What was a run made from, and by which steps does one get from there to what another was made from?

One factor is changed at a time, in a fixed order: code, restatement (what the lake says now about the days the first
run knew), new days, parameters, rules. A factor that is equal in both runs is no step.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from finops_lib.findings import Cause
from finops_lib.runs import stamp
from finops_lib.runs.folder import BUDGETS, COLLECTED, INPUTS, RESULT

# Of what the state said of budgets, this is what somebody decided; the rest is what was measured and told.
_DECIDED = ("budgets", "changes")


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything a replay reads.

    Args:
        day: the last included day, ISO; "" = whatever the lake says.
        is_asked: the day was a parameter, so sources are judged as of that day.
        started_at: when sources are judged, ISO.
        rules, records, loads: `inputs` folders of runs: of settings and plans, of what was measured and told, of what
            an ingestion loaded.
    """

    snapshot: int | None
    day: str
    is_asked: bool
    started_at: str
    parameters: Mapping[str, Any]
    rules: Path
    records: Path
    loads: Path


@dataclass(frozen=True, slots=True)
class MadeRun:
    """A run that succeeded, as far as its numbers depend on it.

    Args:
        code: hashes and versions of what computed it.
        folder: where its result and inputs are.
    """

    run_id: str
    notebook: str
    as_of: str
    snapshot: int | None
    parameters: Mapping[str, Any]
    started_at: str
    code: Mapping[str, Any] = field(repr=False)
    folder: Path

    @classmethod
    def of_record(cls, record: Mapping[str, Any], folder: Path) -> MadeRun:
        """Read what the ledger or run.json knows of a run."""
        started = record["started_at"]
        return cls(
            run_id=record["run_id"],
            notebook=record["notebook"],
            as_of=str(record["as_of"] or ""),
            snapshot=record["snapshot"],
            parameters=dict(record["parameters"]),
            started_at=started.isoformat() if isinstance(started, datetime) else str(started),
            code={name: record[name] for name in ("notebook_hash", "code_hash")} | {"versions": record["versions"]},
            folder=folder,
        )

    @property
    def configuration(self) -> Configuration:
        inputs = self.folder / INPUTS
        return Configuration(
            snapshot=self.snapshot,
            day=self.as_of,
            is_asked=bool(self.parameters.get("as_of")),
            started_at=self.started_at,
            parameters={name: value for name, value in self.parameters.items() if name != "as_of"},
            rules=inputs,
            records=inputs,
            loads=inputs,
        )

    @property
    def result(self) -> Path:
        return self.folder / RESULT


def code_of(notebook: Path) -> dict[str, Any]:
    """Give what a replay would be computed by, in the form of `MadeRun.code`."""
    return {
        "notebook_hash": stamp.notebook_hash(notebook),
        "code_hash": stamp.code_hash(),
        "versions": stamp.installed_versions(),
    }


def steps_between(before: MadeRun, after: MadeRun, code: Mapping[str, Any]) -> list[tuple[Cause, Configuration]]:
    """Give the causes in order, each with what the run would have been made from after it; the last ends at `after`.

    Args:
        code: what a replay is computed by. Where neither run was, `code` is the first and the last step.
    Returns:
        no step where both runs were made from the same things.
    """
    middle = _steps(before.configuration, after.configuration)
    if before.code == after.code and len(middle) < 2:
        return middle
    if not middle:
        return [("code", after.configuration)]
    first: list[tuple[Cause, Configuration]] = [] if before.code == code else [("code", before.configuration)]
    last: list[tuple[Cause, Configuration]] = [] if after.code == code else [("code", after.configuration)]
    return first + middle + last


def _steps(here: Configuration, end: Configuration) -> list[tuple[Cause, Configuration]]:
    """Give the steps under one and the same code."""
    steps: list[tuple[Cause, Configuration]] = []
    # A page without a lake or a day has no earlier day that could be restated: all that is there now is new.
    if here.day and end.day and None not in (here.snapshot, end.snapshot):
        there = replace(here, snapshot=end.snapshot, loads=end.loads)
        if _data(there) != _data(here):
            steps.append(("restated", there))
            here = there
    there = replace(end, parameters=here.parameters, rules=here.rules)
    if _days(there) != _days(here):
        steps.append(("new_days", there))
    here = there
    if here.parameters != end.parameters:
        here = replace(here, parameters=end.parameters)
        steps.append(("parameters", here))
    if _rules(here.rules) != _rules(end.rules):
        steps.append(("rules", end))
    return steps


def gather_inputs(configuration: Configuration, folder: Path) -> None:
    """Write the inputs of a replay into a folder that it takes for its params."""
    folder.mkdir()
    for name, content in _inputs(configuration).items():
        (folder / name).write_bytes(content)


def _inputs(configuration: Configuration) -> dict[str, bytes]:
    rules, records = _files(configuration.rules), _files(configuration.records)
    found = {name: content for name, content in records.items() if not _is_rule(name) and name != COLLECTED}
    found |= {name: content for name, content in rules.items() if _is_rule(name)}
    found |= {name: content for name, content in _files(configuration.loads).items() if name == COLLECTED}
    if configuration.rules != configuration.records and BUDGETS in {*rules} & {*records}:
        decided, told = (json.loads(files[BUDGETS]) for files in (rules, records))
        mixed = told | {name: decided[name] for name in _DECIDED if name in decided}
        found[BUDGETS] = json.dumps(mixed).encode()
    return found


def _data(configuration: Configuration) -> object:
    return configuration.snapshot, _files(configuration.loads).get(COLLECTED)


def _days(configuration: Configuration) -> object:
    """The day, and what was written down until then: it comes with the days."""
    files = {name: text for name, text in _files(configuration.records).items() if not _is_rule(name)}
    if told := files.pop(BUDGETS, None):
        parts = json.loads(told)
        files["told"] = json.dumps({n: v for n, v in parts.items() if n not in (*_DECIDED, "notice")}).encode()
    files.pop(COLLECTED, None)
    return configuration.day, files, _data(configuration)


def _rules(folder: Path) -> object:
    files = _files(folder)
    told = json.loads(files.get(BUDGETS, b"{}"))
    return {n: t for n, t in files.items() if _is_rule(n)}, [told.get(name) for name in _DECIDED]


def _is_rule(name: str) -> bool:
    return name.endswith(".yaml")


def _files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        return {}
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
