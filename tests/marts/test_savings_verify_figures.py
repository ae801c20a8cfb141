"""What verification asks of the bills, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from finops_lib.marts.figures import figure_sql
from tests.marts.conftest import MemoryLake

DONE = date(2026, 6, 5)


def figure(lake: MemoryLake, name: str, **values: object) -> list[dict[str, object]]:
    return lake.rows(figure_sql(name), **values)


def days_of(lake: MemoryLake, *resource_ids: str, since: date = date(2026, 6, 1)) -> list[dict[str, object]]:
    asked = {"resource_ids": list(resource_ids), "currency": "USD", "since": since, "as_of": date(2026, 6, 30)}
    return figure(lake, "savings_verify_days", **asked)


def use(lake: MemoryLake, day: str, cost: str, resource: str = "i-1", **values: object) -> None:
    usual = {"ResourceId": resource, "SkuMeter": "m5", "ConsumedQuantity": "24", "ConsumedUnit": "Hrs"}
    lake.charge(day, cost, **{**usual, **values})


def test_usage_of_each_day_with_and_without_commitments(lake: MemoryLake) -> None:
    use(lake, "2026-06-02", "3", EffectiveCost="2", CommitmentDiscountStatus="Used")
    use(lake, "2026-06-02", "1")
    [row] = days_of(lake, "i-1", "i-2")
    assert (row["day"], row["meter"], row["unit"], row["quantity"]) == (date(2026, 6, 2), "m5", "Hrs", 48)
    assert (row["effective_cost"], row["contracted_cost"]) == (3, 4)


def test_a_contracted_cost_of_nought_is_not_known_and_the_list_price_stands_in(lake: MemoryLake) -> None:
    use(lake, "2026-06-02", "2", ContractedCost="0", ListCost="5")
    use(lake, "2026-06-03", "2", ContractedCost="0", ListCost="0")
    assert [row["contracted_cost"] for row in days_of(lake, "i-1")] == [5, 2]


def test_what_is_no_use_of_the_resource_is_left_out(lake: MemoryLake) -> None:
    for other in (
        {"ChargeCategory": "Tax"},
        {"ChargeCategory": "Credit"},
        {"ChargeClass": "Correction"},
        {"CommitmentDiscountStatus": "Unused"},
        {"BillingCurrency": "EUR"},
    ):
        use(lake, "2026-06-02", "9", **other)
    use(lake, "2026-05-31", "9")
    use(lake, "2026-07-01", "9")
    use(lake, "2026-06-02", "9", "i-2")
    assert days_of(lake, "i-1") == []


def test_an_azure_id_is_found_in_any_letter_case(lake: MemoryLake) -> None:
    use(lake, "2026-06-02", "1", "/RG-Run/Disk", x_Provider="azure")
    assert [row["ResourceId"] for row in days_of(lake, "/rg-run/disk")] == ["/rg-run/disk"]


def test_the_last_day_on_which_each_was_charged(lake: MemoryLake) -> None:
    for day in ("2026-06-02", "2026-06-04"):
        use(lake, day, "1")
    use(lake, "2026-06-20", "1", ChargeCategory="Tax")
    use(lake, "2026-06-03", "0", "i-2")
    rows = figure(lake, "savings_last_days", resource_ids=["i-1", "i-2", "i-3"], as_of=date(2026, 6, 30))
    assert [(row["ResourceId"], row["last_day"].day) for row in rows] == [("i-1", 4), ("i-2", 3)]  # type: ignore[attr-defined]


def test_a_price_is_what_others_pay_and_never_what_the_resource_itself_pays(lake: MemoryLake) -> None:
    for day, cost in (("2026-05-10", "4.8"), ("2026-06-10", "2.4")):
        use(lake, day, cost, "i-9")
        # Its own discount, spot prices and other regions say nothing of the price.
        use(lake, day, "1", "I-1")
        use(lake, day, "1", "i-8", PricingCategory="Dynamic")
        use(lake, day, "1", "i-7", RegionId="far")
    asked = {"meters": ["m5"], "provider": "aws", "currency": "USD", "region": "eu-west-1", "resource_id": "i-1"}
    windows = {
        "before_first": date(2026, 5, 1),
        "before_last": date(2026, 5, 31),
        "after_first": date(2026, 6, 8),
        "after_last": date(2026, 6, 30),
    }
    [row] = figure(lake, "savings_verify_prices", **asked, **windows)
    assert (row["cost_before"], row["quantity_before"]) == (Decimal("4.8"), 24)
    assert (row["cost_after"], row["quantity_after"]) == (Decimal("2.4"), 24)
    # A meter that nobody else used before has no price to compare with.
    assert figure(lake, "savings_verify_prices", **{**asked, "resource_id": "i-9", "region": "none"}, **windows) == []


def replacements(lake: MemoryLake) -> list[tuple[object, object, object]]:
    asked = {"provider": "aws", "account": "111", "currency": "USD", "resource_id": "i-1"}
    rows = figure(lake, "savings_verify_replacements", **asked, implemented_on=DONE, as_of=date(2026, 6, 14))
    return [(row["ResourceId"], row["charged_days"], row["effective_cost"]) for row in rows]


def test_what_began_within_a_week_with_the_same_owner_and_meter_took_its_place(lake: MemoryLake) -> None:
    shop = {"x_Team": "shop", "x_Environment": "test"}
    use(lake, "2026-06-04", "4", **shop)
    for day in range(6, 15):
        use(lake, f"2026-06-{day:02}", "2", "i-new", **shop)
        use(lake, f"2026-06-{day:02}", "2", "i-other-team", **{**shop, "x_Team": "web"})
        use(lake, f"2026-06-{day:02}", "2", "i-other-kind", **shop, SkuMeter="r5")
        use(lake, f"2026-06-{day:02}", "2", "i-old", **shop)
    use(lake, "2026-04-08", "2", "i-old", **shop)
    use(lake, "2026-06-13", "2", "i-later", **shop)
    # 9 days of 2
    assert replacements(lake) == [("i-new", 9, Decimal(18))]


def test_where_such_machines_come_and_go_anyway_one_that_came_says_nothing(lake: MemoryLake) -> None:
    shop = {"x_Team": "shop"}
    use(lake, "2026-06-04", "4", **shop)
    use(lake, "2026-06-06", "2", "i-new", **shop)
    use(lake, "2026-05-10", "2", "i-last-month", **shop)
    assert replacements(lake) == []


def test_what_belongs_to_nobody_took_nobodys_place(lake: MemoryLake) -> None:
    use(lake, "2026-06-04", "4")
    use(lake, "2026-06-06", "2", "i-new")
    assert replacements(lake) == []


def test_a_commitment_earns_what_it_covers_less_what_it_costs_used_or_not(lake: MemoryLake) -> None:
    plan = {"CommitmentDiscountId": "sp-1"}
    use(lake, "2026-06-05", "10", EffectiveCost="6", CommitmentDiscountStatus="Used", **plan)
    use(
        lake,
        "2026-06-05",
        "0",
        EffectiveCost="1",
        ContractedCost="0",
        ListCost="4",
        CommitmentDiscountStatus="Used",
        **plan,
    )
    use(lake, "2026-06-05", "3", CommitmentDiscountStatus="Unused", **plan)
    use(lake, "2026-06-05", "99", ChargeCategory="Purchase", **plan)
    use(lake, "2026-06-06", "3", CommitmentDiscountStatus="Unused", **plan)
    rows = figure(
        lake,
        "savings_verify_commitment_days",
        commitment_id="sp-1",
        currency="USD",
        since=DONE,
        as_of=DONE + timedelta(days=9),
    )
    # 10 - 6 + 4 - 1 - 3 on the first day, -3 on the second
    assert [row["net_saving"] for row in rows] == [4, -3]
