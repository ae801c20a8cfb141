"""`finops collect`: what the configured providers hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops_lib.cli.app import app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format, records

if TYPE_CHECKING:
    from finops_lib.settings import Settings


@app.command()
def collect(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Names from params/workbench.yaml; none = all.", metavar="[SOURCE]...")
    ] = None,
    month: Annotated[list[str] | None, typer.Option(help="A billing month, YYYY-MM; repeatable. None = all.")] = None,
    inventory: Annotated[
        bool, typer.Option("--inventory", help="Resources and their utilisation instead of bills.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Accept that a month loses more than half.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Fetch what the configured sources hold and the lake does not have; a source that fails stops no other."""
    from finops_lib.periods import parse_month
    from finops_lib.settings import load_settings

    settings = load_settings()
    months = [parse_month(text, name="--month") for text in month or []]
    if inventory:
        _inventory(settings, sources or [], format)
        return
    from finops_lib.runs.collect import chosen_sources
    from finops_lib.runs.collect import collect as fetch_all
    from finops_lib.runs.progress import fetch_progress

    with fetch_progress() as progress:
        collected = fetch_all(
            settings, chosen_sources(settings, sources or []), months=months, replace=replace, progress=progress
        )
    for line in collected.notes:
        tell(f"finops: {line}", err=True)
    print_rows(records(collected.reports), format, empty="Nothing to collect.")
    for refusal in collected.refusals:
        tell(f"finops: {refusal.source}: {refusal.reason}", err=True)
    if collected.refusals:
        raise typer.Exit(collected.refusals[0].exit_code)


def _inventory(settings: Settings, names: list[str], format: Format) -> None:
    from finops_lib.runs.collect import collect_inventories
    from finops_lib.runs.progress import fetch_progress

    with fetch_progress() as progress:
        reports, failures = collect_inventories(settings, names, progress=progress)
    print_rows(records(reports), format, empty="No source in params/workbench.yaml has an inventory.")
    for failure in failures:
        tell(f"finops: {failure.source}: {failure.reason}", err=True)
    if failures:
        raise typer.Exit(failures[0].exit_code)
