"""Where in a node did a change happen? Down from account to resource, as long as a few names explain most of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import polars as pl

from finops_lib.analyses.anomalies.decompose import exactly

Level = Literal["account", "service", "region", "sku", "resource"]
# Level -> the columns that tell its values apart, the name first.
LEVELS: dict[Level, tuple[str, ...]] = {
    "account": ("account_id",),
    "service": ("ServiceName",),
    "region": ("RegionId",),
    "sku": ("sku", "charge_kind"),
    "resource": ("ResourceId", "charge_kind"),
}
_NAMES = {"account": "account_name", "sku": "sku_name", "resource": "resource_name"}
MOST = Decimal("0.8")
# More names than this are "many": the walk says so and goes no further down.
FEW = 3
# What moved against the change is told from this share of it on.
WORTH_TELLING = Decimal("0.1")
# New and gone resources that outweigh each other this far are replacements: the same machines under other names.
REPLACED = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Mover:
    """One value of a level, or one suspect; money before and during in the node's currency.

    Args:
        was_charged: on any day of the weeks before, compared or not; one that was is not new.
    """

    level: Level
    id: str
    name: str
    before: Decimal
    actual: Decimal
    charge_kind: str
    was_charged: bool

    @property
    def change(self) -> Decimal:
        return self.actual - self.before

    @property
    def is_new(self) -> bool:
        return not self.was_charged and self.before == 0 and self.actual != 0

    @property
    def is_gone(self) -> bool:
        return self.actual == 0 and self.before != 0


@dataclass(frozen=True, slots=True)
class Step:
    """One level of the walk.

    Args:
        movers: the smallest set of values that explains MOST of the node's change, the largest first.
        values: how many values the level has.
        against: what moved the other way, the largest first; it hides in the total.
        is_narrowed: whether the walk goes on inside `movers`; False = too many, it looks at all of them from here.
    """

    level: Level
    movers: tuple[Mover, ...]
    values: int
    against: tuple[Mover, ...]
    is_narrowed: bool

    @property
    def moved(self) -> Decimal:
        return sum((mover.change for mover in self.movers), Decimal(0))


@dataclass(frozen=True, slots=True)
class Walk:
    """The way down.

    Args:
        change: of the node's cost.
        steps: one per level, from the top.
        suspects: the resources, or the price items of charges that name none, that moved with the change, the
            largest first.
        replaced: how many resources of that part were exchanged for others; then the suspects are price items.
        charges: the rows of the part that was walked into.
    """

    change: Decimal
    steps: tuple[Step, ...]
    suspects: tuple[Mover, ...]
    replaced: int
    charges: pl.DataFrame

    @property
    def against(self) -> tuple[Mover, ...]:
        """What moved the other way anywhere on the way, each once, at the highest level where it shows."""
        return tuple(
            {(mover.name, mover.charge_kind): mover for step in self.steps[::-1] for mover in step.against}.values()
        )

    def share(self, money: Decimal) -> Decimal:
        """Give the part of the node's change that an amount is."""
        return money / self.change if self.change else Decimal(0)


def walk(charges: pl.DataFrame, *, parts: int) -> Walk:
    """Walk from a node to the smallest set of names that explains four fifths of its change.

    Args:
        charges: figure query `anomaly_charges`, of one currency.
        parts: what its sums are divided by.
    """
    change = _change(charges, parts)
    sign = 1 if change >= 0 else -1
    part, steps = charges, []
    whole = part
    for level in LEVELS:
        whole = part
        movers = _movers(part, level, parts)
        # Of one value nothing can be chosen, even where what moved below it cancels to nothing.
        chosen = movers if len(movers) == 1 else _smallest_set(movers, change, sign)
        is_few = 0 < len(chosen) <= FEW and (change != 0 or len(movers) == 1)
        is_narrowed = is_few and not (level == "resource" and _replaced(movers, sign))
        against = [m for m in movers if m.change * sign <= -WORTH_TELLING * abs(change) and m.change]
        steps.append(Step(level, tuple(chosen), len(movers), tuple(_largest(against)), is_narrowed))
        if not is_narrowed:
            break
        part = _only(part, level, chosen)
    # Not only the few that explain most: the rest of the last level stands in the list behind them.
    replaced = _replaced(_movers(whole, "resource", parts), sign)
    suspects = [m for m in _suspects(whole, parts, named=not replaced) if m.change * sign > 0]
    return Walk(change, tuple(steps), tuple(_largest(suspects)), replaced, part)


