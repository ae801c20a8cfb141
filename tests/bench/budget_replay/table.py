"""A replay in one table: a line per budget, one for all, and what went through the channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from finops_lib.state.open import State
from finops_lib.state.outbox import list_outbox
from tests.bench.budget_replay.verdict import Verdict, silences
from tests.bench.budget_replay.year import Hours, Receivers

THRESHOLDS = (50, 80, 100, 120)
MOST_FORECASTS = 3
_OVER = f"{'':<26} | {'actual alerts: told of due, at':<43} | {'forecasts':<12} | {'':<10} | because of incomplete days"
_HEADER = (
    f"{'budget':<17} {'statuses':>8} | {' '.join(f'{at:>8} %' for at in THRESHOLDS)} | {'all':>4} {'most':>7} |"
    f" {'burn':>4} {'ended':>5} | {'alerts':>7} {'greener':>9}"
)


def received_by(receivers: Receivers) -> Counter[str]:
    """Count what each channel's receiver took."""
    found = Counter("pager" if "enqueue" in request.path else "slack" for request in receivers.webhook.requests)
    return found + Counter(mail=len(receivers.mail.mails))


def sent_twice(state: State, receivers: Receivers) -> int:
    """Count what arrived beyond the messages there were to send; those put into a digest are not sent themselves."""
    meant = Counter(one.message.channel for one in list_outbox(state) if one.attempts)
    return sum((received_by(receivers) - meant).values())


def lines(verdicts: Sequence[Verdict]) -> Iterator[str]:
    """Give the table."""
    yield _OVER
    yield _HEADER
    for verdict in verdicts:
        yield _line(verdict.budget, [verdict])
    yield _line("all", verdicts)
    for verdict in verdicts:
        wrong = [f"not told: {crossed}" for crossed in verdict.missed]
        wrong += [f"told more than once: {crossed}" for crossed in verdict.repeated]
        wrong += [*verdict.unfounded, *verdict.too_green]
        yield from (f"WRONG: {verdict.budget}: {text}" for text in wrong)


def deliveries(state: State, receivers: Receivers, hours: Hours) -> Iterator[str]:
    """Say what went through the channels, and of which sources it was told that they are silent."""
    by_channel = ", ".join(f"{count} {channel}" for channel, count in sorted(received_by(receivers).items()))
    waiting = sum(one.standing != "sent" for one in list_outbox(state))
    yield f"messages received: {by_channel}; sent twice: {sent_twice(state, receivers)}; not sent: {waiting}"
    told = [f"{event.subject} at {event.created_at:%Y-%m-%d %H:%M}" for event in silences(state)]
    yield f"stale sources told: {', '.join(told) or 'none'}"
    yield f"nobody could be told: {'; '.join(sorted(hours.unreached)) or 'never'}"


def _line(name: str, verdicts: Sequence[Verdict]) -> str:
    told = [f"{_told(verdicts, at):>4} of {_due(verdicts, at):>2}" for at in THRESHOLDS]
    forecasts = [count for verdict in verdicts for count in verdict.forecasts.values()]
    burns = sum(sum(verdict.burns.values()) for verdict in verdicts)
    unfounded = sum(len(verdict.unfounded) for verdict in verdicts)
    greener, too_green = (
        sum(counts) for counts in zip(*((v.greener, len(v.too_green)) for v in verdicts), strict=True)
    )
    return (
        f"{name:<17} {sum(v.statuses for v in verdicts):>8,} | {' '.join(f'{cell:>10}' for cell in told)} |"
        f" {sum(forecasts):>4} {max(forecasts, default=0):>2} of {MOST_FORECASTS} | {burns:>4}"
        f" {sum(v.ended for v in verdicts):>5} | {unfounded:>7} {too_green:>5} of {greener:>3}"
    )


def _told(verdicts: Sequence[Verdict], threshold: int) -> int:
    """Count the alerts, not the periods: one that is told twice shows."""
    return sum(times for verdict in verdicts for (_, at), times in verdict.told.items() if at == threshold)


def _due(verdicts: Sequence[Verdict], threshold: int) -> int:
    return sum(at == threshold for verdict in verdicts for _, at in verdict.due)
