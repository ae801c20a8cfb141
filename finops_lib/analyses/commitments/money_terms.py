"""What does an offer really cost per hour, and when is it paid back? (domain.md 3.5)"""

from __future__ import annotations

from finops_lib.errors import ConfigError
from finops_lib.periods import HOURS_PER_MONTH

# What money costs a year where nobody says it.
COST_OF_CAPITAL = 0.08


def monthly_share(months: int, *, cost_of_capital: float = COST_OF_CAPITAL) -> float:
    """Give the part of an upfront payment that each month of the term carries, interest included; 1 / months without.

    Source:
        the annuity factor i / (1 - (1 + i)^-T) with the monthly rate i = (1 + r)^(1/12) - 1.
    """
    if months < 1 or cost_of_capital < 0:
        raise ConfigError(
            f"a term of {months} months at {cost_of_capital} a year",
            next_step="give one month at least, and a cost of capital of 0 or more",
        )
    interest = (1 + cost_of_capital) ** (1 / 12) - 1
    return interest / (1 - (1 + interest) ** -months) if interest else 1 / months


def hourly_rate(
    upfront: float, recurring_per_month: float, months: int, *, cost_of_capital: float = COST_OF_CAPITAL
) -> float:
    """Give what an offer costs per hour, the interest on what is paid before it is used included."""
    carried = upfront * monthly_share(months, cost_of_capital=cost_of_capital)
    return (carried + recurring_per_month) / HOURS_PER_MONTH


def effective_discount(
    discount: float, months: int, *, upfront_share: float, cost_of_capital: float = COST_OF_CAPITAL
) -> float:
    """Give the discount that is left when the upfront part of the price bears interest.

    Args:
        discount: 1 - what the offer costs over its term / what the same costs on demand, both without interest.
        upfront_share: the part of the offer's price that is paid upfront: 1 all, 0 none.
    """
    # At an on-demand price of 1 per hour the offer costs (1 - discount) x 730 a month.
    price = (1 - discount) * HOURS_PER_MONTH
    upfront, recurring = upfront_share * price * months, (1 - upfront_share) * price
    return 1 - hourly_rate(upfront, recurring, months, cost_of_capital=cost_of_capital)


def break_even_utilisation(discount: float) -> float:
    """Give the share of hours that a commitment must be used to cost no more than on demand: 1 - d."""
    return 1 - discount


def payback_months(months: int, discount: float, *, upfront_share: float, utilisation: float = 1.0) -> float | None:
    """Give after how many months the upfront payment is earned back; None = not within the term.

    Args:
        discount: before interest.
        utilisation: the used share of the commitment.
    Source:
        T (1 - d) for all upfront at full use. Nothing upfront is paid back at once if more than 1 - d of it is used.
    """
    upfront = upfront_share * (1 - discount) * months
    earned = utilisation - (1 - upfront_share) * (1 - discount)
    if earned <= 0 or upfront / earned > months:
        return None
    return upfront / earned


def return_on_investment(saving: float, commitment_cost: float) -> float | None:
    """Give the saving per unit of money that the commitment costs; None where it costs nothing."""
    return saving / commitment_cost if commitment_cost else None
