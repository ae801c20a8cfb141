"""Words -> one call into `runs`. What each command does is in `runs`; here is only how it is asked and shown."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from finops_lib.errors import ConfigError, FinOpsError
from finops_lib.runs.listing import Format, records, shown_value, to_csv, to_json

app = typer.Typer(
    name="finops",
    help="A FinOps workbench: cloud bills in, reports out; right to the cent, reproducible, quiet.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
runs_app = typer.Typer(help="Notebook runs: what ran, when, from what, with what outcome.", no_args_is_help=True)
app.add_typer(runs_app, name="runs")

FormatOption = Annotated[Format, typer.Option("--format", help="How to print the list.")]


def main() -> None:
    """Run the command line; an error on purpose becomes one line and its exit code."""
    debug = "--debug" in sys.argv
    try:
        app([word for word in sys.argv[1:] if word != "--debug"], standalone_mode=True)
    except FinOpsError as error:
        if debug:
            raise
        typer.echo(f"finops: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        _stopped()
    except OSError as error:
        if debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"finops: {place}{error.strerror or error}; next: check the path and its permissions", err=True)
        raise SystemExit(2) from None
    except Exception as error:
        # What DuckDB and SQLAlchemy say of a full disk or a read-only folder is one line for people, too.
        if "interrupted" in str(error).lower():
            _stopped()
        if debug or type(error).__module__.split(".")[0] not in ("_duckdb", "duckdb", "sqlalchemy"):
            raise
        first = " ".join(str(error).split())[:300]
        typer.echo(f"finops: {first}; next: check that disk and folders can be written (--debug: traceback)", err=True)
        raise SystemExit(1) from None


def _stopped() -> NoReturn:
    typer.echo("finops: interrupted; nothing half-written remains", err=True)
    raise SystemExit(130) from None


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """A FinOps workbench: cloud bills in, reports out; right to the cent, reproducible, quiet."""
    if version:
        from finops_lib import __version__

        typer.echo(__version__)
        raise typer.Exit


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
        _print(records(error.reports), format)
        raise
    if not dry_run and reports:
        _build(settings)
    _print(records(reports), format, empty="The delivery has no rows: nothing was loaded, nothing was replaced.")


@app.command()
def build(format: FormatOption = Format.table) -> None:
    """Bring the marts up to date, for changed slices only."""
    from finops_lib.settings import load_settings

    _print(_build(load_settings()), format, empty="Every mart is up to date.")


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="One question in SQL; - reads it from standard input.")],
    snapshot: Annotated[int | None, typer.Option(help="See the lake as it was at this snapshot.")] = None,
    format: FormatOption = Format.table,
) -> None:
    """Ask the lake, read-only: cost, the marts, loads; the run ledger is state.run."""
    from finops_lib.runs.asking import ask_for_rows, open_for_questions
    from finops_lib.settings import load_settings

    text = sys.stdin.read() if query == "-" else query
    with open_for_questions(load_settings(), snapshot=snapshot) as lake:
        columns, rows = ask_for_rows(lake, text)
    _print(rows, format, columns=columns)


@app.command()
def run(
    notebook: Annotated[str, typer.Argument(help="A name from notebooks/, e.g. overview.")],
    parameter: Annotated[
        list[str] | None,
        typer.Option("-p", "--parameter", help="One parameter; repeat for more.", metavar="NAME=VALUE"),
    ] = None,
    params: Annotated[Path | None, typer.Option(help="A YAML file of parameters.")] = None,
    as_of: Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD; empty = newest complete day.")] = "",
    snapshot: Annotated[int | None, typer.Option(help="Run against the lake as it was.")] = None,
    timeout: Annotated[float, typer.Option(help="Wall-clock limit in seconds.", min=1)] = 900.0,
) -> None:
    """Run one notebook; print the run's id, its status and where the report is."""
    from finops_lib.runs.notebook import run_notebook
    from finops_lib.runs.progress import cell_progress
    from finops_lib.settings import load_settings

    settings = load_settings()
    with cell_progress(notebook) as on_progress:
        record = run_notebook(
            settings,
            notebook,
            parameters=_pairs(parameter or []),
            params_file=params,
            as_of=as_of or None,
            snapshot=snapshot,
            timeout_s=timeout,
            on_progress=on_progress,
        )
    typer.echo(f"{record.run_id}  {record.status}  {record.duration_s or 0:.1f} s")
    if record.report:
        typer.echo(str(settings.outputs / record.report))
    if record.error:
        typer.echo(f"finops: {record.error}", err=True)
    if record.status != "SUCCEEDED":
        raise typer.Exit(2 if record.status == "INVALID_PARAMS" else 1)


@runs_app.command("list")
def runs_list(
    notebook: Annotated[str, typer.Option(help="Only runs of this notebook.")] = "",
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20,
    format: FormatOption = Format.table,
) -> None:
    """List notebook runs, newest first."""
    from finops_lib.runs.ledger import listed_runs
    from finops_lib.settings import load_settings

    _print(
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
        _print([{"field": name, "value": value} for name, value in row.items()], format)
    else:
        _print([row], format)


@app.command()
def doctor(format: FormatOption = Format.table) -> None:
    """Check settings, lake, locks, freshness and outputs; say what to do about each."""
    from finops_lib.runs.doctor import examine

    checks = examine()
    _print(records(checks), format)
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


@app.command()
def catalog(format: FormatOption = Format.table) -> None:
    """List tables, marts with question and grain, notebooks with parameters, plug-ins."""
    from finops_lib.runs.catalog import entries
    from finops_lib.settings import load_settings

    _print(records(entries(load_settings())), format)


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
    typer.echo(f"finops: note: {line}", err=True)


def _pairs(words: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise ConfigError(f"-p {word!r} is not NAME=VALUE", next_step="write e.g. -p provider=aws")
        pairs[name] = value
    return pairs


def _print(
    rows: Sequence[Mapping[str, Any]], format: Format, *, columns: Sequence[str] | None = None, empty: str = "Nothing."
) -> None:
    names = list(columns) if columns is not None else list(rows[0]) if rows else []
    if format is Format.json:
        typer.echo(to_json(rows))
    elif format is Format.csv:
        typer.echo(to_csv(rows, names), nl=False)
    elif not rows and columns is None:
        typer.echo(empty)
    else:
        _print_table(rows, names)


def _print_table(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> None:
    from decimal import Decimal

    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in names:
        is_number = any(isinstance(row.get(name), int | float | Decimal) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(shown_value(row.get(name))) for name in names))
    console = Console(highlight=False)
    if not console.is_terminal:
        # A pipe has no width: nothing may be folded because a terminal was imagined.
        console = Console(highlight=False, width=10_000)
    console.print(table)
