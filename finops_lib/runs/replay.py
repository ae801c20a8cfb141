"""The child process of a replay: runs a notebook's code for its result.json, without kernel, report or ledger.

    python -m finops_lib.runs.replay NOTEBOOK   < parameters as one line of JSON

The environment says the rest, as it does under the runner (`runs.replaying`). Standard input stays open until the
parent is gone.
"""

from __future__ import annotations

import ast
import json
import os
import sys
import threading
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finops_lib.runs import processes
from finops_lib.runs.cells import error_line


def main(notebook: str) -> None:
    """Run the cells up to the one that writes the result; an error is one line on standard error and exit code 1."""
    parameters = json.loads(sys.stdin.readline())
    threading.Thread(target=_die_with_parent, daemon=True).start()
    cells = json.loads(Path(notebook).read_text(encoding="utf-8"))["cells"]
    try:
        run_cells(list(sources(cells, parameters)))
    except Exception as error:  # whatever a cell raises is its notebook's own
        sys.exit(error_line(type(error).__name__, str(error)))


def sources(cells: list[Mapping[str, Any]], parameters: Mapping[str, Any]) -> Iterator[str]:
    """Give the code to run: parameters set after the cell that declares them, nothing after the result."""
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    tagged = [cell.get("metadata", {}).get("tags", []) for cell in code]
    given = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    if not any("parameters" in tags for tags in tagged):
        yield given
    for cell, tags in zip(code, tagged, strict=True):
        yield "".join(cell["source"])
        if "parameters" in tags:
            yield given
        if "result" in tags:
            # What comes later checks and shows; it changes no number.
            return


def run_cells(cells: list[str]) -> None:
    """Run pieces of code one after the other in one namespace; what a cell would show is not drawn."""
    if all(map(_is_plain_python, cells)):
        story = types.ModuleType("__main__")
        sys.modules["__main__"] = story
        for number, cell in enumerate(cells):
            exec(compile(cell, f"<cell {number}>", "exec"), story.__dict__)  # noqa: S102
        return
    # Magics, await: IPython knows them, still without a kernel.
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    for cell in cells:
        shell.run_cell(cell, silent=True).raise_error()


def _is_plain_python(cell: str) -> bool:
    try:
        tree = ast.parse(cell)
    except SyntaxError:
        return False
    return not any(isinstance(node, ast.Name) and node.id in ("get_ipython", "display") for node in ast.walk(tree))


def _die_with_parent() -> None:
    while os.read(0, 1):
        pass
    processes.kill_all(processes.descendants(os.getpid()))
    os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1])
