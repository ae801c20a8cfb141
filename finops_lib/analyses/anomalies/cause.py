"""Why did a series leave its range? One sentence that names what moved, where, how, whose it is and what to check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import polars as pl

from finops_lib.analyses.anomalies.decompose import Decomposition, Item, decompose, exactly
from finops_lib.analyses.anomalies.walk import Mover, Walk

# One reason that made this much of a change is called the reason.
MOSTLY = Decimal("0.6")
# From here on "times" is easier to read than a percentage.
TIMES = 2
NOBODY = "no team is tagged"
_PLURALS = {"account": "accounts", "service": "services", "region": "regions", "sku": "price items"}
_CHARGES = {
    "unused_commitment": ("unused commitment", "which commitment stands idle, and what used it before"),
    "credit": ("credits", "whether a credit ended or was used up"),
    "refund": ("refunds", "what was paid back, and why"),
    "fee": ("fee", "the order or contract behind the fee"),
    "tax": ("tax", "the invoice"),
    "correction": ("corrections of earlier bills", "the provider's note on the correction"),
    "adjustment": ("adjustments", "the invoice"),
}
_RATES = {
    "list_price": "whether the provider changed its price or another tier applies",
    "negotiated_price": "whether a discount of the contract ended",
    "commitment": "whether a commitment ended or is used elsewhere",
    "currency": "the exchange rate of the bill",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """What moved, who owns it ("" = nobody is tagged), and what to look at first."""

    what: str
    owner: str
    check: str

    @property
    def sentence(self) -> str:
        return f"{self.what}; {f'team {self.owner}' if self.owner else NOBODY}: check {self.check}"


def cause_of(walk: Walk, *, parts: int, weeks: int, impact: float, currency: str) -> Cause:
    """Tell a walk in one sentence.

    Args:
        parts, weeks: of the comparison.
        impact: of the episode against the detector's expectation; the charges may tell another story.
    """
    direction = "rise" if impact > 0 else "drop"
    change = float(walk.change)
    if walk.charges.is_empty():
        return Cause(
            "the lake holds no charges of these days and of the weeks before", "", "whether the bill is loaded"
        )
    if change * impact <= 0 or abs(change) < 0.3 * abs(impact):
        return Cause(
            f"the charges hardly differ from the weeks before ({change:+,.0f} {currency}): "
            f"the {direction} is one against the expectation only{_cancelled(walk, currency)}",
            _owner(walk.charges, 1),
            "whether the usual level had just changed, or the bill was restated",
        )
    subjects, of_subjects = _subjects(walk)
    details = decompose(of_subjects, parts=parts)
    how, check = _how(details, subjects, direction)
    names = _joined([_name(mover) for mover in subjects]) if subjects else _PLURALS[walk.steps[0].level]
    share = f"{_moved_by(subjects, walk):+,.0f} {currency}, {100 * walk.share(_moved_by(subjects, walk)):.0f} %"
    words = [f"{names}{_place(subjects, of_subjects)}: {how}, {share} of the {direction}", *_spread(walk)]
    if walk.against:
        first = walk.against[0]
        words.append(f"meanwhile {_name(first)} went {first.change:+,.0f} {currency} the other way")
    if not weeks:
        words.append("the bills do not go back a week before it")
    return Cause(", ".join(words), _owner(of_subjects, 1 if change > 0 else -1), check)


def _cancelled(walk: Walk, currency: str) -> str:
    """Say what moved both ways and is no more to be seen in the total."""
    step = next((step for step in walk.steps if step.against and step.movers), None)
    if step is None:
        return ""
    up, down = step.movers[0], step.against[0]
    return f"; {_name(up)} {up.change:+,.0f} {currency} and {_name(down)} {down.change:+,.0f} {currency} cancel"


def _moved_by(subjects: Sequence[Mover], walk: Walk) -> Decimal:
    """Sum what the subjects moved; without any it is the whole change."""
    return sum((mover.change for mover in subjects), Decimal(0)) if subjects else walk.change


def _subjects(walk: Walk) -> tuple[tuple[Mover, ...], pl.DataFrame]:
    """Give the names at the end of the walk, and their charges; a region is where, not what."""
    named = [
        step.movers
        for step in walk.steps
        if step.is_narrowed and step.level != "region" and all(mover.id for mover in step.movers)
    ]
    return (named[-1] if named else ()), walk.charges


def _how(details: Decomposition, subjects: Sequence[Mover], direction: str) -> tuple[str, str]:
    """Say how it moved and what to check: new, gone, more of it, dearer, or several at once."""
    if details.change == 0 or not details.items:
        return "moved", "the charges"
    item = details.items[0]
    if item.kind in _CHARGES:
        words, check = _CHARGES[item.kind]
        return f"{words} from {item.before:,.0f} to {item.actual:,.0f}", check
    if all(item.before == 0 for item in details.items):
        if any(mover.was_charged for mover in subjects):
            return "charged on days on which it usually rests", "what started it"
        return "new", "who started it, and whether it is to stay"
    if all(item.actual == 0 for item in details.items):
        return "gone", "whether it was stopped on purpose"
    return _moved(details, item, direction)


def _moved(details: Decomposition, item: Item, direction: str) -> tuple[str, str]:
    compared = [i for i in details.items if i.rate or i.quantity]
    quantity = sum((i.quantity for i in compared), Decimal(0)) / details.change
    rate = sum((i.rate for i in compared), Decimal(0)) / details.change
    largest = details.largest
    more = "what uses more of it" if direction == "rise" else "whether it still does its work"
    if quantity >= MOSTLY:
        return (_more(item) if len(compared) == 1 else _usage(compared)), more
    if rate >= MOSTLY:
        kind = largest.kind if largest and largest.kind in _RATES else ""
        return _dearer(item), _RATES.get(kind, "which price applied before and which applies now")
    effects = {effect.kind: effect.amount / details.change for effect in details.effects}
    if effects.get("new", Decimal(0)) >= MOSTLY:
        return "new price items", "who started them, and whether they are to stay"
    if effects.get("gone", Decimal(0)) >= MOSTLY:
        return "price items gone", "whether they were stopped on purpose"
    if item.before and item.quantity and item.rate:
        return f"{_more(item)} and {_dearer(item)}", f"{more}, and its price"
    return f"from {item.before:,.0f} to {item.actual:,.0f}", more


def _usage(items: Sequence[Item]) -> str:
    """Say the change in quantity of several items, in the money it would have cost at the old prices."""
    before = sum((item.before for item in items), Decimal(0))
    moved = sum((item.quantity for item in items), Decimal(0))
    return f"usage at the old prices {100 * moved / before:+.0f} %" if before > 0 else "more of them"


def _more(item: Item) -> str:
    if item.quantity_before <= 0:
        return "more of it"
    ratio = item.quantity_actual / item.quantity_before
    if ratio < TIMES:
        return f"quantity {100 * (ratio - 1):+.0f} %"
    return f"{ratio:,.{0 if ratio >= 10 else 1}f} times the usual quantity"


def _dearer(item: Item) -> str:
    before, after = (
        exactly(Fraction(cost) / Fraction(quantity)) if quantity else Decimal(0)
        for cost, quantity in ((item.before, item.quantity_before), (item.actual, item.quantity_actual))
    )
    unit = f" per {item.unit}" if item.unit else ""
    return f"price{unit} {100 * (after / before - 1):+.0f} %" if before else f"price{unit} from nothing"


def _place(subjects: Sequence[Mover], charges: pl.DataFrame) -> str:
    """Say the price item, if the subject is not itself one, and the region, if there is one of each."""
    is_wide = not subjects or subjects[0].level in ("account", "service")
    places, regions = [] if is_wide else _only(charges, "sku_name"), _only(charges, "RegionId")
    names = {_name(mover) for mover in subjects}
    item = f" ({places[0]})" if places and places[0] not in names else ""
    return f"{item}{f' in {regions[0]}' if regions else ''}"


def _only(charges: pl.DataFrame, column: str) -> list[str]:
    found = charges.filter(pl.col(column) != "")[column].unique().to_list()
    return found if len(found) == 1 else []


def _spread(walk: Walk) -> list[str]:
    """Say what lies below the names: many values, replaced resources, or none that the bill names."""
    words: list[str] = []
    last = walk.steps[-1]
    if not last.is_narrowed and last.movers and not (last.level == "resource" and walk.replaced):
        first = walk.suspects[0] if walk.suspects else last.movers[0]
        of_change = 100 * walk.share(first.change)
        noun = _PLURALS.get(last.level, "resources")
        words.append(f"spread over {len(last.movers)} {noun}, most {_name(first)} with {of_change:.0f} %")
    if last.level == "resource" and not any(mover.id for mover in last.movers):
        words.append("the bill names no resource")
    if walk.replaced:
        was = "resource was" if walk.replaced == 1 else "resources were"
        words.append(f"{walk.replaced} {was} replaced meanwhile")
    return words


def _name(mover: Mover) -> str:
    return mover.name or ("charges without a name" if mover.level != "region" else "no region")


def _joined(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _owner(charges: pl.DataFrame, sign: int) -> str:
    """Give the team whose charges moved most with the change."""
    moves = (
        charges.filter(pl.col("x_Team") != "")
        .group_by("x_Team")
        .agg(moved=(pl.col("cost_during").sum() - pl.col("cost_before").sum()).cast(pl.Float64) * sign)
        .sort("moved", "x_Team", descending=[True, False])
    )
    return str(moves["x_Team"][0]) if moves.height else ""
