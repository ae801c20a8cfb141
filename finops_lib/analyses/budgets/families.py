"""Does a parent hold what its children do? What it has beside them, what they share, and what is not handed out yet.

A parent's actual comes from its own scope, never from its children: they may leave gaps, overlap, or reach beyond it
(domain.md 1.2). What no child has and what several have is asked of the lake like any other scope.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, localcontext

import polars as pl

from finops_lib.analyses.budgets.calendar import amount_of, period_of
from finops_lib.analyses.budgets.counted import counted_days
from finops_lib.analyses.budgets.ledger import NOTHING, Ledger, ledgers, reaches_of
from finops_lib.analyses.budgets.rates import Rates
from finops_lib.analyses.budgets.review import DIGITS
from finops_lib.analyses.scopes import canonical, parse_scope
from finops_lib.analyses.scopes.tree import both, either
from finops_lib.plans import Budget


@dataclass(frozen=True, slots=True)
class Family:
    """A budget and its parts, all of them as the parent counts, through the parent's last known day.

    Args:
        actual: known cost of the parent's own scope; `children` what each child has of it or beyond it.
        gap: cost of the parent that no child has.
        overlap: cost that is in more than one child, counted once for each child but the first.
        outside: cost of children beyond the parent's scope; actual = sum of children - overlap - outside + gap.
        reserve: what of the parent's amount is not handed out to children; negative = more is promised than there is.
            None where children have another currency or period.
    """

    parent: str
    currency: str
    actual: Decimal
    children: Mapping[str, Decimal]
    gap: Decimal
    overlap: Decimal
    outside: Decimal
    reserve: Decimal | None

    @property
    def warning(self) -> str:
        """What its owner should know; "" = nothing."""
        if self.reserve is not None and self.reserve < 0:
            return f"the parts of {self.parent} may spend {-self.reserve:,.0f} {self.currency} more than it allows"
        return ""


def family_scopes(budgets: Sequence[Budget]) -> list[str]:
    """Name the scopes that `families_of` needs beside the budgets' own."""
    return [scope for parent, children in _families(budgets) for scope in _joined(parent, children)]


def families_of(
    budgets: Sequence[Budget], days: pl.DataFrame, *, as_of: date, rates: pl.DataFrame | None = None
) -> list[Family]:
    """Hold each parent against its children.

    Args:
        days: the figure `scoped/days` of the budgets' scopes and of `family_scopes`.
    """
    with localcontext(prec=DIGITS):
        found = [_family(parent, children, days, as_of, Rates.of(rates)) for parent, children in _families(budgets)]
    return [family for family in found if family is not None]


def _families(budgets: Sequence[Budget]) -> list[tuple[Budget, list[Budget]]]:
    children: dict[str, list[Budget]] = {}
    for budget in budgets:
        if budget.parent:
            children.setdefault(budget.parent, []).append(budget)
    return [(budget, children[budget.name]) for budget in budgets if budget.name in children]


def _joined(parent: Budget, children: Sequence[Budget]) -> tuple[str, str]:
    """Give the scope of all children, and the part of it that is the parent's."""
    every = either([parse_scope(child.scope) for child in children])
    own = parse_scope(parent.scope)
    # The whole estate is no claim that another could be joined to.
    if canonical(own) == "all":
        return canonical(every), canonical(every)
    return canonical(every), canonical(both([own, every]))


def _family(parent: Budget, children: Sequence[Budget], days: pl.DataFrame, as_of: date, rates: Rates) -> Family | None:
    period = period_of(parent, as_of)
    if period is None:
        return None
    every, inside = _joined(parent, children)
    scopes = [parent.scope, every, inside, *(child.scope for child in children)]
    # All with the parent's eyes, or the differences would be of what counts and not of whose it is.
    seen = [replace(parent, scope=scope) for scope in scopes]
    counted = counted_days(seen, days)
    reaches = reaches_of(seen, days, as_of=as_of)
    opened = ledgers(seen, [period] * len(seen), counted, reaches=reaches, as_of=as_of, rates=rates)
    if any(ledger.missing_rate for ledger in opened):
        return None
    actual, of_every, of_inside, *own = map(_known, opened)
    return Family(
        parent=parent.name,
        currency=parent.currency,
        actual=actual,
        children={child.name: cost for child, cost in zip(children, own, strict=True)},
        gap=actual - of_inside,
        overlap=sum(own, NOTHING) - of_every,
        outside=of_every - of_inside,
        reserve=_reserve(parent, children, as_of),
    )


def _known(ledger: Ledger) -> Decimal:
    return ledger.known


def _reserve(parent: Budget, children: Sequence[Budget], as_of: date) -> Decimal | None:
    period = period_of(parent, as_of)
    if period is None or any(
        (child.currency, period_of(child, as_of)) != (parent.currency, period) for child in children
    ):
        return None
    return amount_of(parent, period) - sum((amount_of(child, period) for child in children), NOTHING)
