"""`finops reconcile`: does each step of the line hold what the one before held?"""

from __future__ import annotations

from typing import Annotated

import typer

from finops_lib.cli.app import app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format


@app.command()
def reconcile(
    month: Annotated[str, typer.Option(help="One billing month, YYYY-MM; empty = every month.")] = "",
    format: FormatOption = Format.table,
) -> None:
    """Compare stated, loaded, marts, reports and invoices per slice; hold back the runs of what does not add up."""
    from finops_lib.runs.reconcile import LISTED
    from finops_lib.runs.reconcile import reconcile as compare
    from finops_lib.settings import load_settings

    found = compare(load_settings(), month=month)
    nothing = f"Nothing is loaded for {month}." if month else "Nothing is loaded yet: there is nothing to reconcile."
    print_rows([{name: getattr(row, name) for name in LISTED} for row in found], format, empty=nothing)
    failed = [row for row in found if not row.ok]
    for row in failed:
        tell(f"finops: does not add up: {row.words}", err=True)
    if failed:
        raise typer.Exit(1)
