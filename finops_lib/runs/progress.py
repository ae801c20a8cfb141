"""Progress of a run on a terminal; silent anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OnProgress = Callable[[int, int, str], None]


@contextmanager
def cell_progress(name: str) -> Iterator[OnProgress]:
    """Give a callback (cells done, cells in all, title of the cell) that draws a bar on stderr if it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total, title: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=None)

        def show(done: int, total: int, title: str) -> None:
            progress.update(task, completed=done, total=total, description=f"{name}: {title}"[:70].replace("[", "("))

        yield show
