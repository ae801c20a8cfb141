"""The child process of one run: executes the notebook, then writes report.ipynb and report.html, scrubbed.

    python -m finops_lib.runs.child SPEC.json

It speaks to its parent by JSON lines on a pipe and by `outcome.json`, and asks it nothing: what the parent decided is
in the spec. Everything it writes lies in the run's private folder until the parent has looked at it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from finops_lib.absent import without_modules
from finops_lib.findings import RunStatus
from finops_lib.runs import processes
from finops_lib.runs.cells import cell_number, error_line, first_line
from finops_lib.runs.handover import OUTCOME, PROGRESS, Outcome, Spec
from finops_lib.runs.kernel import collect_less_garbage
from finops_lib.runs.secrets import Scrubber, known_secrets

if TYPE_CHECKING:
    from finops_lib.reports.changes import SinceLast


class StopAsked(BaseException):
    """The parent's wall-clock limit is over. Not an Exception, so that no library takes it for its own."""


def main(spec_path: str) -> None:
    """Run one notebook as its spec says, and leave the outcome and the report in the run's folder."""
    collect_less_garbage()
    spec = Spec.read(Path(spec_path))
    threading.Thread(target=_die_with_parent, daemon=True).start()
    signal.signal(signal.SIGTERM, _stop)
    notebook, outcome = _salvage(spec) if spec.salvage else _execute(spec)
    since = _since_last(spec) if outcome.status == "SUCCEEDED" else None
    # From here on there is nothing left to stop, and a report to lose.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    scrubber = Scrubber.of(known_secrets([spec.parameters, spec.references], os.environ))
    from finops_lib.runs.report import write_report

    outcome = write_report(spec, notebook, outcome.scrubbed(scrubber), scrubber, since)
    outcome.write(spec.folder / OUTCOME)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Once only: a second one would interrupt the saving that the first one asked for.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise StopAsked


def _die_with_parent() -> None:
    """Wait for the pipe from the parent to close, which it does only by dying; then leave nothing running."""
    # Not sys.stdin: a thread that holds its lock makes the interpreter abort at its end.
    while os.read(0, 1):
        pass
    processes.kill_all(processes.descendants(os.getpid()))
    # The sockets' folder, which the parent made and can no longer remove; the run's own is for the ledger to judge.
    shutil.rmtree(Path(os.environ["JUPYTER_RUNTIME_DIR"]).parent, ignore_errors=True)
    os._exit(1)


def _execute(spec: Spec) -> tuple[Any, Outcome]:
    """Execute the notebook and say honestly what became of it."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    # What it reads notebooks with from three clouds takes it a quarter of a second of CPU; ours are files.
    with without_modules("papermill.s3", "papermill.abs", "papermill.adl"):
        from papermill import execute_notebook  # type: ignore[import-untyped]
    from papermill.exceptions import PapermillExecutionError  # type: ignore[import-untyped]
    from papermill.execute import remove_error_markers  # type: ignore[import-untyped]

    from finops_lib.runs.engine import ENGINE_NAME, SocketFileKernelManager, Trace, register_engine

    # It reads parameters by a pattern that misses ours and calls them unknown; the runner has checked each of them.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    register_engine()
    trace = Trace(on_cell=_progress_writer(int(os.environ.pop(PROGRESS))))
    status: RunStatus = "SUCCEEDED"
    error = ""
    try:
        execute_notebook(
            # papermill takes the path for a format string.
            str(spec.notebook).replace("{", "{{").replace("}", "}}"),
            None,
            parameters=spec.parameters,
            engine_name=ENGINE_NAME,
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            cwd=spec.project,
            execution_timeout=spec.cell_timeout_s,
            kernel_manager_class=SocketFileKernelManager,
            shutdown_kernel="immediate",
            coalesce_streams=True,
            trace=trace,
        )
    except PapermillExecutionError:
        status = "FAILED"
    except CellTimeoutError:
        status, error = "TIMED_OUT", f"took longer than the {spec.cell_timeout_s:g} s that a cell may take"
    except StopAsked:
        status, error = "TIMED_OUT", f"was running when the run's limit of {spec.timeout_s:g} s was over"
    except DeadKernelError:
        status, error = "KERNEL_DIED", "ended the kernel: it killed itself, or the system did (out of memory?)"
    except Exception as failure:  # the one place where a run's failure becomes its record
        died = trace.started is None and "Kernel died" in str(failure)
        status, error = "KERNEL_DIED" if died else "FAILED", error_line(type(failure).__name__, str(failure))
    if status in ("SUCCEEDED", "FAILED") and not trace.finished and not error:
        # papermill calls a notebook that left by sys.exit(0) a success.
        status = "FAILED"
    if trace.notebook is not None:
        # papermill puts its own words in red between the cells, and every later index is off.
        remove_error_markers(trace.notebook)
    return trace.notebook, _outcome(status, error, trace)


def _since_last(spec: Spec) -> SinceLast | None:
    """Work out what changed since the last report; the run's own time ends that, but not the report."""
    from finops_lib.runs.since import LEFT_OUT, since_last

    try:
        return since_last(spec)
    except StopAsked:
        return LEFT_OUT


def _outcome(status: RunStatus, error: str, trace: Any) -> Outcome:
    if status == "SUCCEEDED":
        return Outcome(status=status)
    if trace.notebook is None or trace.started is None:
        return Outcome(status=status, error=f"the notebook did not start: {error}")
    index = trace.failed[0] if trace.failed else trace.started
    number, line = cell_number(trace.notebook.cells, index), first_line(trace.notebook.cells[index].source)
    where = f"cell {number} (`{line}`)" if line else f"cell {number}"
    if trace.failed is None:
        text = f"{where} {error}"
    elif trace.failed[1] == "SystemExit":
        text = f"the notebook stopped itself in {where} before its end: sys.exit({trace.failed[2]})"
    else:
        text = f"{error_line(*trace.failed[1:])} in {where}"
    return Outcome(status=status, error=text, error_cell=number, has_traceback=trace.failed is not None)


def _salvage(spec: Spec) -> tuple[Any, Outcome]:
    """Give the notebook without outputs and the outcome that the parent saw: the first child is gone."""
    from papermill.iorw import load_notebook_node  # type: ignore[import-untyped]

    notebook = load_notebook_node(str(spec.notebook))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    assert spec.salvage is not None
    return notebook, spec.salvage


def _progress_writer(descriptor: int) -> Callable[[Any, int | None], None]:
    """Give a function that tells the parent which cell starts, under the heading it stands below."""
    pipe = os.fdopen(descriptor, "w", buffering=1, encoding="utf-8")

    def tell(notebook: Any, index: int | None) -> None:
        cells = notebook.cells
        done = len(cells) if index is None else index
        title = "" if index is None else _title_above(cells, index)
        number = None if index is None else cell_number(cells, index)
        event = {"done": done, "total": len(cells), "title": title, "cell": number}
        try:
            pipe.write(json.dumps(event) + "\n")
        except BrokenPipeError:
            # Nobody listens any more; the thread that watches the parent ends us.
            return

    return tell


def _title_above(cells: list[Any], index: int) -> str:
    for cell in reversed(cells[: index + 1]):
        if cell.cell_type == "markdown" and cell.source.lstrip().startswith("#"):
            return str(first_line(cell.source)).lstrip("# ")
    return ""


if __name__ == "__main__":
    main(sys.argv[1])
