"""Which class is the cheapest that may be chosen, and what speaks against the others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from finops_lib.analyses.savings.tiering.costs import HORIZON_MONTHS, Costs, Stored, costs_in
from finops_lib.analyses.savings.tiering.tiers import Tier

LONGEST_BREAK_EVEN = 6
# Objects are moved when they are 30 days old; what is deleted or replaced before never moves.
LEAST_LIFE = Decimal(30 * 12) / 365


@dataclass(frozen=True, slots=True)
class Choice:
    """What is best for something that is stored.

    Args:
        tier: to move to; None = it stays where it is.
        saving: a month, after all that is paid every month in the new class; `once` is what the move costs.
        break_even_months: until the move is paid for; None where it never is.
        net: the saving of the horizon after the move.
        against: class -> why it was not chosen.
    """

    tier: Tier | None
    saving: Decimal
    once: Decimal
    break_even_months: Decimal | None
    net: Decimal
    against: Mapping[str, str]


def best_tier(
    stored: Stored,
    tiers: Sequence[Tier],
    *,
    accepted_restore_hours: int = 0,
    is_held: bool = False,
    horizon_months: int = HORIZON_MONTHS,
) -> Choice:
    """Choose the class with the largest net saving of those that pay for the move within half a year.

    Args:
        tiers: the present class first, at the customer's prices.
        accepted_restore_hours: what the owner says is soon enough; 0 = at once, and no archive that has to be asked.
        is_held: a compliance hold: nothing is moved.
    """
    now = tiers[0]
    today = costs_in(stored, now, now)
    against: dict[str, str] = {}
    best: tuple[Decimal, Decimal, Tier, Costs] | None = None
    for tier in tiers[1:]:
        then = costs_in(stored, tier, now)
        saving = today.monthly - then.monthly
        reason = _against(stored, now, tier, saving, then, accepted_restore_hours, is_held=is_held)
        if reason:
            against[tier.name] = reason
            continue
        net = horizon_months * saving - then.once
        if net <= 0:
            against[tier.name] = "the move costs more than it saves"
        elif best is None or net > best[0]:
            best = (net, saving, tier, then)
    if best is None:
        return Choice(None, Decimal(0), Decimal(0), None, Decimal(0), against)
    net, saving, tier, then = best
    for other in tiers[1:]:
        if other is not tier:
            against.setdefault(other.name, "saves less")
    return Choice(tier, saving, then.once, then.once / saving, net, against)


def access_limit(now: Tier, tier: Tier) -> Decimal | None:
    """Give the share read a month from which retrieval costs more than storage saves; None = reading is free."""
    return (now.price - tier.price) / tier.retrieval if tier.retrieval > 0 else None


def _against(
    stored: Stored, now: Tier, tier: Tier, saving: Decimal, then: Costs, accepted_hours: int, *, is_held: bool
) -> str:
    """Say why a class may not be chosen; "" = it may."""
    limit = access_limit(now, tier)
    if is_held:
        return "a compliance hold keeps it where it is"
    if tier.restore_hours > accepted_hours:
        return f"takes {tier.restore_hours} hours to restore, which its owner has not accepted"
    if stored.life_months < LEAST_LIFE:
        return "its objects are gone before they could be moved"
    if stored.mean_bytes < tier.moves_from_bytes:
        return "its objects are too small to be moved"
    if tier.cold_price is not None and stored.cold_share is None:
        return "how much of it is cold is not known"
    if limit is not None and stored.retrieved_share >= limit:
        return f"{100 * stored.retrieved_share:.0f} % are read a month, from {100 * limit:.0f} % on it costs more"
    if saving <= 0:
        return "costs more a month"
    if then.once / saving > LONGEST_BREAK_EVEN:
        return f"the move is paid for after {then.once / saving:.0f} months only"
    return ""
