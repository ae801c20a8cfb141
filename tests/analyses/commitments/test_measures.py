"""What do commitments cover, waste and save?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.commitments.measures import (
    Measures,
    measured,
    measured_by_commitment,
    measured_by_month,
    measured_by_provider,
)
from finops_lib.errors import QualityError
from tests.analyses.conftest import QueriedLake

M5 = {"ServiceName": "Amazon Elastic Compute Cloud", "SkuMeter": "BoxUsage:m5.large"}


def of(**costs: int) -> Measures:
    return Measures("USD", **{name: Decimal(cost) for name, cost in costs.items()})


def months(lake: QueriedLake) -> pl.DataFrame:
    lake.load(1, 1)
    return lake.query("commitments_months", as_of="2026-10-20")


def test_unused_commitments_count_as_paid_and_replace_nothing(lake: QueriedLake) -> None:
    # Vector 17: 100 at list for 60, and 20 unused: 1 - 80 / 100. Clamped row by row it would be 40 %.
    plan = {"CommitmentDiscountId": "sp-1", **M5}
    lake.charge("2026-10-01", 60, ListCost="100", ContractedCost="100", CommitmentDiscountStatus="Used", **plan)
    lake.charge("2026-10-01", 20, ListCost="0", ContractedCost="0", CommitmentDiscountStatus="Unused", **plan)
    found = measured(months(lake))
    assert (found.savings_rate, found.savings_rate_at_list) == (pytest.approx(0.2), pytest.approx(0.2))
    assert found.net_saving == Decimal(20)
    assert found.utilisation == 0.75
    assert found.waste_share == 0.25


def test_the_rate_of_all_eligible_usage_has_what_stayed_on_demand_in_it(lake: QueriedLake) -> None:
    plan = {"CommitmentDiscountId": "sp-1", **M5}
    lake.charge("2026-10-01", 60, ListCost="120", ContractedCost="100", CommitmentDiscountStatus="Used", **plan)
    lake.charge("2026-10-01", 100, ListCost="130", ContractedCost="100", **M5)
    # What no commitment could have covered changes nothing.
    lake.charge("2026-10-01", 900, ServiceName="Amazon Simple Storage Service", SkuMeter="TimedStorage")
    found = measured(months(lake))
    assert found.coverage == 0.5
    # 160 paid for 200 contracted and 250 at list
    assert found.savings_rate == pytest.approx(0.2)
    assert found.savings_rate_at_list == pytest.approx(0.36)


def test_commitments_that_cost_more_than_they_save_say_so() -> None:
    found = of(used_effective_cost=30, unused_effective_cost=90, covered_on_demand_cost=40)
    assert found.net_saving == Decimal(-80)
    assert found.savings_rate == pytest.approx(-2.0)


def test_without_commitments_or_usage_there_is_no_ratio() -> None:
    nothing = Measures("")
    assert (nothing.utilisation, nothing.coverage, nothing.savings_rate, nothing.waste_share) == (None,) * 4
    assert nothing.net_saving == 0


def test_covered_usage_without_any_cost_is_told_apart(lake: QueriedLake) -> None:
    # Vector 20: contracted and effective cost are 0 where the list cost is not.
    used = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": "Used", "ListCost": ".0464"}
    lake.charge("2026-10-01", 0, **M5, **used)
    found = measured(months(lake))
    assert found.covered_on_demand_cost == found.unpriced_on_demand_cost == Decimal("0.0464")


def test_a_total_is_the_ratio_of_sums_and_not_the_mean_of_ratios(lake: QueriedLake) -> None:
    plan = {"CommitmentDiscountId": "sp-1", **M5}
    for day, used, unused in (("2026-09-01", 1, 9), ("2026-10-01", 90, 0)):
        lake.charge(day, used, CommitmentDiscountStatus="Used", **plan)
        lake.charge(day, unused, CommitmentDiscountStatus="Unused", **plan)
    frame = months(lake)
    # 10 % and 100 % are 91 of 100, not 55 %.
    assert measured(frame).utilisation == pytest.approx(0.91)
    assert [found.utilisation for found in measured_by_month(frame).values()] == [0.1, 1.0]
    assert list(measured_by_month(frame)) == [date(2026, 9, 1), date(2026, 10, 1)]
    assert list(measured_by_provider(frame)) == ["aws"]


def test_each_commitment_has_a_utilisation_of_its_own() -> None:
    row = {"x_Provider": "aws", "BillingCurrency": "USD", "covered_on_demand_cost": Decimal(9)}
    days = pl.DataFrame(
        [
            {
                **row,
                "CommitmentDiscountId": "a",
                "used_effective_cost": Decimal(3),
                "unused_effective_cost": Decimal(1),
            },
            {
                **row,
                "CommitmentDiscountId": "b",
                "used_effective_cost": Decimal(5),
                "unused_effective_cost": Decimal(0),
            },
        ]
    )
    found = measured_by_commitment(days)
    assert [one.utilisation for one in found.values()] == [0.75, 1.0]
    assert found["aws", "a"].net_saving == Decimal(5)


def test_two_currencies_are_never_added(lake: QueriedLake) -> None:
    lake.charge("2026-10-01", 5, CommitmentDiscountId="sp-1", CommitmentDiscountStatus="Used", **M5)
    frame = months(lake)
    euro = frame.with_columns(BillingCurrency=pl.lit("EUR"))
    with pytest.raises(QualityError, match="EUR and USD cannot be added"):
        measured(pl.concat([frame, euro]))
