"""`finops runs ...`: what ran, when, from what, with what outcome."""

from __future__ import annotations

from typing import Annotated

import typer

from finops_lib.cli.app import runs_app
from finops_lib.cli.printing import FormatOption, print_rows, print_run, tell
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


@runs_app.command("rerun")
def runs_rerun(run_id: Annotated[str, typer.Argument(help="A run's id, or its beginning.")]) -> None:
    """Make a run again, from its snapshot and what it read besides: the same numbers, whatever came since."""
    from finops_lib.runs.progress import cell_progress
    from finops_lib.runs.rerun import rerun
    from finops_lib.settings import load_settings

    settings = load_settings()
    with cell_progress("rerun") as on_progress:
        done = rerun(settings, run_id, on_progress=on_progress)
    print_run(done.record, settings)
    since = f"; {done.changed} changed since" if done.changed else ""
    tell(f"result.json {'equals' if done.is_same else 'differs from'} that of {done.first.run_id}{since}")
    if not done.is_same:
        raise typer.Exit(1)


@runs_app.command("diff")
def runs_diff(
    first: Annotated[str, typer.Argument(help="A run's id or its beginning, latest, or previous.")] = "previous",
    second: Annotated[str, typer.Argument(help="The run to compare it with, named the same way.")] = "latest",
    notebook: Annotated[str, typer.Option(help="Whose latest run is meant; empty = the newest of all.")] = "",
    timeout: Annotated[float, typer.Option(help="Seconds that the comparison may take.", min=1)] = 900.0,
    format: FormatOption = Format.table,
) -> None:
    """Say how every number changed from one run to another: by new days, restatement, parameters, rules, code."""
    from finops_lib.runs.diff import as_flat_rows, diff_runs, moved
    from finops_lib.runs.run_changes import as_rows
    from finops_lib.settings import load_settings

    changes = diff_runs(load_settings(), first, second, notebook=notebook or None, timeout_s=timeout)
    if format is Format.table:
        print_rows(as_flat_rows(moved(changes)), format, empty="No number changed.")
        tell(f"{len(changes) - len(moved(changes))} of {len(changes)} numbers did not change.", err=True)
    else:
        print_rows(as_rows(changes) if format is Format.json else as_flat_rows(changes), format)


@runs_app.command("prune")
def runs_prune(
    keep_last: Annotated[int, typer.Option(help="Newest runs of each notebook that stay.", min=1)] = 30,
    keep_days: Annotated[int, typer.Option(help="Days for which every run stays.", min=0)] = 30,
    keep_failed_days: Annotated[int, typer.Option(help="Days for which a run that failed stays.", min=0)] = 90,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them; without it nothing is touched.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Remove old reports; the last success, month ends and pinned ones stay. Shows first what would go and why."""
    from finops_lib.runs.listing import records
    from finops_lib.runs.prune import prune
    from finops_lib.runs.retention import Retention
    from finops_lib.settings import load_settings

    policy = Retention(keep_last=keep_last, keep_days=keep_days, keep_failed_days=keep_failed_days)
    judged = prune(load_settings(), policy, dry_run=not yes)
    print_rows(records(judged), format, empty="No run has a report yet.")
    going = sum(one.goes for one in judged)
    done = "removed" if yes else "would go; nothing was touched: repeat with --yes"
    tell(f"{going} of {len(judged)} reports {done}", err=True)


@runs_app.command("pin")
def runs_pin(
    run_id: Annotated[str, typer.Argument(help="A run's id, or its beginning.")],
    reason: Annotated[str, typer.Option(help="Why it is to stay.")] = "",
) -> None:
    """Keep a run's report and its snapshot for good."""
    from finops_lib.runs.prune import pin_run
    from finops_lib.settings import load_settings

    tell(f"{pin_run(load_settings(), run_id, reason).run_id}  pinned")


@runs_app.command("unpin")
def runs_unpin(run_id: Annotated[str, typer.Argument(help="A run's id, or its beginning.")]) -> None:
    """Let a run's report age again."""
    from finops_lib.runs.prune import pin_run
    from finops_lib.settings import load_settings

    tell(f"{pin_run(load_settings(), run_id, None).run_id}  no longer pinned")
