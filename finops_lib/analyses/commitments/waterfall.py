"""What does each hour cost when commitments pay for usage first? The one simulator of that.

    usage = Usage(("web/m5", "db/m5"), accounts=("111", "222"), on_demand=...)      item x hour, money
    plan = Commitment("sp-1", "compute-plan", account="111", hourly_cost=6.0, rates={"web/m5": 0.7, "db/m5": 0.7})
    after = simulate(usage, [plan])
    after.cost            what is paid in each hour: commitments, used or not, and the rest on demand
    after.used            what of each commitment is used in each hour;  after.unused  what is paid for nothing
    after.on_demand_rest  what of each item stays on demand

Whoever changes usage (a smaller machine, one that stops at night) simulates before and after: the difference of the two
costs is the saving, commitments that it strands included.

Question: how can reservations, which are counted in units, and plans, which are counted in money, be one record?
Choice: both are money per hour, with the price of each item as a share of its on-demand price. A reservation of q units
at r each, where a unit costs p on demand, is `hourly_cost=q * r` and the rate `r / p`: an hour with u units uses u * r
of it. Declined: units, for a size-flexible reservation covers machines of several sizes, whose common unit is money.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from finops_lib.errors import ConfigError
from finops_lib.offers import CommitmentKind

Array = NDArray[np.float64]

# In this order they are applied: the least flexible first (domain.md 3.4).
ORDER: tuple[CommitmentKind, ...] = ("reservation", "instance-plan", "compute-plan")


@dataclass(frozen=True, slots=True, eq=False)
class Usage:
    """Hourly usage that commitments may pay for, in on-demand-equivalent money of one currency.

    Args:
        items: a name per row of `on_demand`, each once, e.g. a pool of an account.
        accounts: the account of each item.
        on_demand: item x hour, what the usage of that hour costs on demand; 0 = none; a negative hour (a refund) is
            kept and nothing pays for it.
        unit_prices: the on-demand price of one unit of each item; only breaks ties; () = not known.
    Raises:
        ConfigError: the lengths differ, a name comes twice, or a cost is not finite.
    """

    items: tuple[str, ...]
    accounts: tuple[str, ...]
    on_demand: Array
    unit_prices: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        rows = self.on_demand.shape[0] if self.on_demand.ndim == 2 else -1
        if not rows == len(self.items) == len(self.accounts) or len(self.unit_prices) not in (0, rows):
            raise ConfigError(
                f"hourly usage has the shape {self.on_demand.shape} for {len(self.items)} items",
                next_step="give one row of hours, one account and no or one unit price per item",
            )
        if len(set(self.items)) < rows:
            twice = next(item for item in self.items if self.items.count(item) > 1)
            raise ConfigError(f"hourly usage names {twice!r} twice", next_step="add its rows up", item=twice)
        if not np.isfinite(self.on_demand).all():
            raise ConfigError(
                "hourly usage holds a cost that is not finite", next_step="leave that hour out, or give 0"
            )

    def scaled(self, factors: Mapping[str, float]) -> Usage:
        """Give the usage after actions: an item's factor is the share of its cost that stays, 1 where unnamed."""
        factor = np.array([factors.get(item, 1.0) for item in self.items])
        return replace(self, on_demand=self.on_demand * factor[:, None])

    def only(self, items: Collection[str]) -> Usage:
        """Give the usage of these items, in the order in which it is."""
        rows = [row for row, item in enumerate(self.items) if item in items]
        return Usage(
            items=tuple(self.items[row] for row in rows),
            accounts=tuple(self.accounts[row] for row in rows),
            on_demand=self.on_demand[rows],
            unit_prices=tuple(self.unit_prices[row] for row in rows) if self.unit_prices else (),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Commitment:
    """Money promised for every hour, and the prices it buys.

    Args:
        account: the owner, whose usage comes first.
        hourly_cost: money per hour, an upfront payment spread over the term; a row of hours where the term begins or
            ends inside them.
        rates: item -> its price under this commitment as a share of its on-demand price (0.7 = a saving of 30 %); an
            item that is not named is not eligible.
        is_shared: what the owner does not use goes to the other accounts.
    Raises:
        ConfigError: a rate that is not above 0 and at most 1, or a negative cost.
    """

    commitment_id: str
    kind: CommitmentKind
    account: str
    hourly_cost: float | Array
    rates: Mapping[str, float]
    is_shared: bool = True

    def __post_init__(self) -> None:
        for item, rate in self.rates.items():
            if not 0 < rate <= 1:
                raise ConfigError(
                    f"commitment {self.commitment_id!r} charges {rate} of the on-demand price of {item!r}",
                    next_step="give a share above 0 and at most 1, or leave out what it does not make cheaper",
                    item=item,
                )
        if not (np.asarray(self.hourly_cost) >= 0).all():
            raise ConfigError(
                f"commitment {self.commitment_id!r} has a negative cost per hour", next_step="give 0 where it is over"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Waterfall:
    """What became of every hour; money of the usage's currency.

    `committed`, `used` and `covered` are commitment x hour: paid for it, the part of that which found usage, and what
    that usage would have cost on demand. `on_demand_rest` is item x hour.
    """

    commitment_ids: tuple[str, ...]
    committed: Array
    used: Array
    covered: Array
    on_demand_rest: Array

    @property
    def cost(self) -> Array:
        """What each hour costs."""
        return np.asarray(self.committed.sum(axis=0) + self.on_demand_rest.sum(axis=0))

    @property
    def unused(self) -> Array:
        """What each hour of each commitment pays for nothing."""
        return np.asarray(self.committed - self.used)


def simulate(usage: Usage, commitments: Sequence[Commitment]) -> Waterfall:
    """Let commitments pay for usage, all hours at once.

    Reservations come before instance plans, and these before compute plans. Each kind goes first through the usage of
    its owners, then, where shared, through that of the others; commitments of one kind in the order given. A
    commitment takes the item with the highest saving first and, of equal ones, the one with the lowest rate.

    Args:
        commitments: those that exist, then those that are tried; none = all stays on demand.
    Raises:
        ConfigError: a commitment has another number of hours than the usage.
    Source:
        AWS, "How Savings Plans apply to your AWS usage"; domain.md 3.4.
    """
    hours = usage.on_demand.shape[1]
    rest = usage.on_demand.copy()
    committed = np.array([_hourly(commitment, hours) for commitment in commitments]).reshape(-1, hours)
    used, covered = np.zeros_like(committed), np.zeros_like(committed)
    for kind in ORDER:
        for of_owner in (True, False):
            for row, commitment in enumerate(commitments):
                if commitment.kind == kind and (of_owner or commitment.is_shared):
                    at, rates = _eligible(usage, commitment, of_owner=of_owner)
                    spent, paid_for = _draw(rest, at, rates, committed[row] - used[row])
                    used[row] += spent
                    covered[row] += paid_for
    return Waterfall(tuple(one.commitment_id for one in commitments), committed, used, covered, rest)


def _hourly(commitment: Commitment, hours: int) -> Array:
    cost = np.asarray(commitment.hourly_cost, dtype=np.float64)
    if cost.shape not in ((), (hours,)):
        raise ConfigError(
            f"commitment {commitment.commitment_id!r} has {cost.size} hours, the usage {hours}",
            next_step="give one cost for all hours, or one for each",
        )
    return np.broadcast_to(cost, (hours,))


def _eligible(usage: Usage, commitment: Commitment, *, of_owner: bool) -> tuple[NDArray[np.intp], Array]:
    """Give the rows that a commitment may pay for, in the order in which it does, and their rates."""
    prices = usage.unit_prices or (1.0,) * len(usage.items)
    ranked = sorted(
        (commitment.rates[item], commitment.rates[item] * prices[row], row)
        for row, item in enumerate(usage.items)
        if item in commitment.rates and (usage.accounts[row] == commitment.account) is of_owner
    )
    return np.array([row for *_, row in ranked], dtype=np.intp), np.array([rate for rate, *_ in ranked])


def _draw(rest: Array, at: NDArray[np.intp], rates: Array, left: Array) -> tuple[Array, Array]:
    """Pay for the rows `at` of `rest`, in place, with what is left; give money spent and money covered per hour."""
    open_cost = np.maximum(rest[at], 0.0)
    need = open_cost * rates[:, None]
    before = np.cumsum(need, axis=0) - need
    spent = np.clip(left - before, 0.0, need)
    # A row that is paid for whole leaves nothing, not the rounding of a product and its quotient.
    paid_for = np.where(spent >= need, open_cost, spent / rates[:, None])
    rest[at] -= paid_for
    return np.asarray(spent.sum(axis=0)), np.asarray(paid_for.sum(axis=0))
