"""Lists for people and for scripts: a table, CSV or JSON on standard output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finops_lib.runs.listing import Format, shown_value, to_csv, to_json

if TYPE_CHECKING:
    from finops_lib.settings import Settings
    from finops_lib.state.runs import RunRecord

FormatOption = Annotated[Format, typer.Option("--format", help="How to print the list.")]


def print_rows(
    rows: Sequence[Mapping[str, Any]], format: Format, *, columns: Sequence[str] | None = None, empty: str = "Nothing."
) -> None:
    """Print rows as the user asked; `empty` is what a person reads where there are none."""
    names = list(columns) if columns is not None else list(rows[0]) if rows else []
    if format is Format.json:
        typer.echo(to_json(rows))
    elif format is Format.csv:
        typer.echo(to_csv(rows, names), nl=False)
    elif not rows and columns is None:
        typer.echo(empty)
    else:
        _print_table(rows, names)


def tell(line: str, *, err: bool = False) -> None:
    """Write one line for people; no name in it ends the line, moves the cursor or turns the words around it."""
    typer.echo(shown_value(line), err=err)


def print_run(record: RunRecord, settings: Settings) -> None:
    """Say what became of a run and where its report is; leave with the exit code that its status asks for."""
    typer.echo(f"{record.run_id}  {record.status}  {record.duration_s or 0:.1f} s")
    if record.report:
        typer.echo(str(settings.outputs / record.report))
    if record.error:
        tell(f"finops: {record.error}", err=True)
    if record.status != "SUCCEEDED":
        raise typer.Exit(2 if record.status == "INVALID_PARAMS" else 1)


def _print_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        is_number = any(isinstance(row.get(name), int | float | Decimal) for row in rows)
        # Of a pivot, names of a bill are the columns.
        table.add_column(Text(shown_value(name)), justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown_value(row.get(name))) for name in names))
    console = Console(highlight=False)
    if not console.is_terminal:
        # A pipe has no width: nothing may be folded because a terminal was imagined.
        console = Console(highlight=False, width=10_000)
    console.print(table)


def to_the_cent(value: Any) -> Any:
    """Round an amount for eyes; CSV and JSON keep all digits."""
    return f"{value:,.2f}" if isinstance(value, Decimal) else value
