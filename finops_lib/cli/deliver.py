"""`finops deliver`: the report of a run, as a mail or a message, to those who may see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from finops_lib.cli.app import app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format

if TYPE_CHECKING:
    from finops_lib.runs.deliver import Delivery


@app.command()
def deliver(
    run_id: Annotated[str, typer.Argument(help="A run's id, or its beginning.", metavar="RUN")],
    to: Annotated[
        list[str] | None,
        typer.Option(
            help="A recipient of params/workbench.yaml, a mail address or a channel; repeat for more.", metavar="NAME"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Make pages and mails (mail.eml in the run's folder); send none.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Send a run's report; without --to, to those who have it among their `reports`. Nobody gets it twice."""
    from finops_lib.runs.deliver import deliver as deliver_run
    from finops_lib.runs.progress import cell_progress
    from finops_lib.settings import load_settings

    with cell_progress("narrowed page") as on_progress:
        done = deliver_run(load_settings(), run_id, to=to or (), dry_run=dry_run, on_progress=on_progress)
    print_delivery(done, format)


def print_delivery(done: Delivery, format: Format) -> None:
    """Say who got a report; leave with 4 where a channel refused it for good, with 1 where a page could not be made."""
    from finops_lib.runs.deliver import rows_of

    print_rows(
        rows_of(done), format, empty="Nobody is to get it: name somebody with --to, or under `reports` of a recipient."
    )
    for one in done.failed:
        tell(f"finops: {one.addressee.name}: {one.error}", err=True)
    if done.failed:
        raise typer.Exit(4 if all(one.standing == "dead" for one in done.failed) else 1)
