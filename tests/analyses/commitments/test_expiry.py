"""When do commitments end, and what happens then?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.commitments.expiry import Term, cliff, expiry_alerts, stated_months, terms
from tests.analyses.conftest import QueriedLake

AS_OF = date(2026, 11, 20)
ROW = {
    "x_Provider": "aws",
    "CommitmentDiscountId": "ri-1",
    "BillingCurrency": "USD",
    "CommitmentDiscountName": "ledger",
    "CommitmentDiscountType": "Reserved Instance",
    "source_first_day": date(2025, 11, 1),
    "data_through": AS_OF,
    "first_day": date(2026, 1, 15),
    "last_day": AS_OF,
    "paid_from": None,
    "paid_through": None,
    "recent_days": 30,
    "used_effective_cost": Decimal(540),
    "unused_effective_cost": Decimal(60),
    "covered_on_demand_cost": Decimal(900),
}


def of(known_ends: dict[str, date] | None = None, **values: object) -> Term:
    [term] = terms(pl.DataFrame([{**ROW, **values}], infer_schema_length=None), known_ends=known_ends)
    return term


def test_the_step_is_what_covered_usage_costs_more_on_demand() -> None:
    # 900 - 600 in 30 days, times 365 / 360 for a month
    assert of().step == pytest.approx(Decimal("304.166667"))


def test_a_purchase_for_the_term_says_when_it_ends() -> None:
    term = of(paid_from=date(2026, 1, 15), paid_through=date(2027, 1, 15))
    assert (term.end, term.basis) == (date(2027, 1, 15), "paid period")


def test_an_instalment_says_nothing_about_the_end() -> None:
    term = of(paid_from=date(2026, 11, 1), paid_through=date(2026, 12, 1))
    assert (term.end, term.basis) == (None, "not known")


def test_a_stated_term_counts_from_the_first_day() -> None:
    term = of(CommitmentDiscountName="compute-3yr")
    assert (term.start, term.end, term.basis) == (date(2026, 1, 15), date(2029, 1, 15), "stated term")
    assert of(CommitmentDiscountName="1yr", first_day=date(2026, 2, 28)).end == date(2027, 2, 28)


def test_what_began_before_the_bill_has_no_end_that_the_bill_knows() -> None:
    term = of(CommitmentDiscountName="compute-1yr", first_day=date(2025, 11, 1))
    assert (term.start, term.end, term.basis) == (None, None, "not known")
    assert term.is_running


def test_a_name_that_the_bill_has_proved_wrong_is_not_believed() -> None:
    term = of(CommitmentDiscountName="compute-1yr", first_day=date(2025, 11, 10))
    assert (term.end, term.basis) == (None, "not known")


def test_the_inventory_knows_better() -> None:
    term = of({"ri-1": date(2026, 12, 24)}, CommitmentDiscountName="3yr")
    assert (term.end, term.basis) == (date(2026, 12, 24), "inventory")


def test_what_the_bill_is_silent_about_for_a_week_is_over() -> None:
    term = of(last_day=date(2026, 11, 13))
    assert (term.end, term.basis, term.is_running) == (date(2026, 11, 14), "over", False)
    assert of(last_day=date(2026, 11, 14)).is_running


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("ledger-db-1yr-all-upfront", 12),
        ("Reserved VM, 3 Years", 36),
        ("36-month plan", 36),
        ("m5_1y", 12),
        ("x11y", None),
        ("gen3", None),
    ],
)
def test_a_term_is_read_from_a_name(text: str, months: int | None) -> None:
    assert stated_months(text) == months


@pytest.mark.parametrize(
    ("end", "alert"),
    [
        (date(2027, 2, 18), (90, 89)),
        (date(2027, 2, 20), None),
        (date(2026, 12, 21), (30, 30)),
        (date(2026, 12, 22), (60, 31)),
        (date(2026, 11, 21), (7, 0)),
    ],
)
def test_an_alert_is_of_the_narrowest_threshold(end: date, alert: tuple[int, int] | None) -> None:
    found = expiry_alerts([of({"ri-1": end})], as_of=AS_OF)
    assert [(one.threshold_days, one.days_left) for one in found] == ([alert] if alert else [])


def test_the_cliff_adds_up_what_ends() -> None:
    found = [
        of({"ri-1": date(2026, 12, 1)}),
        of({"ri-1": date(2027, 3, 15)}),
        of({"ri-1": date(2028, 1, 1)}),
        of(),
        of(last_day=date(2026, 1, 20)),
    ]
    frame = cliff(found, as_of=AS_OF, months=6)
    step = float(found[0].step)
    # The first ends with the last day of November, the second in March, the third later, the fourth nobody knows when.
    assert frame["ends"].to_list() == [1, 0, 0, 0, 1, 0]
    assert frame["month"].to_list()[0] == date(2026, 11, 1)
    assert frame["step_so_far"].to_list() == pytest.approx([step, step, step, step, 2 * step, 2 * step])
    covered = float(found[0].monthly_covered)
    assert frame["covered"].to_list() == pytest.approx([2 * covered] * 4 + [covered] * 2)


def test_the_bill_shows_purchase_owner_and_days(lake: QueriedLake) -> None:
    plan = {
        "CommitmentDiscountId": "ri-1",
        "CommitmentDiscountName": "ledger",
        "SkuMeter": "InstanceUsage:db.r6g.large",
    }
    lake.charge("2026-09-01", 1, SkuMeter="something else")
    for day in ("2026-10-05", "2026-10-06"):
        lake.charge(day, 6, ListCost="10", ContractedCost="10", CommitmentDiscountStatus="Used", **plan)
        lake.charge(day, 2, CommitmentDiscountStatus="Unused", **{**plan, "SubAccountId": "222"})
    lake.charge(
        "2026-10-05", 0, ChargeCategory="Purchase", days=365, SubAccountId="222", **{**plan, "BilledCost": "2920"}
    )
    lake.load(1, 1)
    frame = lake.query("commitments_terms", as_of="2026-10-20")
    [row] = frame.to_dicts()
    assert (row["first_day"], row["last_day"], row["recent_days"]) == (date(2026, 10, 5), date(2026, 10, 6), 2)
    assert row["owner_account_id"] == "222"
    [term] = terms(frame)
    # 16 in two days for 20 covered
    assert (term.monthly_cost, term.monthly_covered) == (Decimal("243.333333"), Decimal("304.166667"))
    assert (term.start, term.end, term.basis) == (date(2026, 10, 5), date(2027, 10, 5), "paid period")
