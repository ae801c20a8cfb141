"""Progress of a run on a terminal; silent anywhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from finops_lib.runs.listing import shown_value

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
        task = progress.add_task(_described(name), total=None)

        def show(done: int, total: int, title: str) -> None:
            progress.update(task, completed=done, total=total, description=_described(f"{name}: {title}"))

        yield show


@contextmanager
def fetch_progress() -> Iterator[Callable[[str], Callable[[str, int, int | None], None]]]:
    """Give a maker of callbacks (what is fetched, steps done, steps in all): one bar per source, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda source: lambda what, done, total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    words, steps = (TextColumn(text, markup=False) for text in ("{task.description}", "{task.fields[steps]}"))
    columns = (words, BarColumn(), steps, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:

        def of_source(source: str) -> Callable[[str, int, int | None], None]:
            # One source follows the other: whoever is asked now has ended for those before.
            for former in progress.tasks:
                progress.update(former.id, completed=1, total=1, description=former.fields["source"], steps="")
                progress.stop_task(former.id)
            task = progress.add_task(source, total=None, source=source, steps="")

            def show(what: str, done: int, total: int | None) -> None:
                shown = tail_of(what, progress.console.width // 2 - len(source))
                # Where nobody knows how many steps there are, the bar only moves, and the clock goes on.
                steps = f"{done}/{total}" if total else ""
                # Set here, since an update takes None for "as before".
                progress.tasks[-1].total = total
                progress.update(task, completed=done, description=f"{source}: {shown}", steps=steps)

            return show

        yield of_source


def _described(words: str) -> str:
    # A bracket would be markup.
    return shown_value(words[:70]).replace("[", "(")


def tail_of(name: str, room: int) -> str:
    """Shorten a long name to its end, which tells more: the file, not the bucket; one line that steers no terminal."""
    name, room = shown_value(name), max(room, 20)
    return name if len(name) <= room else f"…{name[1 - room :]}"
