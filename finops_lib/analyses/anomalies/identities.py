"""By what arithmetic does a change in cost fall into rate, quantity and mix without a rest?

Everything is a `Fraction` of the decimals that were billed: a rate is cost over quantity and seldom ends as a decimal,
and a rest of 1e-28 would be a rest. Only the log-mean split needs logarithms; what their 60th digit leaves over is
given to its last factor.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

_WIDE = Context(prec=60)
ZERO = Fraction(0)


@dataclass(frozen=True, slots=True)
class Line:
    """Quantity and cost of one price item in one region, in one unit, before and after."""

    quantity_before: Fraction
    cost_before: Fraction
    quantity_after: Fraction
    cost_after: Fraction

    @property
    def change(self) -> Fraction:
        return self.cost_after - self.cost_before

    @property
    def is_new(self) -> bool:
        return self.quantity_before == 0 and self.cost_before == 0

    @property
    def is_gone(self) -> bool:
        return self.quantity_after == 0 and self.cost_after == 0

    @property
    def has_rates(self) -> bool:
        """Whether there is a rate on both sides to compare; a refund's negative quantity has none."""
        return self.quantity_before > 0 and self.quantity_after > 0

    @property
    def rate_before(self) -> Fraction:
        return self.cost_before / self.quantity_before

    @property
    def rate_after(self) -> Fraction:
        return self.cost_after / self.quantity_after


@dataclass(frozen=True, slots=True)
class Effects:
    """What a group of lines with one unit changed by. The six add up to its change in cost.

    Args:
        unquantified: change of lines of which one side has money and no quantity.
    """

    rate: Fraction = ZERO
    quantity: Fraction = ZERO
    mix: Fraction = ZERO
    new: Fraction = ZERO
    gone: Fraction = ZERO
    unquantified: Fraction = ZERO

    @property
    def total(self) -> Fraction:
        return self.rate + self.quantity + self.mix + self.new + self.gone + self.unquantified


def three_factors(lines: Iterable[Line]) -> Effects:
    """Split the change of lines that share one unit.

    Source:
        price-volume-mix: with Q the quantity of all lines that have a rate on both sides, and P = C0 / Q0,
        rate = sum q1 (p1 - p0), quantity = (Q1 - Q0) P, mix = sum (q1 - Q1 q0 / Q0) p0.
    """
    everyone = list(lines)
    rated = [line for line in everyone if line.has_rates]
    new = [line for line in everyone if line.is_new and not line.has_rates]
    gone = [line for line in everyone if line.is_gone and not line.is_new and not line.has_rates]
    rest = sum((line.change for line in everyone), ZERO) - sum((line.change for line in (*rated, *new, *gone)), ZERO)
    quantity_before = sum((line.quantity_before for line in rated), ZERO)
    quantity_after = sum((line.quantity_after for line in rated), ZERO)
    cost_before = sum((line.cost_before for line in rated), ZERO)
    # What the quantities of today would have cost at the rates of then.
    at_old_rates = sum((line.quantity_after * line.rate_before for line in rated), ZERO)
    volume = (quantity_after - quantity_before) * cost_before / quantity_before if rated else ZERO
    return Effects(
        rate=sum((line.cost_after for line in rated), ZERO) - at_old_rates,
        quantity=volume,
        mix=at_old_rates - cost_before - volume,
        new=sum((line.change for line in new), ZERO),
        gone=sum((line.change for line in gone), ZERO),
        unquantified=rest,
    )


def two_factors(line: Line) -> Effects:
    """Split the change of one line that shares its unit with no other.

    Source:
        midpoint form: rate = (q0 + q1) / 2 x (p1 - p0), quantity = (p0 + p1) / 2 x (q1 - q0); no order is preferred.
    """
    if not line.has_rates:
        return three_factors([line])
    rate = (line.quantity_before + line.quantity_after) / 2 * (line.rate_after - line.rate_before)
    return Effects(rate=rate, quantity=line.change - rate)


def log_mean_effects(before: Mapping[str, Fraction], after: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """Split the change of a product of factors over the factors; the order of the names does not matter.

    Args:
        before, after: the same names, every factor above zero.
    Source:
        LMDI-I (Ang 2004): effect of x = L(C1, C0) ln(x1 / x0), L(a, b) = (a - b) / ln(a / b), L(a, a) = a.
    """
    cost_before, cost_after = _product(before), _product(after)
    change = cost_after - cost_before
    mean = cost_after if change == 0 else change / _log(cost_after / cost_before)
    effects = {name: mean * _log(after[name] / before[name]) for name in before}
    last = next(reversed(effects))
    effects[last] += change - sum(effects.values(), ZERO)
    return effects


def _product(factors: Mapping[str, Fraction]) -> Fraction:
    product = Fraction(1)
    for factor in factors.values():
        product *= factor
    return product


def _log(ratio: Fraction) -> Fraction:
    decimal = _WIDE.divide(Decimal(ratio.numerator), Decimal(ratio.denominator))
    return Fraction(_WIDE.ln(decimal))