def judged_charges(charges: pl.DataFrame, *, parts: int, impact: float) -> pl.DataFrame:
    """Give the charges that an episode is about: usage, or all of them, whichever moved by about as much as it did.

    A series is judged by its usage where it has any: a refund on the day of an outage is no part of the outage.

    Args:
        impact: of the episode.
    """
    usage = charges.filter(pl.col("charge_kind") == "usage")
    distances = [abs(float(_change(part, parts)) - impact) for part in (usage, charges)]
    return usage if distances[0] <= distances[1] else charges


def resource_moves(charges: pl.DataFrame, *, parts: int) -> tuple[Mover, ...]:
    """Give every resource that the charges name, the largest change first; new and gone ones say so."""
    named = charges.filter(pl.col("ResourceId") != "")
    return tuple(_largest(_movers(named, "resource", parts)))


def _change(charges: pl.DataFrame, parts: int) -> Decimal:
    before, during = (Fraction(charges[f"cost_{side}"].sum() or 0) for side in ("before", "during"))
    return exactly((during - before) / parts)


def _smallest_set(movers: Sequence[Mover], change: Decimal, sign: int) -> list[Mover]:
    """Take the largest moves in the direction of the change until they are MOST of it."""
    chosen: list[Mover] = []
    moved = Decimal(0)
    for mover in _largest([m for m in movers if m.change * sign > 0]):
        chosen.append(mover)
        moved += mover.change
        if abs(moved) >= MOST * abs(change):
            break
    return chosen


def _replaced(movers: Sequence[Mover], sign: int) -> int:
    """Count the resources that came where others went, if that is most of what new or gone ones moved."""
    came = [m for m in movers if m.id and (m.is_new if sign > 0 else m.is_gone)]
    went = [m for m in movers if m.id and (m.is_gone if sign > 0 else m.is_new)]
    came_money, went_money = (abs(sum((m.change for m in side), Decimal(0))) for side in (came, went))
    return len(came) if came and went_money >= REPLACED * came_money else 0


def _suspects(part: pl.DataFrame, parts: int, *, named: bool) -> list[Mover]:
    if not named:
        return _movers(part, "sku", parts)
    resources = _movers(part.filter(pl.col("ResourceId") != ""), "resource", parts)
    return resources + _movers(part.filter(pl.col("ResourceId") == ""), "sku", parts)


def _movers(charges: pl.DataFrame, level: Level, parts: int) -> list[Mover]:
    """Sum the charges by the values of a level."""
    keys = LEVELS[level]
    name = pl.col(_NAMES.get(level, keys[0])).max().alias("name")
    sums = charges.group_by(keys, maintain_order=True).agg(name, pl.col("cost_before", "cost_during", "earlier").sum())
    return list(_read(sums, level, parts))


def _read(sums: pl.DataFrame, level: Level, parts: int) -> Iterator[Mover]:
    for row in sums.iter_rows(named=True):
        before, actual = (exactly(Fraction(row[name]) / parts) for name in ("cost_before", "cost_during"))
        value, kind = row[LEVELS[level][0]], row.get("charge_kind", "usage")
        yield Mover(level, value, row["name"] or value, before, actual, kind, row["earlier"] > 0)


def _only(part: pl.DataFrame, level: Level, chosen: Sequence[Mover]) -> pl.DataFrame:
    first, *others = LEVELS[level]
    wanted = pl.DataFrame(
        {first: [m.id for m in chosen], "charge_kind": [m.charge_kind for m in chosen]},
        schema={first: pl.String, "charge_kind": pl.String},
    )
    keys = [first, *others]
    return part.join(wanted.select(keys).unique(), on=keys, how="semi", maintain_order="left")


def _largest(movers: Sequence[Mover]) -> list[Mover]:
    return sorted(movers, key=lambda mover: (-abs(mover.change), mover.name, mover.id))
