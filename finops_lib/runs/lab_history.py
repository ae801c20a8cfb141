"""Let go of runs that were opened before.

IPython keeps the value of every cell (`_`, `Out`), so that a kernel in which the setup cell was run again for a week
would keep a connection, and a claim on a snapshot of the lake, for each time.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_KEPT = re.compile(r"_\d*|__|___")


def register(shell: InteractiveShell) -> None:
    """Forget, after each cell, the runs that only IPython's history holds."""

    def forget_runs(_result: object) -> None:
        from finops_lib.runs.session import Run

        history: dict[int, Any] = shell.user_ns.get("_oh", {})
        for number in [number for number, value in history.items() if isinstance(value, Run)]:
            del history[number]
        # What it does not list as the person's own is there a second time.
        for names in (shell.user_ns, shell.user_ns_hidden):
            for name in [name for name in names if _KEPT.fullmatch(name) and isinstance(names[name], Run)]:
                names[name] = None
        if shell.displayhook is not None:
            for name in ("_", "__", "___"):
                if isinstance(getattr(shell.displayhook, name, None), Run):
                    setattr(shell.displayhook, name, None)

    shell.events.register("post_run_cell", forget_runs)
