"""What does an offer cost, and when is it paid back?"""

from __future__ import annotations

import pytest

from finops_lib.analyses.commitments.money_terms import (
    break_even_utilisation,
    effective_discount,
    hourly_rate,
    monthly_share,
    payback_months,
    return_on_investment,
)
from finops_lib.errors import ConfigError


@pytest.mark.parametrize(("discount", "least"), [(0.15, 0.85), (0.28, 0.72), (0.40, 0.60), (0.60, 0.40), (0.72, 0.28)])
def test_a_commitment_breaks_even_at_one_minus_its_discount(discount: float, least: float) -> None:
    assert break_even_utilisation(discount) == pytest.approx(least)  # vector 2


@pytest.mark.parametrize(("discount", "months"), [(0.28, 8.64), (0.40, 7.2), (0.60, 4.8)])
def test_all_upfront_is_paid_back_after_its_part_of_the_term(discount: float, months: float) -> None:
    assert payback_months(12, discount, upfront_share=1) == pytest.approx(months)  # vector 3


def test_nothing_upfront_is_paid_back_at_once_or_never() -> None:
    assert payback_months(12, 0.3, upfront_share=0, utilisation=0.71) == 0
    assert payback_months(12, 0.3, upfront_share=0, utilisation=0.7) is None


def test_what_is_half_used_takes_twice_as_long_or_longer_than_the_term() -> None:
    # 7.2 months' worth are paid; half used earns 0.5 a month: 14.4 of 36 months, and not within 12.
    assert payback_months(36, 0.8, upfront_share=1, utilisation=0.5) == pytest.approx(14.4)
    assert payback_months(12, 0.4, upfront_share=1, utilisation=0.5) is None


def test_without_interest_an_upfront_payment_is_spread_evenly() -> None:
    assert monthly_share(12, cost_of_capital=0) == pytest.approx(1 / 12)
    # 876 upfront and 36.5 a month over a year of 8,760 hours: 0.1 + 0.05 per hour
    assert hourly_rate(876, 36.5, 12, cost_of_capital=0) == pytest.approx(0.15)


def test_interest_makes_what_is_paid_upfront_dearer() -> None:
    # i = 1.08^(1/12) - 1 = 0.0064340; A = i / (1 - 1.08^-1) = 0.0064340 / 0.0740741 = 0.0868593
    assert monthly_share(12) == pytest.approx(0.0868593, abs=1e-6)
    # 40 % off, all upfront: 1 - 0.6 x 12 x 0.0868593 = 0.374613; half upfront: half of the 0.025387 less
    assert effective_discount(0.4, 12, upfront_share=1) == pytest.approx(0.374613, abs=1e-5)
    assert effective_discount(0.4, 12, upfront_share=0.5) == pytest.approx(0.387307, abs=1e-5)
    assert effective_discount(0.4, 12, upfront_share=0) == pytest.approx(0.4)


def test_a_return_needs_an_investment() -> None:
    assert return_on_investment(50, 200) == 0.25
    assert return_on_investment(50, 0) is None


def test_a_term_without_months_is_refused() -> None:
    with pytest.raises(ConfigError, match="a term of 0 months"):
        monthly_share(0)
