"""`finops alerts ...`: what was told, to whom, and what still waits to be sent."""

from __future__ import annotations

from typing import Annotated

import typer

from finops_lib.cli.app import alerts_app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format

EventId = Annotated[str, typer.Argument(help="An event's id, or its beginning.", metavar="ID")]
NoteOption = Annotated[str, typer.Option(help="What others should know about it.")]


@alerts_app.command("list")
def alerts_list(
    only_open: Annotated[bool, typer.Option("--open", help="Only what was told and is not resolved.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """List alert events, newest first."""
    from finops_lib.runs.alerts import listed_events
    from finops_lib.settings import load_settings

    empty = "No alert is open." if only_open else "Nothing was worth an alert yet."
    print_rows(listed_events(load_settings(), only_open=only_open), format, empty=empty)


@alerts_app.command("acknowledge")
def alerts_acknowledge(event_id: EventId, note: NoteOption = "") -> None:
    """Write down that you have taken note of an event; PagerDuty stops calling."""
    from finops_lib.runs.alerts import acknowledge
    from finops_lib.settings import load_settings

    event = acknowledge(load_settings(), event_id, note=note)
    tell(f"{event.event_id}  {event.subject} {event.kind} {event.threshold}  by {event.acknowledged_by}")


@alerts_app.command("resolve")
def alerts_resolve(event_id: EventId, note: NoteOption = "") -> None:
    """Write down that an event is over; those who were told of it are told."""
    from finops_lib.runs.alerts import resolve_by_hand
    from finops_lib.settings import load_settings

    event = resolve_by_hand(load_settings(), event_id, note=note)
    tell(f"{event.event_id}  {event.subject} {event.kind} {event.threshold}  by {event.resolved_by}")


@alerts_app.command("test")
def alerts_test(
    channel: Annotated[str, typer.Argument(help="A name from the channels of params/workbench.yaml.")],
    to: Annotated[str, typer.Option(help="A mail address, for a channel of kind mail.")] = "",
) -> None:
    """Send a test message through one channel, at once."""
    from finops_lib.runs.alert_outbox import send_test
    from finops_lib.settings import load_settings

    reference = send_test(load_settings(), channel, target=to)
    tell(f"{channel} took the message{f': {reference}' if reference else ''}")


@alerts_app.command("outbox")
def alerts_outbox(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 50,
    format: FormatOption = Format.table,
) -> None:
    """List messages: waiting, being sent, sent, and dead letters with the reason."""
    from finops_lib.runs.alert_outbox import listed_outbox
    from finops_lib.settings import load_settings

    print_rows(listed_outbox(load_settings(), limit=limit), format, empty="No message was ever written.")


@alerts_app.command("retry")
def alerts_retry(
    message_ids: Annotated[list[str], typer.Argument(help="Ids of messages, or their beginnings.", metavar="ID...")],
) -> None:
    """Let messages that are not sent, dead letters included, be tried again with the next delivery."""
    from finops_lib.runs.alert_outbox import retry
    from finops_lib.settings import load_settings

    settings = load_settings()
    for message_id in message_ids:
        message = retry(settings, message_id)
        tell(f"{message.message_id} waits for {message.channel} again; send it: finops alerts deliver")


@alerts_app.command("deliver")
def alerts_deliver() -> None:
    """Send what waits in the outbox and is due."""
    from finops_lib.reports.format import plural
    from finops_lib.runs.alert_outbox import deliver_all
    from finops_lib.settings import load_settings

    done = deliver_all(load_settings())
    tell(f"{done.sent} sent, {done.failed} to be tried again, {plural(done.dead, 'dead letter')}")
    for channel, error in sorted(done.errors.items()):
        tell(f"finops: {channel}: {error}", err=True)
    if done.errors:
        raise typer.Exit(4)
