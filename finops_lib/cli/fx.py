"""`finops fx ...`: dated currency rates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import fx_app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format


@fx_app.command("import")
def fx_import(
    file: Annotated[Path, typer.Argument(help="CSV with the header from,to,day,rate,kind (book, spot or invoice).")],
    source: Annotated[str, typer.Option(help="Who says these rates; empty = the file's name.")] = "",
    format: FormatOption = Format.table,
) -> None:
    """Load rates; one that changed is replaced and shown with what it was, the same file again changes nothing."""
    from finops_lib.runs.rates import changed_rates, import_rates
    from finops_lib.settings import load_settings

    changes = import_rates(load_settings(), file, source=source)
    rows = changed_rates(changes)
    if format is Format.table:
        # A file of years has thousands of lines that nobody asked about.
        rows = [row for row in rows if row["status"] == "changed"]
        counts = {status: sum(change.status == status for change in changes) for status in ("new", "changed")}
        said = f"rates: {counts['new']} new, {counts['changed']} changed"
        tell(f"{said}, {len(changes) - sum(counts.values())} unchanged")
        if not rows:
            return
    print_rows(rows, format)


@fx_app.command("list")
def fx_list(format: FormatOption = Format.table) -> None:
    """List the rates by pair, kind and day."""
    from finops_lib.runs.rates import listed_rates
    from finops_lib.settings import load_settings

    print_rows(listed_rates(load_settings()), format, empty="There is no rate yet: finops fx import FILE.")
