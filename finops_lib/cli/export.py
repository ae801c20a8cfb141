"""`finops export`: the lake's charges as one FOCUS file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import app


@app.command()
def export(
    target: Annotated[Path, typer.Argument(help="The Parquet file to write.", metavar="FILE.parquet")],
    version: Annotated[str, typer.Option(help="FOCUS version: 1.4, as the lake holds it, or 1.2.")] = "1.4",
    month: Annotated[list[str] | None, typer.Option(help="A billing month, YYYY-MM; repeatable. None = all.")] = None,
    source: Annotated[str, typer.Option(help="Only what this source delivered.")] = "",
    own_columns: Annotated[
        bool, typer.Option("--own-columns", help="Add our columns: provider, source, team and the like.")
    ] = False,
) -> None:
    """Write charges of the lake as a FOCUS file, for other tools and for judges from outside."""
    from typing import cast

    from finops_lib.periods import parse_month
    from finops_lib.runs.export import Version, export_focus
    from finops_lib.settings import load_settings

    months = [parse_month(text, name="--month") for text in month or []]
    done = export_focus(
        load_settings(),
        target,
        version=cast(Version, version),
        months=months,
        source=source,
        own_columns=own_columns,
    )
    billed = ", ".join(f"{amount.normalize():f} {currency}" for currency, amount in sorted(done.billed.items()))
    typer.echo(f"{done.path}: {done.rows:,} charges, billed {billed}, FOCUS {done.version}")
