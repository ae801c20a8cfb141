"""`finops forecast`: month end and the next 30, 60, 90 days, from the lake or for any table of daily series."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import app
from finops_lib.cli.printing import FormatOption, print_rows
from finops_lib.errors import ConfigError
from finops_lib.runs.listing import Format


@app.command()
def forecast(
    input: Annotated[
        Path | None, typer.Option(help="A table of daily series (.csv, .parquet) instead of the lake.", metavar="FILE")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write to this file (.csv, .parquet, .json) instead of the screen.", metavar="FILE"),
    ] = None,
    as_of: Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD. None = the newest.")] = "",
    horizon: Annotated[
        list[str] | None, typer.Option(help="30d, 60d, 90d or month_end; repeatable. None = all four.")
    ] = None,
    method: Annotated[
        str, typer.Option(help="workbench, or a baseline: linear, run-rate, seasonal-naive, prophet.")
    ] = "workbench",
    by: Annotated[
        str,
        typer.Option(
            help="Of the lake: what makes a series, separated by commas: provider, account, service, region, team, "
            "project, environment, cost_center, organization; or all."
        ),
    ] = "provider,account,service",
    scope: Annotated[
        str,
        typer.Option(
            help="Of the lake: only these charges, e.g. \"team = 'shop' and service like 'Amazon*'\"; a name of --by, "
            "tag['key'], or any FOCUS column of text.",
            metavar="EXPR",
        ),
    ] = "",
    cost_column: Annotated[
        str, typer.Option(help="The money column: of a table `cost`, of the lake effective_cost or billed_cost.")
    ] = "",
    format: FormatOption = Format.table,
) -> None:
    """Say what each series will cost, with 80 % and 95 % intervals; incomplete days are left out by themselves."""
    from finops_lib.analyses.forecasts import HORIZONS
    from finops_lib.periods import parse_day
    from finops_lib.runs import forecast as runs
    from finops_lib.runs.table_file import check_target, write_table

    horizons = tuple(dict.fromkeys(horizon or HORIZONS))
    if output is not None:
        check_target(output)
    if input is not None:
        if scope:
            raise ConfigError(
                "--scope chooses charges of the lake, not rows of a file", next_step="leave one of them out"
            )
        day = parse_day(as_of, name="--as-of") if as_of else None
        totals = runs.forecast_file(
            input, as_of=day, horizons=horizons, method=method, cost_column=cost_column or "cost"
        )
    else:
        from finops_lib.settings import load_settings

        dimensions = tuple(name.strip() for name in by.split(",") if name.strip()) if by != "all" else ()
        if by != "all" and not dimensions:
            raise ConfigError("--by names nothing", next_step="name dimensions, or all for one total per currency")
        totals = runs.forecast_lake(
            load_settings(),
            by=dimensions,
            as_of=as_of,
            horizons=horizons,
            method=method,
            cost_column=cost_column or "effective_cost",
            scope=scope,
        )
    if output is None:
        print_rows(totals.to_dicts(), format, columns=totals.columns)
        return
    write_table(totals, output)
    typer.echo(f"{output}: {totals['series_id'].n_unique():,} series, horizons {', '.join(horizons)}")
