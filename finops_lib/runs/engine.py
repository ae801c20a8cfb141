"""Our engine inside papermill: says which cell runs, keeps the kernel off the network, saves nothing on the way.

Only the child process imports this: papermill and nbclient cost half a second of CPU.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from papermill.engines import (  # type: ignore[import-untyped]
    NBClientEngine,
    NotebookExecutionManager,
    papermill_engines,
)
from traitlets import default

ENGINE_NAME = "finops"

NotebookNode = Any


@dataclass
class Trace:
    """What an execution did, whatever became of it: papermill's own metadata cannot be trusted with that.

    Args:
        on_cell: told the index of each cell that starts, and None at the end of the last.
        notebook: the notebook with the outputs so far.
        started: index of the cell that runs or ran last; None before the first.
        failed: index, name and text of the error that a cell raised.
        finished: every cell ran to its end.
    """

    on_cell: Callable[[NotebookNode, int | None], None]
    notebook: NotebookNode = None
    started: int | None = None
    failed: tuple[int, str, str] | None = None
    finished: bool = False


class SocketFileKernelManager(AsyncKernelManager):
    """A kernel of this very Python, talking over socket files instead of TCP ports that anyone on the host may open."""

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"

    @default("ip")
    def _ip_default(self) -> str:
        # The beginning of the sockets' paths. Left alone it is the same name in the working directory for every
        # kernel, and two runs at once would talk to each other's.
        return str(Path(os.environ["JUPYTER_RUNTIME_DIR"]) / "k")

    @property
    def kernel_spec(self) -> KernelSpec:
        # A `python3` in the user's Jupyter folder may be another Python without our packages.
        if self._kernel_spec is None:
            argv = [sys.executable, "-m", "finops_lib.runs.kernel", "-f", "{connection_file}"]
            self._kernel_spec = KernelSpec(argv=argv, display_name="Python 3", language="python")
        return self._kernel_spec


class TracingManager(NotebookExecutionManager):  # type: ignore[misc]  # papermill is untyped
    """Papermill's bookkeeper, which also keeps the trace."""

    def __init__(self, nb: NotebookNode, trace: Trace) -> None:
        super().__init__(nb, output_path=None, progress_bar=False)
        self.trace = trace
        trace.notebook = nb

    def cell_start(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> None:
        self.trace.started = cell_index
        self.trace.on_cell(self.nb, cell_index)
        super().cell_start(cell, cell_index, **kwargs)

    def cell_exception(self, cell: NotebookNode, cell_index: int, **kwargs: Any) -> None:
        error = kwargs["exception"]
        self.trace.failed = (cell_index, error.ename, error.evalue)
        super().cell_exception(cell, cell_index, **kwargs)


class TracingEngine(NBClientEngine):  # type: ignore[misc]  # papermill is untyped
    """NBClientEngine with our bookkeeper in place of papermill's."""

    @classmethod
    def execute_notebook(cls, nb: NotebookNode, kernel_name: str, *, trace: Trace, **kwargs: Any) -> NotebookNode:
        for name in ("output_path", "progress_bar", "autosave_cell_every"):
            kwargs.pop(name, None)
        manager = TracingManager(nb, trace)
        manager.notebook_start()
        try:
            cls.execute_managed_notebook(manager, kernel_name, **kwargs)
            if trace.failed is None:
                trace.finished = True
                trace.on_cell(nb, None)
        finally:
            trace.notebook = manager.nb
            manager.notebook_complete()
        return manager.nb


def register_engine() -> None:
    """Make the engine known to papermill under its name."""
    papermill_engines.register(ENGINE_NAME, TracingEngine)
