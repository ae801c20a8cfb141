"""`finops runs ...`: what ran, when, from what, with what outcome."""

from __future__ import annotations

from typing import Annotated

import typer

from finops_lib.cli.app import runs_app
from finops_lib.cli.printing import FormatOption, print_rows
from finops_lib.runs.listing import Format


@runs_app.command("list")
def runs_list(
    notebook: Annotated[str, typer.Option(help="Only runs of this notebook.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20,
    format: FormatOption = Format.table,
) -> None:
    """List notebook runs, newest first."""
    from finops_lib.runs.ledger import listed_runs
    from finops_lib.settings import load_settings

    print_rows(
        listed_runs(load_settings(), notebook=notebook or None, limit=limit), format, empty="No notebook has run yet."
    )


@runs_app.command("show")
def runs_show(
    run_id: Annotated[str, typer.Argument(help="A run's id, or its beginning.")], format: FormatOption = Format.table
) -> None:
    """Show one run: status, parameters, snapshot, hashes, versions, error."""
    from finops_lib.runs.ledger import shown_run
    from finops_lib.settings import load_settings

    row = shown_run(load_settings(), run_id)
    if format is Format.table:
        print_rows([{"field": name, "value": value} for name, value in row.items()], format)
    else:
        print_rows([row], format)
