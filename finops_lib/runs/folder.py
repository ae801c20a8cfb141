"""What does a notebook leave behind while it runs?

The runner names a private folder in `FINOPS_RUN_DIR`; without it (JupyterLab) nothing is written at all.

    result.json     the numbers of the run: no clock, path or run id, so that the same run gives the same bytes
    figures.json    name, SQL and parameters of every query, for the fold under the report
    checks.json     the claims about the lake that were looked at, and whether they hold
    context.json    what the empty parameters were resolved to (as_of, currency, provider)
    snapshot        the lake snapshot the numbers were read from
    inputs/         copies of the files the run read beside the lake

result.json and inputs/ are published with the report; the others end in it and in run.json.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from finops_lib.errors import RunError
from finops_lib.money import Money

RESULT = "result.json"
FIGURES = "figures.json"
CONTEXT = "context.json"
CHECKS = "checks.json"
SNAPSHOT = "snapshot"
INPUTS = "inputs"
# Among the inputs: what an ingestion loaded (made again, it loads nothing), and what the state said of budgets.
COLLECTED = "collected.json"
BUDGETS = "budgets.json"


@dataclass(slots=True)
class RunFolder:
    """Writes a run's side files; with no path it swallows them, as in JupyterLab."""

    path: Path | None
    run_id: str
    _figures: list[dict[str, object]] = field(default_factory=list)
    _checks: list[dict[str, object]] = field(default_factory=list)

    @classmethod
    def from_environment(cls) -> RunFolder:
        """Give the folder that the runner prepared, or one that writes nothing."""
        path = os.environ.get("FINOPS_RUN_DIR", "")
        return cls(path=Path(path) if path else None, run_id=os.environ.get("FINOPS_RUN_ID", ""))

    def remember_context(self, *, snapshot: int | None, **resolved: str) -> None:
        """Tell the runner what the run was resolved to."""
        self._write(SNAPSHOT, "" if snapshot is None else str(snapshot))
        self._write(CONTEXT, json.dumps(resolved, sort_keys=True))

    def remember_figure(self, name: str, sql: str, parameters: Mapping[str, object], rows: int) -> None:
        """Keep a query for the fold; asking the same thing again adds nothing."""
        figure = {"name": name, "sql": sql, "parameters": plain(dict(parameters)), "rows": rows}
        if figure not in self._figures:
            self._figures.append(figure)
            # Written again for each query: on one line, for which Python has a fast writer.
            self._write(FIGURES, json.dumps(self._figures))

    def remember_checks(self, checks: Sequence[Mapping[str, object]]) -> None:
        """Keep the checks (name, ok, message) for the foot of the report."""
        self._checks = [plain(dict(check)) for check in checks]
        self._write(CHECKS, json.dumps(self._checks, indent=1))

    def add_check(self, check: Mapping[str, object]) -> None:
        """Keep one more check; looked at again, it replaces itself."""
        self.remember_checks([*(kept for kept in self._checks if kept["name"] != check["name"]), check])

    def freeze_input(self, source: Path) -> None:
        """Copy a file the run reads, so that its reader can see what was in force that day."""
        if self.path is not None:
            (self.path / INPUTS).mkdir(exist_ok=True)
            shutil.copyfile(source, self.path / INPUTS / source.name)

    def write_input(self, name: str, text: str) -> None:
        """Keep what the run took in and no file holds."""
        if self.path is not None:
            (self.path / INPUTS).mkdir(exist_ok=True)
            (self.path / INPUTS / name).write_text(text, encoding="utf-8")

    def write_result(self, result: Mapping[str, object]) -> str:
        """Write result.json and give its text.

        Raises:
            RunError: the run id or the run's folder is among the values, which would make equal runs differ.
        """
        text = json.dumps(plain(dict(result)), sort_keys=True, indent=1, allow_nan=False, ensure_ascii=False)
        if self.path is not None and any(own and own in text for own in (str(self.path), self.run_id)):
            raise RunError(
                "result.json would hold the run's own id or folder",
                next_step="leave it out: run.json has it, and two equal runs must give equal results",
            )
        self._write(RESULT, text + "\n")
        return text

    def _write(self, name: str, text: str) -> None:
        if self.path is not None:
            (self.path / name).write_text(text, encoding="utf-8")


def plain(value: Any) -> Any:
    """Turn a value into what JSON knows: Decimal as all its digits, days as ISO, not-a-number as null.

    Raises:
        TypeError: the value has no exact form in JSON (a clock time, an object).
    """
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return format(value, "f") if value.is_finite() else None
        case float():
            return value if math.isfinite(value) else None
        # A datetime is a date too; a clock has no place in a result.
        case date() if type(value) is date:
            return value.isoformat()
        case Money():
            return {"amount": plain(value.amount), "currency": value.currency}
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = [plain(item) for item in value]
            return sorted(items, key=repr) if isinstance(value, set | frozenset) else items
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if hasattr(value, "to_dicts"):  # a polars frame, without importing polars
        return [plain(row) for row in value.to_dicts()]
    raise TypeError(f"{type(value).__name__} has no place in a result; give text, numbers, days, Decimals or records")
