"""The same line items as CUR 2.0 and as Cost Explorer tells them: one total."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.lake.open import connect
from finops_lib.sources.delivery import SliceTotals, read_delivery
from finops_lib.sources.files import find_files
from tests.sources.collectors.cost_explorer import Way, answer, queue
from tests.sources.collectors.test_aws_cost_explorer import BY_CLASS, ITEMS, OVERVIEW, collect
from tests.sources.test_aws_line_items import PLAN, write_csv

pytestmark = pytest.mark.slow
# How CUR calls what Cost Explorer calls so.
_NAMES = {"Enterprise Discount Program Discount": "EdpDiscount", "Support fee": "Fee"}


def test_cost_explorer_and_the_export_say_the_same(way: Way, moto_url: str, tmp_path: Path) -> None:
    report = write_csv(
        tmp_path / "cur.csv",
        *(
            {
                "line_item_line_item_type": _NAMES.get(item.type, item.type),
                "line_item_unblended_cost": item.billed,
                "line_item_usage_account_id": item.account,
                "line_item_usage_start_date": f"{item.day}T00:00:00Z",
                "line_item_usage_end_date": f"{item.day}T23:00:00Z",
                "savings_plan_savings_plan_a_r_n": PLAN if item.type.startswith("SavingsPlan") else None,
                "savings_plan_savings_plan_effective_cost": item.amortized or None,
                "savings_plan_total_commitment_to_date": "10" if item.type == "SavingsPlanRecurringFee" else None,
                "savings_plan_used_commitment": "6" if item.type == "SavingsPlanRecurringFee" else None,
            }
            for item in ITEMS
        ),
    )
    queue(moto_url, [answer(ITEMS, asked) for asked in (OVERVIEW, *BY_CLASS)])
    [part] = collect(way, tmp_path)
    con = connect()
    query = "select ChargeCategory, sum(BilledCost), sum(EffectiveCost) from charges group by all order by all"
    found: list[tuple[tuple[SliceTotals, ...], list[tuple[str, Decimal, Decimal]]]] = []
    for files in ([report], part.files):
        totals = read_delivery(con, find_files(files)).totals
        found.append((totals, con.execute(query).fetchall()))
    con.close()
    (export, by_category), (explorer, same) = found
    assert [(t.month, t.billed_in, t.effective_in) for t in export] == [
        (t.month, t.billed_in, t.effective_in) for t in explorer
    ]
    assert by_category == same
