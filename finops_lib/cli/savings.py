"""`finops savings ...`: what could be saved, what people decide, and what later bills say of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from finops_lib.cli.app import savings_app
from finops_lib.cli.printing import FormatOption, print_rows, tell, to_the_cent
from finops_lib.findings import KeptRecommendation
from finops_lib.runs.listing import Format, records

RecommendationId = Annotated[str, typer.Argument(help="A recommendation's id, or its beginning.", metavar="ID")]
AsOfOption = Annotated[str, typer.Option(help="Last included day, YYYY-MM-DD; empty = newest complete day.")]
ReasonOption = Annotated[str, typer.Option(help="Why.")]


@savings_app.command("find")
def savings_find(as_of: AsOfOption = "", format: FormatOption = Format.table) -> None:
    """Find what could be saved and write it down; found again, it is updated and never doubled."""
    from finops_lib.runs.savings import SHOWN, listed
    from finops_lib.runs.savings_find import find_in_lake
    from finops_lib.settings import load_settings

    settings = load_settings()
    done = find_in_lake(settings, as_of=as_of)
    kept = done.recorded
    told = {*kept.new, *kept.woken, *kept.lapsed, *kept.regressed}
    rows = [row for row in listed(settings) if row["recommendation_id"] in told]
    if format is not Format.table:
        print_rows(rows, format)
        return
    shown = [{name: to_the_cent(row[name]) for name in SHOWN} for row in rows]
    print_rows(shown, format, empty=f"Nothing new through {done.as_of}.")
    tell(
        f"through {done.as_of}: {len(done.found)} found, {len(kept.new)} new, {len(kept.changed)} changed, "
        f"{len(kept.woken)} told again, {len(kept.lapsed)} approvals lapsed, {len(kept.superseded)} superseded, "
        f"{len(kept.resolved)} resolved externally, {len(kept.expired)} expired, {len(kept.regressed)} regressed"
    )


@savings_app.command("list")
def savings_list(
    only_open: Annotated[bool, typer.Option("--open", help="Only what waits for somebody.")] = False,
    status: Annotated[list[str] | None, typer.Option(help="Only this status; repeat for more.")] = None,
    limit: Annotated[int | None, typer.Option(help="How many, the largest saving first.", min=1)] = None,
    format: FormatOption = Format.table,
) -> None:
    """List recommendations; only the net savings may be added up."""
    from finops_lib.runs.savings import OPEN, SHOWN, listed, statuses_named
    from finops_lib.settings import load_settings

    wanted = statuses_named(status) if status else OPEN if only_open else None
    rows = listed(load_settings(), statuses=wanted, limit=limit)
    if format is Format.table:
        rows = [{name: to_the_cent(row[name]) for name in SHOWN} for row in rows]
    print_rows(rows, format, empty="No recommendation; look with: finops savings find")


@savings_app.command("show")
def savings_show(recommendation_id: RecommendationId, format: FormatOption = Format.table) -> None:
    """Show one recommendation: its evidence, who agreed, what later bills say, and what happened to it."""
    from finops_lib.runs.listing import shown_value
    from finops_lib.runs.savings import shown
    from finops_lib.settings import load_settings

    row, events = shown(load_settings(), recommendation_id)
    history = records(events)
    if format is not Format.table:
        print_rows([{**row, "history": history}], format)
        return
    said = row.pop("verification") or {}
    for name, value in (row | {f"bills: {name}": value for name, value in said.items()}).items():
        if value not in (None, "", [], {}):
            tell(f"{name:<23}{shown_value(to_the_cent(value))}")
    tell("")
    print_rows(
        [{k: v for k, v in event.items() if k not in ("recommendation_id", "evidence_hash")} for event in history],
        format,
    )


@savings_app.command("portfolio")
def savings_portfolio(
    by_type: Annotated[
        bool, typer.Option("--claimed", help="What was claimed against what was banked, by type.")
    ] = False,
    as_of: Annotated[
        str, typer.Option(help="Count claims through this day, YYYY-MM-DD; empty = the last search.")
    ] = "",
    format: FormatOption = Format.table,
) -> None:
    """Say what all of it is worth when nothing is counted twice, and what this year has brought."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.savings import claims, totals
    from finops_lib.settings import load_settings

    settings = load_settings()
    day = parse_day(as_of, name="--as-of") if as_of else None
    rows = claims(settings, as_of=day) if by_type else totals(settings, as_of=day)
    if format is Format.table:
        rows = [{name: to_the_cent(value) for name, value in row.items()} for row in rows]
    empty = (
        "Nothing is said to be implemented this year."
        if by_type
        else "No recommendation; look with: finops savings find"
    )
    print_rows(rows, format, empty=empty)


@savings_app.command("approve")
def savings_approve(recommendation_id: RecommendationId) -> None:
    """Agree to a recommendation that somebody else proposed; a commitment needs two people."""
    from finops_lib.runs.savings_decide import approve
    from finops_lib.settings import load_settings

    _say(approve(load_settings(), recommendation_id))


