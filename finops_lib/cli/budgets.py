"""`finops budgets ...`: plan, change, look, check."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from finops_lib.cli.app import budgets_app
from finops_lib.cli.printing import FormatOption, print_rows, tell, to_the_cent
from finops_lib.runs.listing import Format

if TYPE_CHECKING:
    from finops_lib.runs.budget_check import Checked

NameArgument = Annotated[str, typer.Argument(help="The budget's name.")]


@budgets_app.command("import")
def budgets_import(
    file: Annotated[Path | None, typer.Argument(help="A plan; empty = params/budget_plan.yaml.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    close_missing: Annotated[
        bool, typer.Option("--close-missing", help="Close the budgets that the file does not name.")
    ] = False,
    format: FormatOption = Format.table,
) -> None:
    """Bring the budgets of a plan file into force; what differs gets a new version, the same file changes nothing."""
    from finops_lib.runs.budget_plan import import_budgets
    from finops_lib.settings import load_settings

    changes = import_budgets(load_settings(), file, dry_run=dry_run, close_missing=close_missing)
    rows: list[dict[str, Any]] = [
        {"budget": one.budget, "action": one.action, "version": one.version, "changes": one.changes} for one in changes
    ]
    if format is Format.table:
        rows = [{**row, "changes": _in_words(row["changes"])} for row in rows]
    print_rows(rows, format, empty="The plan names no budget.")


@budgets_app.command("create")
def budgets_create(
    name: NameArgument,
    amount: Annotated[str, typer.Option(help="For one whole period, e.g. 90000.")],
    currency: Annotated[str, typer.Option(help="Three capital letters, e.g. USD.")],
    scope: Annotated[
        str, typer.Option(help="An expression, e.g. \"team = 'payments' and environment = 'prod'\".")
    ] = "",
    scope_type: Annotated[
        str, typer.Option(help="Or one organization, project, team, service, environment or account.")
    ] = "",
    scope_value: Annotated[str, typer.Option(help="Which one, e.g. payments.")] = "",
    period: Annotated[str, typer.Option(help="How long one period is.")] = "monthly",
    cost: Annotated[str, typer.Option(help="effective = what is used, billed = what is paid.")] = "effective",
    owner: Annotated[str, typer.Option(help="Who answers for it and is told.")] = "",
    format: FormatOption = Format.table,
) -> None:
    """Enter one budget by hand; a closed one of that name is opened again."""
    from finops_lib.plans import definition_of
    from finops_lib.runs.budget_plan import create_budget
    from finops_lib.settings import load_settings

    line = {"name": name, "scope": scope, "scope_type": scope_type, "scope_value": scope_value, "amount": amount}
    line |= {"currency": currency, "period": period, "cost": cost, "owner": owner}
    made = create_budget(load_settings(), line)
    _print_fields(definition_of(made), format)


@budgets_app.command("list")
def budgets_list(
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones as well.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """List the budgets, each in its newest version."""
    from finops_lib.runs.budget_plan import listed_budgets
    from finops_lib.settings import load_settings

    empty = "There is no budget yet: write params/budget_plan.yaml, then: finops budgets import"
    print_rows(listed_budgets(load_settings(), with_closed=closed), format, empty=empty)


@budgets_app.command("show")
def budgets_show(name: NameArgument, format: FormatOption = Format.table) -> None:
    """Show all versions of one budget, and who made, changed and closed it, when."""
    from finops_lib.runs.budget_plan import shown_budget
    from finops_lib.settings import load_settings

    versions, lines = shown_budget(load_settings(), name)
    if format is not Format.table:
        rows = [version | {"audit": _about(version["version"], lines)} for version in versions]
        print_rows(rows, format)
        return
    for version in versions:
        _print_fields(version, format)
    print_rows(lines, format)


@budgets_app.command("status")
def budgets_status(
    as_of: Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD; empty = newest complete day.")] = "",
    format: FormatOption = Format.table,
) -> None:
    """Say how each budget stands now, the worst first; nothing is written and nobody is told."""
    from finops_lib.runs.budgets import SHOWN, budget_statuses
    from finops_lib.settings import load_settings

    _print_statuses(budget_statuses(load_settings(), as_of=as_of), format, SHOWN)


@budgets_app.command("history")
def budgets_history(
    name: NameArgument,
    periods: Annotated[int, typer.Option(help="How many periods, the present one included.", min=1)] = 12,
    format: FormatOption = Format.table,
) -> None:
    """Say how one budget stood at the end of each of its last periods."""
    from finops_lib.runs.budgets import budget_history
    from finops_lib.settings import load_settings

    rows = budget_history(load_settings(), name, periods=periods)
    shown = ("period_start", "colour", "currency", "amount", "actual", "forecast_p50", "data_through", "evaluated_at")
    _print_statuses(rows, format, shown)


@budgets_app.command("amend")
def budgets_amend(
    name: NameArgument,
    amount: Annotated[str, typer.Option(help="The new amount for one whole period.")] = "",
    owner: Annotated[str | None, typer.Option(help="The new owner.")] = None,
    parent: Annotated[str | None, typer.Option(help="The budget it is part of; '' = none.")] = None,
    start: Annotated[
        str, typer.Option("--from", help="First day it counts for, YYYY-MM-DD; empty = from the present period on.")
    ] = "",
    format: FormatOption = Format.table,
) -> None:
    """Change a budget by adding a version; earlier periods keep what was promised for them."""
    from finops_lib.periods import parse_day
    from finops_lib.plans import definition_of
    from finops_lib.runs.budget_plan import amend_budget, read_amount
    from finops_lib.settings import load_settings

    changes: dict[str, Any] = {"amount": read_amount(amount)} if amount else {}
    changes |= {key: value for key, value in (("owner", owner), ("parent", parent)) if value is not None}
    day = parse_day(start, name="--from") if start else None
    _print_fields(definition_of(amend_budget(load_settings(), name, changes, valid_from=day)), format)


@budgets_app.command("close")
def budgets_close(
    name: NameArgument,
    on: Annotated[str, typer.Option(help="From which day on it counts no more, YYYY-MM-DD; empty = today.")] = "",
) -> None:
    """End a budget; what it was and how it stood is kept."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.budget_plan import close_budget
    from finops_lib.settings import load_settings

    closed = close_budget(load_settings(), name, valid_to=parse_day(on, name="--on") if on else None)
    tell(f"budget {name} is closed from {closed.valid_to} on")


