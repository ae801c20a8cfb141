"""Say that a cell is still at work, and with what: one grey line below it that is gone when the cell is done.

Only in a notebook that a person has open. Reports, papermill and scripts have no use for it.
"""

from __future__ import annotations

import contextvars
import importlib
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from finops_lib.reports import markup
from finops_lib.reports.format import duration

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# A cell that is done by then never mentions it.
AFTER_S = 2.0
_EVERY_S = 1.0

_step = ""


def at_work_with(step: str) -> None:
    """Note what a cell has come to, e.g. the name of a query; whether anybody is told is not the caller's concern."""
    global _step
    _step = step


def register(shell: InteractiveShell) -> None:
    """Watch the cells of a notebook that is open in Jupyter."""
    # Jupyter's server names the notebook to the kernels it starts; nobody else does.
    if not os.environ.get("JPY_SESSION_NAME") or markup.is_report():
        return
    watch = _Watch()
    shell.events.register("pre_run_cell", lambda _info: watch.begin())
    shell.events.register("post_run_cell", lambda _result: watch.end())


class _Watch:
    """One cell at a time: a thread that says something every second until it is told that the cell is done."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        self.end()
        at_work_with("")
        self._done = threading.Event()
        # In the cell's own context, or its line would appear below whichever cell spoke last.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(_tell, self._done), daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None


def _tell(done: threading.Event) -> None:
    began = time.monotonic()
    if done.wait(AFTER_S):
        return
    # It has no types of its own.
    jupyter: Any = importlib.import_module("IPython.display")
    shown = jupyter.display(jupyter.HTML(_line(began)), display_id=True)
    while not done.wait(_EVERY_S):
        shown.update(jupyter.HTML(_line(began)))
    # An output cannot be taken away again, but it can be nothing.
    shown.update(jupyter.HTML(""))


def _line(began: float) -> str:
    what = f" with {markup.text(_step)}" if _step else ""
    words = f"At work{what} for {duration(round(time.monotonic() - began))}; the stop button ends it."
    return f'<small class="fw-note" role="status" style="color:gray">{words}</small>'