@savings_app.command("reject")
def savings_reject(
    recommendation_id: RecommendationId,
    reason: ReasonOption = "",
    until: Annotated[
        str, typer.Option(help="Silent until that day, YYYY-MM-DD; empty = until it saves half more.")
    ] = "",
) -> None:
    """Say that it will not be done."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.savings_decide import reject
    from finops_lib.settings import load_settings

    day = parse_day(until, name="--until") if until else None
    _say(reject(load_settings(), recommendation_id, reason=reason, until=day))


@savings_app.command("snooze")
def savings_snooze(
    recommendation_id: RecommendationId,
    until: Annotated[str, typer.Option(help="The day to ask again, YYYY-MM-DD, within 180 days.")],
    reason: ReasonOption = "",
) -> None:
    """Put it off until a day."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.savings_decide import snooze
    from finops_lib.settings import load_settings

    _say(snooze(load_settings(), recommendation_id, until=parse_day(until, name="--until"), reason=reason))


@savings_app.command("schedule")
def savings_schedule(
    recommendation_id: RecommendationId,
    on: Annotated[str, typer.Option(help="The day it is to be done, YYYY-MM-DD.")],
    reference: Annotated[str, typer.Option(help="The ticket or change it is done under.")] = "",
) -> None:
    """Say on which day an approved one is to be done."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.savings_decide import schedule
    from finops_lib.settings import load_settings

    _say(schedule(load_settings(), recommendation_id, on=parse_day(on, name="--on"), reference=reference))


@savings_app.command("implement")
def savings_implement(
    recommendation_id: RecommendationId,
    reference: Annotated[str, typer.Option(help="The ticket, commit or order of the change.")] = "",
    on: Annotated[str, typer.Option(help="The day it was done, YYYY-MM-DD; empty = today.")] = "",
    by: Annotated[str, typer.Option(help="Who did it; empty = you.")] = "",
    commitment: Annotated[str, typer.Option(help="Of a commitment: what was bought, as the bill names it.")] = "",
) -> None:
    """Say that it was done. The workbench does nothing itself; later bills show what it has brought."""
    from finops_lib.periods import parse_day
    from finops_lib.runs.savings_decide import implement
    from finops_lib.settings import load_settings

    day = parse_day(on, name="--on") if on else None
    settings = load_settings()
    _say(implement(settings, recommendation_id, reference=reference, on=day, by=by, commitment_id=commitment))


@savings_app.command("withdraw")
def savings_withdraw(recommendation_id: RecommendationId, reason: ReasonOption = "") -> None:
    """Take an approval back."""
    from finops_lib.runs.savings_decide import withdraw
    from finops_lib.settings import load_settings

    _say(withdraw(load_settings(), recommendation_id, reason=reason))


@savings_app.command("verify")
def savings_verify(
    recommendation_ids: Annotated[
        list[str] | None, typer.Argument(help="Only these; none = all that are implemented.", metavar="[ID]...")
    ] = None,
    as_of: AsOfOption = "",
    format: FormatOption = Format.table,
) -> None:
    """Hold what is said to be done against later bills."""
    from finops_lib.runs.savings import checked_row
    from finops_lib.runs.savings_verify import verify_in_lake
    from finops_lib.settings import load_settings

    rows = [
        checked_row(one)
        for one in verify_in_lake(load_settings(), recommendation_ids=recommendation_ids or (), as_of=as_of)
    ]
    if format is Format.table:
        rows = [{name: to_the_cent(value) for name, value in row.items() if name != "banked"} for row in rows]
    print_rows(rows, format, empty="Nothing is said to be implemented.")


@savings_app.command("export")
def savings_export(
    recommendation_ids: Annotated[list[str], typer.Argument(help="One or more ids.", metavar="ID...")],
    kind: Annotated[
        str, typer.Option("--as", help="ticket, markdown, custodian (Cloud Custodian policy) or terraform (a hint).")
    ] = "ticket",
    output: Annotated[Path | None, typer.Option(help="Write here instead of printing.", metavar="FILE")] = None,
) -> None:
    """Hand recommendations to the owner's own pipeline; the workbench itself changes nothing."""
    from finops_lib.runs.savings_export import export
    from finops_lib.settings import load_settings

    text = export(load_settings(), recommendation_ids, kind=kind)
    if output is None:
        typer.echo(text, nl=False)
        return
    output.write_text(text, encoding="utf-8")
    tell(f"{output}: {len(recommendation_ids)} as {kind}")


def _say(kept: KeptRecommendation) -> None:
    from finops_lib.runs.listing import shown_value

    found = kept.recommendation
    words = [kept.recommendation_id, found.type, found.resource_id, kept.status.replace("_", " ")]
    if kept.status == "pending" and kept.reason:
        words.append(kept.reason)
    tell("  ".join(shown_value(word) for word in words if word))
