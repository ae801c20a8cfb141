"""What is a change in cost made of? Rate x quantity x mix per price item, and beside them what is no usage; no rest.

An item is one SKU in one region of one account, in one unit. Quantity and mix need a common unit, so they are worked
out per service and unit and then added. A rate's change is split further where the bill says the prices: list price,
negotiated price, commitment coverage and currency.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import polars as pl

from finops_lib.analyses.anomalies.identities import ZERO, Effects, Line, log_mean_effects, three_factors, two_factors

# In the order they are told. What is no usage keeps the name of its kind of charge.
USAGE_EFFECTS = (
    "quantity", "mix", "list_price", "negotiated_price", "commitment", "currency", "rate", "new", "gone",
    "unquantified",
)  # fmt: skip
OTHER_CHARGES = ("unused_commitment", "credit", "refund", "fee", "tax", "correction", "adjustment")
AMOUNTS = ("cost", "quantity", "list", "contracted", "priced")
ITEM = ("account_id", "ServiceName", "sku", "RegionId", "PricingUnit")
# Twelve decimals of a charge, and two more for the mean of four weeks.
_STEP = 10**14
_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class Effect:
    """One reason and its money; above zero = costs more."""

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Item:
    """One price item, or one kind of charge that is no usage, before and during; money in the node's currency.

    Args:
        rate, quantity: what its own change of price and of amount made of `change`; 0 where nothing can be compared.
    """

    kind: str
    account: str
    service: str
    sku: str
    name: str
    region: str
    unit: str
    before: Decimal
    actual: Decimal
    quantity_before: Decimal
    quantity_actual: Decimal
    rate: Decimal
    quantity: Decimal

    @property
    def change(self) -> Decimal:
        return self.actual - self.before


@dataclass(frozen=True, slots=True)
class Decomposition:
    """Cost before and during, and the effects between them; items the largest change first."""

    before: Decimal
    actual: Decimal
    effects: tuple[Effect, ...]
    items: tuple[Item, ...]

    @property
    def change(self) -> Decimal:
        return self.actual - self.before

    @property
    def residual(self) -> Decimal:
        """What the effects leave unexplained; 0, or there is an error in this module."""
        return self.change - sum((effect.amount for effect in self.effects), Decimal(0))

    @property
    def largest(self) -> Effect | None:
        """The effect that moved the cost most in the direction it went."""
        sign = 1 if self.change >= 0 else -1
        return max(self.effects, key=lambda effect: effect.amount * sign, default=None)


def decompose(charges: pl.DataFrame, *, parts: int) -> Decomposition:
    """Split the change of a node's cost into effects that add up to it exactly.

    Args:
        charges: figure query `anomaly_charges`, of one currency.
        parts: what its sums are divided by (`Comparison.parts`): 1, 2 or 4.
    """
    effects: dict[str, Fraction] = defaultdict(Fraction)
    groups: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    items: list[Item] = []
    for row in _items_of(charges):
        line = _line(row, parts)
        items.append(_item(row, line))
        if row["charge_kind"] != "usage":
            effects[row["charge_kind"]] += line.change
            continue
        for name, amount in _rate_effects(row, line).items():
            effects[name] += amount
        unit = row["PricingUnit"]
        # Without a unit nothing can be added to anything else: a group of its own.
        groups[(row["ServiceName"], unit) if unit else tuple(row[name] for name in ITEM)].append(line)
    for key, lines in groups.items():
        found = three_factors(lines) if key[1] and len(key) == 2 else _alone(lines)
        # The rate was split above, per item: 'rate' there is what could not be split.
        for name in ("quantity", "mix", "new", "gone", "unquantified"):
            effects[name] += getattr(found, name)
    return Decomposition(
        before=_total(charges, "cost_before", parts),
        actual=_total(charges, "cost_during", parts),
        effects=tuple(_rounded(effects)),
        items=tuple(sorted(items, key=lambda item: (-abs(item.change), item.service, item.sku, item.region))),
    )


def exactly(value: Fraction) -> Decimal:
    """Give a fraction as a decimal of at most 60 digits; exact for money over one, two or four."""
    return _EXACT.divide(Decimal(value.numerator), Decimal(value.denominator))


def _items_of(charges: pl.DataFrame) -> Iterator[dict[str, Any]]:
    sums = [pl.col(f"{amount}_{side}").sum() for amount in AMOUNTS for side in ("before", "during")]
    grouped = charges.group_by("charge_kind", *ITEM, maintain_order=True).agg(
        pl.col("sku_name").max(), *sums, pl.col("unlisted", "unpriced").sum()
    )
    return grouped.iter_rows(named=True)


def _line(row: Mapping[str, Any], parts: int) -> Line:
    values = (row[f"{amount}_{side}"] for side in ("before", "during") for amount in ("quantity", "cost"))
    return Line(*(Fraction(value) / parts for value in values))


def _alone(lines: Sequence[Line]) -> Effects:
    [line] = lines
    return two_factors(line)


def _rate_effects(row: Mapping[str, Any], line: Line) -> dict[str, Fraction]:
    """Split the rate effect of one item by the prices that the bill states; `rate` where it states none."""
    if not line.has_rates:
        return {}
    whole = (two_factors(line) if not row["PricingUnit"] else three_factors([line])).rate
    before, after = _factors(row, "before"), _factors(row, "during")
    if whole == 0 or not before or before.keys() != after.keys():
        return {"rate": whole}
    split = log_mean_effects(before, after)
    # The factors' product is the rate: their effects are shares of its change.
    return {name: amount / (line.rate_after - line.rate_before) * whole for name, amount in split.items()}


def _factors(row: Mapping[str, Any], side: str) -> dict[str, Fraction]:
    """Write the rate as a product of what the bill states, each factor above zero."""
    cost, quantity = (Fraction(row[f"{name}_{side}"]) for name in ("cost", "quantity"))
    listed, contracted, priced = (Fraction(row[f"{name}_{side}"]) for name in ("list", "contracted", "priced"))
    if cost <= 0:
        return {}
    factors: dict[str, Fraction] = {}
    # Priced in another currency: the list price moves with the currency's rate, which is taken out of it.
    exchange = cost / priced if priced > 0 and not row["unpriced"] else None
    if exchange is not None:
        factors["currency"] = exchange
    rest = cost / quantity / (exchange or 1)
    if row["unlisted"] or listed <= 0 or contracted <= 0:
        return factors | {"rate": rest}
    factors |= {"list_price": listed / quantity / (exchange or 1), "negotiated_price": contracted / listed}
    return factors | {"commitment": cost / contracted}


def _item(row: Mapping[str, Any], line: Line) -> Item:
    compared = row["charge_kind"] == "usage" and line.has_rates
    quantity = (line.quantity_after - line.quantity_before) * line.rate_before if compared else ZERO
    before, actual = exactly(line.cost_before), exactly(line.cost_after)
    of_quantity = exactly(Fraction(round(quantity * _STEP), _STEP))
    return Item(
        kind=row["charge_kind"],
        account=row["account_id"],
        service=row["ServiceName"],
        sku=row["sku"],
        name=row["sku_name"],
        region=row["RegionId"],
        unit=row["PricingUnit"],
        before=before,
        actual=actual,
        quantity_before=exactly(line.quantity_before),
        quantity_actual=exactly(line.quantity_after),
        rate=actual - before - of_quantity if compared else Decimal(0),
        quantity=of_quantity,
    )


def _total(charges: pl.DataFrame, column: str, parts: int) -> Decimal:
    return exactly(Fraction(charges[column].sum() or 0) / parts)


def _rounded(effects: Mapping[str, Fraction]) -> Iterator[Effect]:
    """Round to 14 decimals so that the sum stays what it is (largest remainder); effects of nothing are left out."""
    scaled = {name: effects[name] * _STEP for name in (*USAGE_EFFECTS, *OTHER_CHARGES) if effects.get(name)}
    whole = {name: value.numerator // value.denominator for name, value in scaled.items()}
    missing = round(sum(scaled.values(), ZERO)) - sum(whole.values())
    by_rest = sorted(scaled, key=lambda name: (whole[name] - scaled[name], name))
    for name in by_rest[:missing]:
        whole[name] += 1
    for name, amount in whole.items():
        if amount:
            yield Effect(name, exactly(Fraction(amount, _STEP)))
