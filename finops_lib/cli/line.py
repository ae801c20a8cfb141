"""The commands of the line: from bills to reports, and those that look at it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from finops_lib.cli.app import app
from finops_lib.cli.notebook_help import RunCommand
from finops_lib.cli.printing import FormatOption, print_rows, print_run, tell
from finops_lib.errors import ConfigError
from finops_lib.runs.listing import Format, records

AsOfLoad = Annotated[str, typer.Option("--as-of-load", help="As known at the end of that day (UTC), YYYY-MM-DD.")]


@app.command()
def demo(
    as_of: Annotated[str, typer.Option(help="Last day of the sample estate, YYYY-MM-DD; empty = yesterday.")] = "",
    rows: Annotated[int, typer.Option(help="About how many charges.", min=5_000)] = 250_000,
    seed: Annotated[int, typer.Option(help="Another number gives another estate.")] = 7,
) -> None:
    """Make a sample estate and take it through the whole line to outputs/index.html."""
    from finops_lib.runs.demo import run_demo
    from finops_lib.settings import load_settings

    shown = run_demo(load_settings(), as_of=as_of, rows=rows, seed=seed, say=typer.echo)
    if not shown.succeeded:
        raise typer.Exit(1)


@app.command()
def ingest(
    paths: Annotated[
        # Text, because a path would make s3:/bucket of s3://bucket.
        list[str],
        typer.Argument(
            help="Billing files (CSV, CSV.gz, Parquet), folders or export trees; local, s3:// or az://.",
            metavar="PATH...",
        ),
    ],
    source: Annotated[str, typer.Option(help="The name of whoever delivers these files, e.g. aws-payer.")],
    dialect: Annotated[str, typer.Option(help="Instead of detecting it, e.g. focus-1.2.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Accept that a month loses more than half.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and check; change nothing.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Load billing files as one delivery: whole months are replaced, or nothing is changed."""
    from finops_lib.runs.ingest import RefusedReplacement
    from finops_lib.runs.ingest import ingest as load
    from finops_lib.settings import load_settings

    settings = load_settings()
    try:
        reports = load(settings, paths, source=source, dialect=dialect, replace=replace, dry_run=dry_run, note=_note)
    except RefusedReplacement as error:
        print_rows(records(error.reports), format)
        raise
    if not dry_run and reports:
        _build(settings)
    print_rows(records(reports), format, empty="The delivery has no rows: nothing was loaded, nothing was replaced.")


@app.command()
def build(
    reallocate: Annotated[
        bool,
        typer.Option("--reallocate", help="Derive teams and other dimensions again, by the rules as they are now."),
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Bring the marts up to date, for changed slices only."""
    from finops_lib.settings import load_settings

    settings = load_settings()
    if reallocate:
        from finops_lib.runs.reallocate import reallocate as derive_again

        done = derive_again(settings)
        _build(settings)
        print_rows(records(done), format, empty="Every month is allocated by these rules already.")
        return
    print_rows(_build(settings), format, empty="Every mart is up to date.")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One question in SQL; - reads it from standard input.")],
    snapshot: Annotated[int | None, typer.Option(help="See the lake as it was at this snapshot.")] = None,
    as_of_load: AsOfLoad = "",
    format: FormatOption = Format.table,
) -> None:
    """Ask the lake, read-only: cost, the marts, loads; the run ledger is state.run."""
    from finops_lib.runs.asking import ask_for_rows, open_for_questions
    from finops_lib.runs.upkeep import chosen_snapshot
    from finops_lib.settings import load_settings

    text = sys.stdin.read() if query == "-" else query
    settings = load_settings()
    with open_for_questions(settings, snapshot=chosen_snapshot(settings, snapshot, as_of_load)) as lake:
        columns, rows = ask_for_rows(lake, text)
    print_rows(rows, format, columns=columns)


@app.command(cls=RunCommand)
def run(
    notebook: Annotated[str, typer.Argument(help="A name from notebooks/, e.g. overview.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", help="One parameter; repeat for more.", metavar="NAME=VALUE"),
    ] = None,
    params: Annotated[Path | None, typer.Option(help="A YAML file of parameters.")] = None,
    as_of: Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD; empty = newest complete day.")] = "",
    snapshot: Annotated[int | None, typer.Option(help="Run against the lake as it was.")] = None,
    as_of_load: AsOfLoad = "",
    timeout: Annotated[float, typer.Option(help="Wall-clock limit in seconds.", min=1)] = 900.0,
    once: Annotated[
        str, typer.Option(help="A key of your own: a run that succeeded under it is not made again.", metavar="KEY")
    ] = "",
    deliver: Annotated[
        bool, typer.Option("--deliver", help="Send the report to those who have it among their `reports`.")
    ] = False,
    deliver_to: Annotated[
        list[str] | None,
        typer.Option(help="Send the report to this recipient, address or channel; repeat for more.", metavar="NAME"),
    ] = None,
) -> None:
    """Run one notebook; print the run's id, its status and where the report is.

    finops run NOTEBOOK --help lists that notebook's parameters.
    """
    from finops_lib.runs.notebook import run_notebook
    from finops_lib.runs.progress import cell_progress
    from finops_lib.runs.upkeep import chosen_snapshot
    from finops_lib.settings import load_settings

    settings = load_settings()
    with cell_progress(notebook) as on_progress:
        record = run_notebook(
            settings,
            notebook,
            parameters=_pairs(parameter or []),
            params_file=params,
            as_of=as_of or None,
            snapshot=chosen_snapshot(settings, snapshot, as_of_load),
            timeout_s=timeout,
            on_progress=on_progress,
            once=once,
        )
    if not (deliver or deliver_to):
        print_run(record, settings)
        return
    from finops_lib.cli.deliver import print_delivery
    from finops_lib.runs.deliver import deliver as deliver_run
    from finops_lib.runs.failures import tell_owner_of_failed_run

    # Of a slot of the schedule a failure may be tried again; the schedule tells of the last one.
    if record.status != "SUCCEEDED" and not once:
        tell_owner_of_failed_run(settings, record)
    print_run(record, settings)
    print_delivery(deliver_run(settings, record.run_id, to=deliver_to or (), subscribed=deliver), Format.table)


@app.command()
def doctor(format: FormatOption = Format.table) -> None:
    """Check settings, lake, locks, freshness and outputs; say what to do about each."""
    from finops_lib.runs.doctor import examine

    checks = examine()
    print_rows(records(checks), format)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command()
def catalog(format: FormatOption = Format.table) -> None:
    """List tables, marts with question and grain, notebooks with parameters, plug-ins."""
    from finops_lib.runs.catalog import entries
    from finops_lib.settings import load_settings

    print_rows(records(entries(load_settings())), format)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open JupyterLab on the notebooks, with the lake attached. What follows goes to JupyterLab."""
    from finops_lib.runs.lab import open_lab
    from finops_lib.settings import load_settings

    raise typer.Exit(open_lab(load_settings(), context.args))


def _build(settings: Any) -> list[dict[str, Any]]:
    from finops_lib.marts.build import build as build_marts

    done = build_marts(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads)
    marts = len(done.marts)
    built = [(part, f"{marts} marts built") for part in done.slices_built]
    removed = [(part, "removed") for part in done.slices_removed]
    return [
        {"provider": part.provider, "source": part.source, "billing_month": f"{part.month:%Y-%m}", "done": what}
        for part, what in built + removed
    ]


def _note(line: str) -> None:
    tell(f"finops: note: {line}", err=True)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(f"-p {word!r} is not NAME=VALUE", next_step="write e.g. -p provider=aws")
        pairs[name] = value
    return pairs
