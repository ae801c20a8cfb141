"""The public billing files: what is recommended there is little, and never more than what is paid."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings import READS, find_savings
from finops_lib.findings import Recommendation
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import NO_SHARED_DATA, SHARED_DATA

# What a person who knows the file finds there, down to the last cent: rules and how often.
EXPECTED: dict[str, list[str]] = {
    # A g3.4xlarge, in a bill of single hours.
    "focus_sample_1_0/focus_sample.csv": ["previous-generation"],
    # Names no resources at all.
    "focus_converters/sample-anonymous-aws-export-dataset.csv": [],
    "focus_data_toolkit/golden/compatibility_golden/aws_1_2_cost_and_usage_rows100_seed42.csv": [],
    # Everything there is sold by others than the cloud, says the column of publishers.
    "focus_data_toolkit/golden/compatibility_golden/azure_1_2_cost_and_usage_rows100_seed42.csv": [],
    "finops_toolkit/EA_ActualCost_Small.csv": [],
}


def recommended(settings: Settings, path: str) -> tuple[list[Recommendation], Decimal]:
    """Give what is recommended about a bill, and what a month of it comes to if all of it were one day's."""
    ingest(settings, [SHARED_DATA / path], source="public")
    build(settings.lake)
    with open_lake(settings.lake) as lake:
        ask = (
            "select max(cast(ChargePeriodStart as date)), sum(abs(EffectiveCost)), any_value(BillingCurrency) from cost"
        )
        [(last, effective, currency)] = lake.con.execute(ask).fetchall()
        values = {"as_of": last, "currency": currency, "provider": ""}
        texts = {name: figure_sql(name) for name in READS}
        frames = {name: run_query(lake, sql, bind(name, sql, values, {})) for name, sql in texts.items()}
    return find_savings(frames, as_of=last, min_monthly=0), effective * 31


@pytest.mark.parametrize("path", EXPECTED)
def test_nothing_absurd_is_recommended_about_a_public_bill(settings: Settings, path: str) -> None:
    if not (SHARED_DATA / path).exists():
        pytest.skip(NO_SHARED_DATA)
    found, most = recommended(settings, path)
    assert [one.type for one in found] == EXPECTED[path]
    assert all(Decimal(0) <= one.monthly_savings <= one.current_monthly_cost <= most for one in found)
