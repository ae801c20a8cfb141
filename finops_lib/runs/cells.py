"""How is a cell called, and an error told, in one line a person can use?"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_LONGEST_ERROR = 500
_LONGEST_LINE = 60


def cell_number(cells: Sequence[Mapping[str, Any]], index: int) -> int:
    """Number a cell as JupyterLab does when the notebook is run from the top: code cells only, from 1.

    The cell that papermill injects is not in the author's notebook and does not count.
    """
    return max(1, sum(1 for cell in cells[: index + 1] if cell["cell_type"] == "code" and not _is_injected(cell)))


def index_of(cells: Sequence[Mapping[str, Any]], number: int | None) -> int | None:
    """Find the cell that `cell_number` gives this number; None if there is none."""
    found = (
        index
        for index, cell in enumerate(cells)
        if cell["cell_type"] == "code" and not _is_injected(cell) and cell_number(cells, index) == number
    )
    return next(found, None)


def first_line(source: str) -> str:
    """Give the first line of a cell that says something, shortened."""
    lines = (line.strip() for line in source.splitlines())
    line = next((line for line in lines if line and not line.startswith("%") and line != "#"), "")
    return line if len(line) <= _LONGEST_LINE else line[: _LONGEST_LINE - 1] + "…"


def error_line(name: str, text: str) -> str:
    """Give an error on one line, without terminal colours, not longer than a ledger's reader wants."""
    line = " ".join(f"{name}: {_ANSI.sub('', text)}".split()).removesuffix(":")
    return line if len(line) <= _LONGEST_ERROR else line[: _LONGEST_ERROR - 1] + "…"


def _is_injected(cell: Mapping[str, Any]) -> bool:
    return "injected-parameters" in cell["metadata"].get("tags", [])
