"""What a smaller machine saves where commitments pay for its pool: worked out hour by hour, and by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from finops_lib.analyses.commitments.waterfall import Commitment, Usage
from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.rightsizing.pools import POOL_HOURS, TERMS, Pools
from finops_lib.findings import Recommendation
from tests.analyses.commitments.frames import terms, together, usage
from tests.analyses.rightsizing.machines import estate, found_in, hours_row, machine, price_row

M5 = "hourly/compute/us-east-1/m5//111"
# Pays for m5 at 70 % of its price: 0.1344 an hour are one m5.xlarge of 0.192.
PLAN = Commitment("sp-1", "compute-plan", account="111", hourly_cost=0.1344, rates={M5: 0.7})


def pools(machines: int) -> Pools:
    found = Pools.given(Usage((M5,), ("111",), np.full((1, 24), 0.192 * machines)), (PLAN,))
    assert found is not None
    return found


def test_what_a_smaller_machine_frees_goes_to_the_others() -> None:
    # two machines: 0.1344 + 0.192 = 0.3264. Half of one less: 0.288, of which the plan pays for 0.192, and 0.096 stay:
    # 0.2304. All of the 0.096 is saved, whichever of the two the bill called covered.
    assert pools(2).saving(M5, M5, cost_now=0.192, cost_then=0.096) == pytest.approx(0.096)


def test_what_nobody_else_takes_is_paid_for_nothing() -> None:
    assert pools(1).saving(M5, M5, cost_now=0.192, cost_then=0.096) == pytest.approx(0.0)


def test_what_moves_to_where_no_commitment_pays_costs_all_of_its_price() -> None:
    # the plan pays for the m5 that stays, 0.1344, and a t3.large costs 0.0832: 0.3264 - 0.2176 = 0.1088
    assert pools(2).saving(M5, "", cost_now=0.192, cost_then=0.0832) == pytest.approx(0.1088)
    # alone, the plan is paid for nothing, and the t3.large besides: a loss
    assert pools(1).saving(M5, "", cost_now=0.192, cost_then=0.0832) == pytest.approx(-0.0832)


def test_an_hour_in_which_nothing_ran_saves_nothing() -> None:
    half = Usage((M5,), ("111",), np.array([[0.384] * 12 + [0.0] * 12]))
    found = Pools.given(half, (PLAN,))
    assert found is not None
    # 12 of 24 hours save 0.096
    assert found.saving(M5, M5, cost_now=0.192, cost_then=0.096) == pytest.approx(0.048)


def test_without_commitments_there_is_no_waterfall() -> None:
    assert Pools.given(Usage((M5,), ("111",), np.full((1, 24), 1.0)), ()) is None
    assert Pools.of({}, "aws") is None


def covered_estate(rows: pl.DataFrame) -> Estate:
    """Give an m5.xlarge that a plan covers in every hour, at 70 % of its price."""
    one = machine(monthly=98.11)
    paid = Decimal("0.1344") * 720
    none = Decimal(0)
    row = hours_row(
        one,
        "m5.xlarge",
        0.192,
        on_demand_hours=none,
        committed_hours=Decimal(720),
        effective_cost=paid,
        on_demand_effective_cost=none,
    )
    whole = estate([one], hours=[row], prices=[price_row("m5.xlarge", 0.192, 0.192)])
    return replace(whole, frames={**whole.frames, POOL_HOURS: rows, TERMS: terms({"owner_account_id": "111"})})


def advice(*parts: pl.DataFrame) -> list[Recommendation]:
    return found_in(covered_estate(together(*parts)))


def test_a_covered_machine_is_advised_where_others_of_its_pool_are_not() -> None:
    covered = usage(0.192, rate=0.7, use="covered", CommitmentDiscountId="sp-1")
    [hit] = advice(covered, usage(0.192))
    # 730 x 0.096 = 70.08, less than the 98.11 that it costs
    assert (hit.target, hit.monthly_savings) == ("m5.large", Decimal("70.08"))
    assert hit.facts["saving of"] == "commitment waterfall by the hour"
    assert hit.cash_savings_12m == Decimal("840.96")


def test_a_covered_machine_alone_in_its_pool_saves_nothing() -> None:
    assert advice(usage(0.192, rate=0.7, use="covered", CommitmentDiscountId="sp-1")) == []


def test_a_bill_by_the_day_counts_covered_hours_as_no_saving() -> None:
    covered = usage(4.608, every=24, rate=0.7, use="covered", CommitmentDiscountId="sp-1")
    assert advice(covered, usage(4.608, every=24)) == []
