"""`finops anomalies ...`: what happened that nobody planned, and what people say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import anomalies_app
from finops_lib.cli.printing import FormatOption, print_rows, tell, to_the_cent
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from finops_lib.runs.listing import Format, records

AnomalyId = Annotated[str, typer.Argument(help="An anomaly's id, or its beginning.", metavar="ID")]
NoteOption = Annotated[str, typer.Option(help="What others should know about it.")]


@anomalies_app.command("detect")
def anomalies_detect(
    input: Annotated[
        Path | None, typer.Option(help="A table of daily series (.csv, .parquet) instead of the lake.", metavar="FILE")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Of a table: write here (.csv, .parquet, .json).", metavar="FILE")
    ] = None,
    planned: Annotated[
        Path | None, typer.Option(help="Of a table: announced changes: series_id, date, note.", metavar="FILE")
    ] = None,
    cost_column: Annotated[str, typer.Option(help="Of a table: its money column.")] = "cost",
    method: Annotated[
        str,
        typer.Option(help="workbench, zscore, iqr, prophet, isolation_forest; several by comma are told as one."),
    ] = "workbench",
    min_score: Annotated[
        float | None, typer.Option(help="Of a table: tell a day from this score, 0 to 1; 0 = every candidate.")
    ] = None,
    newest: Annotated[
        int | None,
        typer.Option(help="Of a table: tell only its last so many days, as a judgement of all does.", min=1),
    ] = None,
    as_of: Annotated[str, typer.Option(help="Of the lake: last included day, YYYY-MM-DD; empty = newest.")] = "",
    no_delivery: Annotated[
        bool, typer.Option("--no-delivery", help="Of the lake: leave messages waiting in the outbox.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Find anomalies: in the lake (written down, told once), or the days of any table of daily series."""
    methods = [name.strip() for name in method.split(",") if name.strip()]
    if input is not None:
        if as_of or no_delivery:
            option = "--as-of" if as_of else "--no-delivery"
            raise ConfigError(f"{option} is of the lake; --input judges all days of a table", next_step="leave it out")
        _detect_file(input, output, planned, cost_column, methods, min_score, newest, format)
        return
    of_tables = {"--output": output, "--planned": planned, "--min-score": min_score, "--newest": newest}
    given = [option for option, value in of_tables.items() if value is not None]
    if given or cost_column != "cost":
        raise ConfigError(f"{(given or ['--cost-column'])[0]} needs --input", next_step="name a table with --input")
    _detect_lake(as_of, methods, deliver=not no_delivery, format=format)


@anomalies_app.command("list")
def anomalies_list(
    only_open: Annotated[bool, typer.Option("--open", help="Only what goes on and nobody has explained.")] = False,
    limit: Annotated[int | None, typer.Option(help="How many, the largest money first.", min=1)] = None,
    format: FormatOption = Format.table,
) -> None:
    """List anomalies, the largest money first."""
    from finops_lib.runs.anomalies import listed
    from finops_lib.settings import load_settings

    empty = "No anomaly is open." if only_open else "No anomaly was ever found; look with: finops anomalies detect"
    print_rows(listed(load_settings(), only_open=only_open, limit=limit), format, empty=empty)


@anomalies_app.command("show")
def anomalies_show(anomaly_id: AnomalyId, format: FormatOption = Format.table) -> None:
    """Show one anomaly: its money, its cause with the arithmetic behind it, and what happened to it."""
    from finops_lib.runs.anomalies import row_of, shown
    from finops_lib.runs.anomaly_cause import looked_into
    from finops_lib.runs.listing import shown_value
    from finops_lib.settings import load_settings

    settings = load_settings()
    anomaly, events = shown(settings, anomaly_id)
    history = records(events)
    sentence, parts = looked_into(settings, anomaly)
    if format is not Format.table:
        print_rows([{**row_of(anomaly), "cause": sentence, "parts": parts, "history": history}], format)
        return
    # The sentence below is of today's lake, the list's of the day it was found.
    for name, value in row_of(anomaly).items():
        if name != "causes":
            tell(f"{name:<14}{shown_value(value)}")
    tell(f"{'cause':<14}{sentence}")
    tell("")
    if parts:
        print_rows([{name: to_the_cent(value) for name, value in part.items()} for part in parts], format)
    print_rows([{k: v for k, v in row.items() if k != "anomaly_id"} for row in history], format)


