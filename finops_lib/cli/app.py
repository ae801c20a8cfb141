"""The program: its name, its options, and the order in which its help lists the commands."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="finops",
    help="A FinOps workbench: cloud bills in, reports out; right to the cent, reproducible, quiet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
runs_app = typer.Typer(help="Notebook runs: what ran, when, from what, with what outcome.", no_args_is_help=True)
lake_app = typer.Typer(help="The lake's upkeep: snapshots, pins, expiry, compaction, migration.", no_args_is_help=True)
alerts_app = typer.Typer(help="Alerts: what was told, to whom, and what still waits to be sent.", no_args_is_help=True)
budgets_app = typer.Typer(help="Budgets: their versions, how they stand, how they stood.", no_args_is_help=True)
fx_app = typer.Typer(help="Dated currency rates; nothing is converted without one.", no_args_is_help=True)
app.add_typer(runs_app, name="runs")
app.add_typer(budgets_app, name="budgets")
app.add_typer(alerts_app, name="alerts")
app.add_typer(fx_app, name="fx")
anomalies_app = typer.Typer(help="Anomalies: what happened that nobody planned, and what it was.", no_args_is_help=True)
app.add_typer(anomalies_app, name="anomalies")
schedule_app = typer.Typer(help="The schedule: what runs by itself, when, and what became of it.", no_args_is_help=True)
app.add_typer(schedule_app, name="schedule")
savings_app = typer.Typer(
    help="Savings: what could be saved, who agreed, and what it has brought.", no_args_is_help=True
)
app.add_typer(savings_app, name="savings")
app.add_typer(lake_app, name="lake")


def _version(wanted: bool) -> None:
    if wanted:
        from finops_lib import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        # Eager, or it would be asked which command it is the version of.
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """A FinOps workbench: cloud bills in, reports out; right to the cent, reproducible, quiet."""
