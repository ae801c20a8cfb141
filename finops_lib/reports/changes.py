"""The box at the foot of every report: what changed since the last one, and how much of it by which cause."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal, get_args

from finops_lib.findings import Cause, Change
from finops_lib.reports import format as say
from finops_lib.reports import markup

ANCHOR = "since-the-last-report"
# On a page about all that was ever loaded, whatever the day, new days cannot be told from restated ones.
LOADED = ("Loaded since", "by what was loaded since")
# Cause -> head of its column, and how a sentence puts it.
WORDS: dict[Cause, tuple[str, str]] = {
    "new_days": ("New days", "by new days"),
    "restated": ("Restated", "by restated bills"),
    "parameters": ("Parameters", "by other parameters"),
    "rules": ("Rules", "by other rules, budgets or settings"),
    "code": ("Code", "by other code"),
}


@dataclass(frozen=True, slots=True)
class Moved:
    """A headline number under the name a reader knows, and how it moved."""

    label: str
    change: Change


@dataclass(frozen=True, slots=True)
class SinceLast:
    """What the box says; without a `run_id` the report is the first of its kind.

    Args:
        run_id: the former report.
        day: the last day of its data; None = it had none.
        made_at: when it was made.
        day_now: the last day of this report's data.
        is_of_whole_lake: its numbers are about everything loaded, whatever the day.
        left_out: why the changes are not here; "" = they are.
    """

    run_id: str = ""
    day: dt.date | None = None
    made_at: dt.datetime | None = None
    day_now: dt.date | None = None
    is_of_whole_lake: bool = False
    numbers: tuple[Moved, ...] = ()
    left_out: str = ""

    def words(self, cause: Cause) -> tuple[str, str]:
        """Give the head of a cause's column, and how a sentence puts it."""
        return LOADED if cause == "restated" and self.is_of_whole_lake else WORDS[cause]

    def without(self, why: str) -> SinceLast:
        return replace(self, left_out=why)

    def with_numbers(self, numbers: Iterable[Moved]) -> SinceLast:
        return replace(self, numbers=tuple(numbers))


def heading(since: SinceLast) -> str:
    """Give the title of the box."""
    if since.made_at is None:
        return "What changed since the last report"
    return f"What changed since the report of {say.day(since.made_at.date(), 'full')}"


def sentence(since: SinceLast) -> str:
    """Say in plain words what changed most and why."""
    if not since.run_id:
        return "This is the first report of its kind: the next one says here what changed."
    if since.left_out:
        return f"Not worked out this time: {since.left_out}."
    what = _data_words(since)
    moved = [number for number in since.numbers if number.change.change]
    if not moved:
        parts = [number for number in since.numbers if any(number.change.causes.values())]
        same = "None of the headline numbers changed"
        return f"{same}: what moved them evens out. {what}" if parts else f"{same}. {what}"
    first = moved[0]
    why = _why(since, first.change)
    return f"{_how(first)}{', ' if len(why) == 1 else ': '}{say.names(why, limit=6)}. {what}"


def box(since: SinceLast) -> str:
    """Give the HTML of the section."""
    title = f'<a class="fw-anchor" href="#{ANCHOR}">{markup.text(heading(since), None)}</a>'
    said = f'<p class="fw-sentence">{markup.text(sentence(since), None)}</p>'
    return f'<section id="{ANCHOR}" class="fw-since"><h2>{title}</h2>{said}{_table(since)}</section>'


def _data_words(since: SinceLast) -> str:
    then, now = (say.day(day, "full") for day in (since.day, since.day_now))
    return (
        f"Data through {now}, as then." if since.day == since.day_now else f"Data through {now}; then through {then}."
    )


def _how(number: Moved) -> str:
    change = number.change
    if change.before is None:
        return f"{number.label} is new, {_amount(change, change.after)}"
    if change.after is None:
        return f"{number.label} is gone, {_amount(change, change.before)} before"
    way = "rose" if change.change > 0 else "fell"
    return f"{number.label} {way} by {_amount(change, abs(change.change))} to {_amount(change, change.after)}"


def _why(since: SinceLast, change: Change) -> list[str]:
    parts = {since.words(cause)[1]: part for cause, part in change.causes.items() if part}
    if change.residual:
        parts["by nothing we know of"] = change.residual
    if len(parts) == 1:
        return list(parts)
    rounded = say.round_parts(list(parts.values()), _step([*parts.values(), change.change]))
    return [f"{_signed(change, part)} {words}" for words, part in zip(parts, rounded, strict=True) if part]


def _step(values: Sequence[Decimal]) -> Decimal:
    """Choose how exactly the parts of a change are said."""
    return Decimal(1) if max(map(abs, values), default=Decimal(0)) >= 100 else Decimal("0.01")


def _table(since: SinceLast) -> str:
    if not since.numbers or since.left_out:
        return ""
    shown: list[Cause] = [c for c in get_args(Cause) if any(number.change.causes[c] for number in since.numbers)]
    heads = ["Number", "Then", "Now", "Change", *(since.words(cause)[0] for cause in shown), "Not explained"]
    cells = "".join(
        f'<th scope="col"{"" if place == 0 else chr(32) + RIGHT}>{head}</th>' for place, head in enumerate(heads)
    )
    rows = "".join(_row(number, shown) for number in since.numbers)
    restated = " Restated: what today's bills say of the days that the former report knew."
    note = f"The parts add up to the change.{'' if since.is_of_whole_lake else restated} Former report: {since.run_id}."
    return (
        '<figure class="fw-table"><div class="fw-scroll" tabindex="0" role="region" aria-label="Changes">'
        f'<table class="fw-grid"><thead><tr>{cells}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="fw-source">{markup.text(note, None)}</p></figure>'
    )


RIGHT = 'class="fw-right"'


def _row(number: Moved, shown: Sequence[Cause]) -> str:
    change = number.change
    parts = [*(change.causes[cause] for cause in shown), change.residual]
    # Rounded parts still add up to the rounded change.
    step = _step([*parts, change.change])
    rounded = say.round_parts(parts, step)
    exact = [change.before, change.after, change.change, *parts]
    told = [
        _amount(change, change.before),
        _amount(change, change.after),
        _plain_signed(sum((part for part in rounded if part), Decimal(0)), step),
        *(_plain_signed(part or Decimal(0), step) for part in rounded),
    ]
    cells = "".join(
        f'<td {RIGHT}><span data-v="{"" if value is None else f"{value:f}"}">{markup.text(words)}</span></td>'
        for value, words in zip(exact, told, strict=True)
    )
    return f'<tr><th scope="row">{markup.name(number.label)}</th>{cells}</tr>'


def _plain_signed(value: Decimal, step: Decimal) -> str:
    if not value:
        return "0"
    return ("+" if value > 0 else "") + say.number(value, 0 if step == 1 or value == int(value) else 2)


def _amount(change: Change, value: Decimal | None) -> str:
    if value is None:
        return "none"
    return say.money(value, change.unit, _style(value)) if change.unit else say.number(value)


def _signed(change: Change, value: Decimal) -> str:
    if change.unit:
        return say.signed_money(value, change.unit, _style(value))
    return ("+" if value > 0 else "") + say.number(value)


def _style(value: Decimal) -> Literal["unit", "cent"]:
    return "unit" if abs(value) >= 100 or value == int(value) else "cent"
