"""What the queries behind an episode answer, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops_lib.analyses.anomalies import NodeValues, compared_days
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind
from tests.marts.conftest import MemoryLake

# A Wednesday; four weeks before it, and the 14th of the month before.
DAY = date(2026, 10, 14)
BEFORE = [str(DAY - timedelta(weeks=weeks)) for weeks in (1, 2, 3, 4)]


def asked(lake: MemoryLake, name: str, node: NodeValues, **values: object) -> list[dict[str, object]]:
    sql = figure_sql(name)
    comparison = compared_days(DAY, DAY, first_day=date(2026, 1, 1))
    given = {
        **node.bound(),
        **comparison.windows(),
        "currency": "USD",
        "since": comparison.since,
        "until": comparison.end,
        "first_day": comparison.start,
        "suspects": [],
        "most": 200,
        **values,
    }
    wanted = {name: value for name, value in bind(name, sql, given, {}).items()}
    return lake.rows(sql, **wanted)


def charges(lake: MemoryLake, node: NodeValues = NodeValues("aws")) -> list[dict[str, object]]:  # noqa: B008
    return asked(lake, "anomaly_charges", node)


def test_usage_is_compared_with_the_same_weekday_of_four_weeks(lake: MemoryLake) -> None:
    for day, cost in zip(BEFORE, (10, 20, 30, 40), strict=True):
        lake.charge(day, cost, PricingQuantity=1)
    lake.charge("2026-10-13", 999, PricingQuantity=1)
    lake.charge(str(DAY), 77, PricingQuantity=7)
    [row] = charges(lake)
    # 10 + 20 + 30 + 40 before, four times 77 during: both are divided by four; the day before is no such weekday
    assert (row["cost_before"], row["cost_during"]) == (100, 308)
    assert (row["quantity_before"], row["quantity_during"], row["earlier"]) == (4, 28, 5)


def test_fees_and_credits_are_compared_with_the_same_day_of_the_month_before(lake: MemoryLake) -> None:
    lake.charge("2026-09-14", 5400, ChargeCategory="Purchase", ServiceName="Seats")
    lake.charge(str(DAY), 9150, ChargeCategory="Purchase", ServiceName="Seats")
    # a Wednesday before, but not the 14th
    lake.charge("2026-10-07", -8, ChargeCategory="Credit")
    lake.charge(str(DAY), -5, ChargeCategory="Credit")
    found = {row["charge_kind"]: (row["cost_before"], row["cost_during"]) for row in charges(lake)}
    assert found == {"fee": (4 * 5400, 4 * 9150), "credit": (0, -20)}


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("usage", {}),
        ("unused_commitment", {"CommitmentDiscountStatus": "Unused"}),
        ("fee", {"ChargeFrequency": "Recurring"}),
        ("fee", {"ChargeCategory": "Purchase"}),
        ("tax", {"ChargeCategory": "Tax"}),
        ("adjustment", {"ChargeCategory": "Adjustment"}),
        ("correction", {"ChargeClass": "Correction"}),
    ],
)
def test_a_charge_is_told_by_what_it_is(lake: MemoryLake, kind: str, values: dict[str, object]) -> None:
    lake.charge(str(DAY), 10, **values)
    assert [row["charge_kind"] for row in charges(lake)] == [kind]


def test_a_negative_usage_is_a_refund(lake: MemoryLake) -> None:
    lake.charge(str(DAY), -10)
    assert [row["charge_kind"] for row in charges(lake)] == ["refund"]


def test_only_the_charges_of_the_node_are_taken(lake: MemoryLake) -> None:
    lake.charge(str(DAY), 1, ResourceId="i-1", x_Team="web", x_Project="shop", x_Environment="prod")
    lake.charge(str(DAY), 2, ServiceName="Storage")
    lake.charge(str(DAY), 4, SubAccountId="222")
    lake.charge(str(DAY), 8, RegionId="us-east-1")
    lake.charge(str(DAY), 16, x_Provider="gcp")
    lake.charge(str(DAY), 32, BillingCurrency="EUR")
    nodes = {
        NodeValues("aws"): 15,
        NodeValues("aws", "111"): 11,
        NodeValues("aws", "111", "Compute"): 9,
        NodeValues("aws", region="us-east-1"): 8,
        NodeValues("aws", team="web"): 1,
        NodeValues("aws", project="shop", environment="prod"): 1,
        NodeValues("aws", "111", "Compute", resource="I-1"): 1,
    }
    for node, cost in nodes.items():
        found = charges(lake, node)
        assert sum(row["cost_during"] for row in found) == 4 * cost  # type: ignore[misc]


def test_an_item_keeps_its_name_when_a_commitment_covers_it(lake: MemoryLake) -> None:
    lake.charge(BEFORE[0], 7, SkuId="m5", SkuPriceId="m5.covered", ListCost="10", ContractedCost="0")
    lake.charge(str(DAY), 10, SkuId="m5", SkuPriceId="m5.on-demand", ListCost="10", ContractedCost="9")
    [row] = charges(lake)
    # a contracted cost of 0 is one that the export does not know: the list price stands in
    assert (row["contracted_before"], row["contracted_during"], row["unlisted"]) == (10, 36, 0)


def test_one_id_of_azure_in_two_letter_cases_is_one_resource(lake: MemoryLake) -> None:
    lake.charge(BEFORE[0], 1, x_Provider="azure", ResourceId="/Subscriptions/A/VM1", ResourceName="vm1")
    lake.charge(str(DAY), 1, x_Provider="azure", ResourceId="/subscriptions/a/vm1", ResourceName="vm1")
    assert len(charges(lake, NodeValues("azure"))) == 1


def test_tags_are_summed_by_key_and_value(lake: MemoryLake) -> None:
    lake.charge(BEFORE[0], 3, Tags={"app": "checkout"})
    lake.charge(str(DAY), 5, Tags={"app": "checkout", "env": "prod"})
    lake.charge(str(DAY), 9)
    found = asked(lake, "anomaly_tags", NodeValues("aws"))
    assert [(row["tag_key"], row["tag_value"], row["cost_before"], row["cost_during"]) for row in found] == [
        ("app", "checkout", 3, 20),
        ("env", "prod", 0, 20),
    ]


def test_charges_of_what_moved_stand_first_and_not_more_than_asked_for(lake: MemoryLake) -> None:
    lake.charge(str(DAY), 900, ResourceId="i-same")
    lake.charge(str(DAY), 50, ResourceId="I-Moved")
    lake.charge(str(DAY), -60, ResourceId="i-refunded")
    lake.charge("2026-10-15", 1000, ResourceId="i-later")
    node = NodeValues("aws")
    found = asked(lake, "anomaly_largest_charges", node, suspects=["i-moved"])
    assert [row["ResourceId"] for row in found] == ["I-Moved", "i-same", "i-refunded"]
    assert [row["effective_cost"] for row in found] == [Decimal(50), Decimal(900), Decimal(-60)]
    assert len(asked(lake, "anomaly_largest_charges", node, suspects=[], most=2)) == 2


def test_what_came_and_what_went_on_the_first_day_is_named(lake: MemoryLake) -> None:
    for offset in range(-20, 20):
        lake.charge(str(DAY + timedelta(days=offset)), 1, ResourceId="i-always")
    for offset in range(-20, 0):
        lake.charge(str(DAY + timedelta(days=offset)), 2, ResourceId="i-old")
    for offset in range(0, 20):
        lake.charge(str(DAY + timedelta(days=offset)), 3, ResourceId="i-new")
    lake.charge(str(DAY - timedelta(days=14)), 4, ResourceId="i-long-gone")
    lake.build()
    found = asked(lake, "anomaly_same_day", NodeValues("aws", "111"), until=DAY + timedelta(days=19))
    assert [(row["event"], row["ResourceId"]) for row in found] == [("came", "i-new"), ("went", "i-old")]
    # A week has not passed: what rests over a weekend has not gone.
    soon = asked(lake, "anomaly_same_day", NodeValues("aws", "111"), until=DAY + timedelta(days=3))
    assert [row["event"] for row in soon] == ["came"]


def test_the_days_of_a_node_are_its_usage_on_whole_days(lake: MemoryLake) -> None:
    for offset in range(20):
        day = str(DAY - timedelta(days=offset))
        lake.charge(day, 5, x_Team="web", ResourceId="i-Big", x_Provider="azure")
        lake.charge(day, 2, x_Team="web", ServiceName="Storage", ResourceId=None, x_Provider="azure")
        lake.charge(day, 1, x_Team="ops", x_Provider="azure")
    lake.charge(str(DAY - timedelta(days=9)), 800, ChargeCategory="Purchase", x_Team="web", x_Provider="azure")
    lake.charge(str(DAY - timedelta(days=9)), 30, ChargeClass="Correction", x_Team="web", x_Provider="azure")
    lake.load(
        62,
        990,
        x_Provider="azure",
        x_BillingMonth=date(2026, 10, 1),
        delivered_at=f"{DAY + timedelta(days=1)} 06:00:00",
    )
    lake.build()
    whole = DAY - timedelta(days=5)
    when = {"as_of": whole, "history_days": 10}
    of_team = asked(lake, "anomaly_node_days", NodeValues("azure", team="web"), **when)
    # ten days through the asked one; 5 + 2 a day, neither the fee nor the correction
    assert [(row["day"], row["effective_cost"]) for row in of_team] == [
        (whole - timedelta(days=back), 7) for back in range(9, -1, -1)
    ]
    machine = NodeValues("azure", "111", "Compute", resource="I-BIG")
    # azure writes one id in several letter cases
    assert {row["effective_cost"] for row in asked(lake, "anomaly_node_days", machine, **when)} == {5}
    everything = asked(lake, "anomaly_node_days", NodeValues("azure"), as_of=DAY, history_days=400)
    # the newest days may still grow
    assert len(everything) < 20
    assert {row["effective_cost"] for row in everything} == {8}
    assert everything[-1]["day"] == everything[-1]["complete_through"]
