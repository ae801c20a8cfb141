"""What changed since the last report? Worked out in the run's own child process, before its report is drawn.

It must never cost the run its report: whatever goes wrong, or takes longer than it may, is said in the box.
"""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path

from finops_lib.errors import FinOpsError, RunError
from finops_lib.reports.changes import Moved, SinceLast
from finops_lib.runs.folder import COLLECTED, CONTEXT, INPUTS, RESULT, SNAPSHOT
from finops_lib.runs.handover import Spec
from finops_lib.runs.listing import plain_value
from finops_lib.runs.made_from import MadeRun, code_of, steps_between
from finops_lib.runs.measures import headlines
from finops_lib.runs.run_changes import as_rows, changes_between

CHANGES = "changes.json"
LIMIT_S = 60.0
LEFT_OUT = SinceLast(run_id="?", left_out="the time of the run was over")


def since_last(spec: Spec, *, limit_s: float = LIMIT_S) -> SinceLast | None:
    """Give what the report says of the last one, and keep every number's change beside the result.

    Args:
        limit_s: for all replays; beyond it the box says that it was left out.
    Returns:
        None where the report is not to say anything: a rerun, a notebook without a result, or switched off.
    """
    if spec.earlier is None or not (spec.folder / RESULT).is_file():
        return None
    if not spec.earlier:
        return SinceLast()
    before = MadeRun.of_record(spec.earlier, spec.folder.with_name(spec.earlier["run_id"]))
    after = _this_run(spec)
    said = SinceLast(
        run_id=before.run_id,
        day=date.fromisoformat(before.as_of) if before.as_of else None,
        made_at=datetime.fromisoformat(before.started_at),
        # What loads before it reads speaks of all that is there.
        is_of_whole_lake=(spec.folder / INPUTS / COLLECTED).is_file(),
        day_now=date.fromisoformat(after.as_of) if after.as_of else None,
    )
    try:
        changes = changes_between(
            before,
            after,
            steps_between(before, after, code_of(spec.notebook)),
            spec.notebook,
            environment=os.environ,
            project=spec.project,
            timeout_s=limit_s,
            # Removed with the sockets by whoever survives.
            within=Path(os.environ["JUPYTER_RUNTIME_DIR"]).parent,
        )
        rows = [{name: plain_value(value) for name, value in row.items()} for row in as_rows(changes)]
        kept = {"since": before.run_id, "changes": rows}
        (spec.folder / CHANGES).write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except RunError as error:
        return said.without(error.what)
    except (FinOpsError, OSError, ValueError) as error:
        # The other run's folder is being pruned, or was written by another version.
        return said.without(f"the former report cannot be read: {error}")
    return said.with_numbers([Moved(label, change) for label, change in headlines(spec.stamp["notebook"], changes)])


def _this_run(spec: Spec) -> MadeRun:
    context, snapshot = spec.folder / CONTEXT, spec.folder / SNAPSHOT
    resolved = json.loads(context.read_text(encoding="utf-8")) if context.is_file() else {}
    number = snapshot.read_text(encoding="utf-8").strip() if snapshot.is_file() else ""
    record = spec.stamp | {
        "as_of": spec.stamp["as_of"] or resolved.get("as_of"),
        "snapshot": int(number) if number.isdigit() else spec.stamp["snapshot"],
        "notebook_hash": spec.stamp["notebook_sha256"],
        "code_hash": spec.stamp["code_sha256"],
    }
    return MadeRun.of_record(record, spec.folder)