@budgets_app.command("check")
def budgets_check(
    as_of: Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD; empty = the newest with a charge.")] = "",
    deliver: Annotated[bool, typer.Option(help="Send what waits in the outbox.")] = True,
    format: FormatOption = Format.table,
) -> None:
    """Evaluate every budget, keep what is new, and alert; the same data again tells nobody anything."""
    from finops_lib.runs import clock
    from finops_lib.runs.budget_check import check_budgets
    from finops_lib.runs.budgets import SHOWN, status_row
    from finops_lib.settings import load_settings

    checked = check_budgets(load_settings(), as_of=as_of, now=clock.now(), deliver=deliver)
    _print_statuses([status_row(status) for status in checked.evaluation.statuses], format, SHOWN)
    for line in _news(checked):
        tell(line, err=format is not Format.table)
    for failure in checked.failures:
        tell(f"finops: {failure}", err=True)
    if checked.failures:
        raise typer.Exit(1)


def _news(checked: Checked) -> list[str]:
    lines = [f"imported {len(checked.imported)} budgets of the plan"] if checked.imported else []
    # What something worse superseded is kept, and told by that.
    told = [event for event in checked.alerts if event.state == "firing"]
    lines += [f"alert: {event.subject}: {event.kind} {event.threshold} ({event.value:.0f} %)" for event in told]
    lines += [f"over: {event.subject}: {event.kind} {event.threshold}" for event in checked.resolved]
    lines += [f"not told: {why}" for why in checked.unreached]
    count = len(checked.evaluation.statuses)
    sent = f"{checked.delivered.sent} messages sent, " if checked.delivered else ""
    lines.append(f"{len(checked.new)} of {count} budgets had changed; {sent}{checked.waiting} wait to be sent")
    return lines


def _print_statuses(rows: list[dict[str, Any]], format: Format, shown: tuple[str, ...]) -> None:
    if format is Format.table:
        rows = [{name: to_the_cent(row[name]) for name in shown} for row in rows]
    print_rows(rows, format, empty="There is no budget to speak of: finops budgets list")


def _print_fields(row: dict[str, Any], format: Format) -> None:
    if format is Format.table:
        print_rows([{"field": name, "value": value} for name, value in row.items()], format)
    else:
        print_rows([row], format)


def _about(version: int, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["details"].get("version") == version]


def _in_words(changes: dict[str, list[Any]]) -> str:
    return "; ".join(f"{name}: {before} -> {after}" for name, (before, after) in changes.items())
