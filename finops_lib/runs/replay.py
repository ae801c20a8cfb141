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
from finops_lib.runs.kernel import collect_less_garbage


def main(notebook: str) -> None:
    """Run the cells up to the one that writes the result; an error is one line on standard error and exit code 1."""
    collect_less_garbage()
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
        drawing: set[str] = set()
        for number, cell in enumerate(cells):
            tree = ast.parse(cell)
            drawing |= _names_that_draw(tree)
            tree.body = [line for line in tree.body if not _only_draws(line, drawing)]
            exec(compile(tree, f"<cell {number}>", "exec"), story.__dict__)
        return
    # Magics, await: IPython knows them, still without a kernel.
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    for cell in cells:
        shell.run_cell(cell, silent=True).raise_error()  # type: ignore[no-untyped-call]


def _names_that_draw(tree: ast.Module) -> set[str]:
    """Give the names that a cell takes from `finops_lib.reports`, which makes pictures of numbers and no numbers."""
    imports = [line for line in tree.body if isinstance(line, ast.ImportFrom) and line.module]
    ours = [line for line in imports if f"{line.module}.".startswith("finops_lib.reports.")]
    return {name.asname or name.name for line in ours for name in line.names}


def _only_draws(line: ast.stmt, drawing: set[str]) -> bool:
    """Whether a line is nothing but a call of something that draws, whose outcome nobody keeps."""
    if not isinstance(line, ast.Expr) or not isinstance(line.value, ast.Call):
        return False
    called = line.value.func
    owner = called.value if isinstance(called, ast.Attribute) else called
    keeps = any(isinstance(part, ast.NamedExpr | ast.Await) for part in ast.walk(line))
    return isinstance(owner, ast.Name) and owner.id in drawing and not keeps


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
