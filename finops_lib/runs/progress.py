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


@contextmanager
def fetch_progress() -> Iterator[Callable[[str], Callable[[str, int, int | None], None]]]:
    """Give a maker of callbacks (what is fetched, steps done, steps in all): one bar per source, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda source: lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def of_source(source: str) -> Callable[[str, int, int | None], None]:
            task = progress.add_task(source, total=None)

            def show(what: str, done: int, total: int | None) -> None:
                # Of a long name its end tells more: the file, not the bucket.
                progress.update(task, completed=done, total=total, description=f"{source}: {what[-60:]}")

            return show

        yield of_source
