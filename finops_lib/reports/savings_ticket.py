"""A recommendation as a ticket: what to do, why, what it brings, what could go wrong, and how it will be checked.

Names and texts come from bills and providers: they are cut, put on one line, and escaped where marks mean something.
"""

from __future__ import annotations

import re
from decimal import Decimal

from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.reports.format import SPACE, money

_LONGEST = 300
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~])")
UNDO = {
    "terminate": "it cannot be undone: keep a snapshot or an export first",
    "schedule": "switch it on again and take the schedule off",
    "clean-up": "it cannot be undone: what is deleted is gone",
    "rightsize": "change it back to what it is now",
    "tier": "move the data back; reads and moves cost money",
    "licence": "put the former licence back",
    "commit": "it cannot be undone before its term ends",
    "spot": "start it again on demand",
}


def ticket(kept: KeptRecommendation) -> str:
    """Write a ticket as plain text."""
    title, *sections = _parts(kept)
    lines = [title, "=" * len(title), ""]
    for name, values in sections:
        lines += [name, *(f"  {value}" for value in values), ""]
    return "\n".join(lines)


def markdown_ticket(kept: KeptRecommendation) -> str:
    """Write a ticket as Markdown; nothing in a name is taken for a mark."""
    title, *sections = _parts(kept)
    lines = [f"## {_escaped(title)}", ""]
    for name, values in sections:
        lines += [f"**{name}**", "", *(f"- {_escaped(value)}" for value in values), ""]
    return "\n".join(lines)


def one_line(text: str, longest: int = _LONGEST) -> str:
    """Put a text on one line without control characters, cut where it is too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    short = " ".join(printable.split())
    return short if len(short) <= longest else f"{short[: longest - 1]}…"


def _parts(kept: KeptRecommendation) -> tuple[str, *tuple[tuple[str, list[str]], ...]]:
    found = kept.recommendation
    name = f" ({one_line(found.resource_name)})" if found.resource_name else ""
    year = f"{_amount(12 * found.monthly_savings, found)} a year"
    saves = [f"{_amount(found.monthly_savings, found)} a month, {year}, before other changes to it"]
    if found.one_time_cost:
        saves.append(f"it costs {_amount(found.one_time_cost, found)} once")
    saves.append(f"confidence {found.confidence:.0%}; it costs {_amount(found.current_monthly_cost, found)} now")
    facts = [f"{one_line(key)}: {one_line(value)}" for key, value in sorted(found.facts.items())]
    place = [found.provider, found.account, found.region]
    approved = ", ".join(one_line(approval.who) for approval in kept.approvals)
    return (
        one_line(f"{found.action}: {found.resource_name or found.resource_id or found.type}", 120),
        ("What to do", [one_line(found.action), *([f"becomes: {one_line(found.target)}"] if found.target else [])]),
        (
            "Which",
            [f"{one_line(found.resource_id) or 'see the evidence'}{name}", one_line(" / ".join(filter(None, place)))],
        ),
        ("Why", [one_line(found.evidence), *facts]),
        ("What it saves", saves),
        ("What it takes", [f"effort {found.effort}, risk {found.risk}", f"to go back: {UNDO[found.step]}"]),
        ("Who", [f"owner: {one_line(found.owner) or 'not known'}", f"approved by: {approved or 'nobody yet'}"]),
        ("When it is done", [f"finops savings implement {kept.recommendation_id} --reference THIS-TICKET"]),
    )


def _amount(amount: Decimal, found: Recommendation) -> str:
    # A ticket system may show a space that does not break as something else.
    return money(amount, found.currency, "cent").replace(SPACE, " ")


def _escaped(text: str) -> str:
    # Neither does a name call people or make a link.
    marked = _MARKS.sub(r"\\\1", text.replace("&", "&amp;"))
    return marked.replace("@", "&#64;").replace("://", "&#58;//")
