"""The cell magic `%%sql`: the lake's tables in a notebook cell, as a polars frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars
    from IPython.core.interactiveshell import InteractiveShell

from finops_lib.errors import FinOpsError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.open import Lake
from finops_lib.runs.asking import ask_for_frame, open_for_questions
from finops_lib.runs.lab_progress import at_work_with
from finops_lib.settings import load_settings

_open_lakes: dict[str, Lake] = {}


def register(shell: InteractiveShell) -> None:
    """Enter `%%sql` in the shell."""

    def sql(line: str, cell: str) -> polars.DataFrame | None:
        """Ask the lake. `%%sql` shows the answer; `%%sql name` also keeps it as the variable `name`."""
        at_work_with("the question")
        try:
            frame = answer(cell)
        except FinOpsError as error:
            print(f"finops: {error}")
            return None
        if name := line.strip():
            shell.user_ns[name] = frame
        return frame

    register_function: Callable[..., None] = shell.register_magic_function
    register_function(sql, magic_kind="cell")


def answer(query: str) -> polars.DataFrame:
    """Ask the lake that the environment names and give the answer as a frame."""
    settings = load_settings()
    place = str(settings.lake)
    lake = _open_lakes.get(place)
    # A connection sees one snapshot; whoever asks again wants to know how things are now.
    if lake is None or newest_snapshot(settings.lake) != lake.snapshot_id:
        if lake is not None:
            lake.close()
        lake = _open_lakes[place] = open_for_questions(settings)
    return ask_for_frame(lake, query)