@anomalies_app.command("acknowledge")
def anomalies_acknowledge(anomaly_id: AnomalyId, note: NoteOption = "") -> None:
    """Write down that you look into an anomaly; PagerDuty stops calling."""
    from finops_lib.runs.anomalies import acknowledge
    from finops_lib.settings import load_settings

    _say(acknowledge(load_settings(), anomaly_id, note=note))


@anomalies_app.command("resolve")
def anomalies_resolve(
    anomaly_id: AnomalyId,
    cause: Annotated[str, typer.Option(help="What it was.")] = "",
    note: NoteOption = "",
    false_positive: Annotated[
        bool, typer.Option("--false-positive", help="Nothing had happened; such days of this node must be surer.")
    ] = False,
) -> None:
    """Write down what an anomaly was; those who were told of it are told."""
    from finops_lib.runs.anomalies import resolve
    from finops_lib.settings import load_settings

    _say(resolve(load_settings(), anomaly_id, cause=cause, note=note, is_false_positive=false_positive))


@anomalies_app.command("expected")
def anomalies_expected(anomaly_id: AnomalyId, note: NoteOption = "") -> None:
    """Write down that an anomaly was planned; its node is silent for two weeks from its first day."""
    from finops_lib.runs.anomalies import expect
    from finops_lib.settings import load_settings

    _say(expect(load_settings(), anomaly_id, note=note))


@anomalies_app.command("reopen")
def anomalies_reopen(anomaly_id: AnomalyId, note: NoteOption = "") -> None:
    """Take back what was said of an anomaly."""
    from finops_lib.runs.anomalies import reopen
    from finops_lib.settings import load_settings

    _say(reopen(load_settings(), anomaly_id, note=note))


@anomalies_app.command("plan")
def anomalies_plan(
    node: Annotated[
        str, typer.Argument(help="As `list` names it, e.g. aws/111/Compute or aws/111/*; none = list what is planned.")
    ] = "",
    day: Annotated[str, typer.Argument(help="The day of the change, YYYY-MM-DD.", metavar="DATE")] = "",
    note: NoteOption = "",
    format: FormatOption = Format.table,
) -> None:
    """Announce a change of a node's cost, which is then not told; or list what was announced."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.anomalies import plan, planned
    from finops_lib.settings import load_settings

    settings = load_settings()
    if not node:
        print_rows(records(planned(settings)), format, empty="No change is announced.")
        return
    if not day:
        raise ConfigError("DATE is missing", next_step="finops anomalies plan NODE YYYY-MM-DD --note ...")
    plan(settings, node, parse_day(day, name="DATE"), note=note)
    tell(f"{node}  {day}  announced")


def _detect_file(
    input: Path,
    output: Path | None,
    planned: Path | None,
    cost_column: str,
    methods: list[str],
    min_score: float | None,
    newest: int | None,
    format: Format,
) -> None:
    from finops_lib.analyses.anomalies.workbench import TOLD_FROM
    from finops_lib.reports.format import plural
    from finops_lib.runs.anomaly_file import detect_file
    from finops_lib.runs.table_file import check_target, write_table

    if output is not None:
        check_target(output)
    told = detect_file(
        input,
        planned=planned,
        cost_column=cost_column,
        methods=methods,
        min_score=TOLD_FROM if min_score is None else min_score,
        newest=newest,
    )
    if output is None:
        print_rows(told.to_dicts(), format, columns=told.columns)
        return
    write_table(told, output)
    tell(f"{output}: {plural(told.height, 'day')} of {plural(told['series_id'].n_unique(), 'series', 'series')}")


def _detect_lake(as_of: str, methods: list[str], *, deliver: bool, format: Format) -> None:
    from finops_lib.runs.anomalies import row_of
    from finops_lib.runs.anomaly_detect import detect_in_lake
    from finops_lib.settings import load_settings

    done = detect_in_lake(load_settings(), as_of=as_of, methods=methods, deliver=deliver)
    kept = done.recorded
    changed = {*kept.new, *kept.changed, *kept.closed}
    rows = [row_of(anomaly) for anomaly in done.found if anomaly.anomaly_id in changed]
    print_rows(rows, format, empty=f"Nothing new through {done.as_of}.")
    if format is Format.table:
        tell(
            f"through {done.as_of}: {len(kept.new)} new, {len(kept.changed)} changed, {len(kept.closed)} ended, "
            f"{len(kept.withdrawn)} withdrawn, {len(kept.alerts)} told"
        )
    for line in done.unreached:
        tell(f"finops: note: {line}", err=True)


def _say(anomaly: Anomaly) -> None:
    tell(f"{anomaly.anomaly_id}  {anomaly.scope}  {anomaly.status.replace('_', ' ')}")
