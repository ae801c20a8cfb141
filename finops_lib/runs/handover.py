"""What do the runner and its child process tell each other? A spec on the way in, an outcome on the way out."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from finops_lib.findings import RunStatus
from finops_lib.runs.secrets import Scrubber

SPEC = "spec.json"
OUTCOME = "outcome.json"
# The variable that names the descriptor of the progress pipe.
PROGRESS = "FINOPS_RUN_PROGRESS"
# The variable that names the run of which this one is a rerun.
RERUN_OF = "FINOPS_RUN_RERUN_OF"
# The variable that says when the run started; of a rerun, when the first one did.
STARTED_AT = "FINOPS_RUN_STARTED_AT"
# The variable that names the day of a replay, as the lake itself named it to the run that is replayed.
REPLAYED_DAY = "FINOPS_RUN_DAY"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run.

    Args:
        error_cell: as JupyterLab numbers a notebook run from the top (`runs.cells`).
        has_traceback: the cell itself shows what went wrong in it.
    """

    status: RunStatus
    error: str = ""
    error_cell: int | None = None
    has_traceback: bool = False
    headline: str = ""

    def scrubbed(self, scrubber: Scrubber) -> Outcome:
        return replace(self, error=scrubber.scrub(self.error))

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Outcome | None:
        """Give the outcome; None if the child did not come to writing it whole."""
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Spec:
    """Everything the child needs; it reads no settings.

    Args:
        folder: the run's private folder.
        references: settings in which secret references may be.
        stamp: what is written into the notebook's metadata and under the report.
        salvage: the outcome, where only a report of a dead run is to be made.
        earlier: the run that the report says the changes since; {} = this is the first of its kind; None = it does
            not say.
    """

    run_id: str
    notebook: Path
    project: Path
    folder: Path
    title: str
    parameters: dict[str, Any]
    timeout_s: float
    cell_timeout_s: float | None
    stamp: dict[str, Any]
    references: list[Any] = field(default_factory=list)
    salvage: Outcome | None = None
    earlier: dict[str, Any] | None = None

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Spec:
        content = json.loads(path.read_text(encoding="utf-8"))
        for name in ("notebook", "project", "folder"):
            content[name] = Path(content[name])
        if content["salvage"] is not None:
            content["salvage"] = Outcome(**content["salvage"])
        return cls(**content)
