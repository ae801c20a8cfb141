"""Each claim holds on an honest lake, and fires when somebody breaks it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.marts.catalog import read_header
from finops_lib.marts.claims import check_claims, judge, read_claims
from tests.marts.conftest import MemoryLake

CLAIMS = {f"{claim.mart}__{claim.name}": claim for claim in read_claims()}
# Each breaks one claim by 1 USD, or by one row.
SABOTAGE = {
    "daily_cost__keeps_every_cent": "update daily_cost set effective_cost = effective_cost + 1",
    "monthly_cost__keeps_every_cent": "update monthly_cost set effective_cost = effective_cost - 1",
    "daily_resource_cost__keeps_every_cent": "update daily_resource_cost set effective_cost = effective_cost + 1",
    "commitment_usage__keeps_every_cent": "update commitment_usage set effective_cost = effective_cost + 1",
    "hourly_committable_usage__keeps_every_cent_of_commitments": (
        "update hourly_committable_usage set effective_cost = effective_cost + 1"
    ),
    "tag_coverage__covers_all_cost": "update tag_coverage set effective_cost = 11 where dimension = 'team'",
    "monthly_restatements__add_up_to_the_change": (
        "update monthly_restatements set billed_cost_change = billed_cost_change + 1"
    ),
    "slice_totals__lake_equals_loads": "update slice_totals set billed_cost = billed_cost + 1",
    "slice_totals__money_in_is_money_loaded": "update slice_totals set billed_in = billed_in + 1",
}
WRITTEN = [name for name in CLAIMS if not name.endswith("__has_one_row_per_grain")]
GENERATED = [name for name in CLAIMS if name.endswith("__has_one_row_per_grain")]


@pytest.fixture
def honest(lake: MemoryLake) -> MemoryLake:
    lake.charge("2026-10-01", 10, ResourceId="vm-1", CommitmentDiscountId="sp-1", CommitmentDiscountStatus="Used")
    lake.load(1, 8)
    lake.load(1, 10, load_number=2, rows_before=1, billed_before="8", effective_before="8")
    part = {"x_Provider": "aws", "x_SourceId": "aws-payer", "x_BillingMonth": "2026-10-01"}
    finding = {"finding": "enum-case", "column_name": "a", "occurrences": 3}
    lake.insert("load_findings", {"load_number": 2, **part, **finding})
    rated = {"BillingCurrency": "USD", "part": "re-rated", "rows_change": 0, "billed_change": 2, "effective_change": 2}
    lake.insert("load_changes", {"load_number": 2, **part, **rated})
    lake.service_day("2026-10-01", "8", delivered_on="2026-10-03")
    lake.service_day("2026-10-01", "10", load_number=2, delivered_on="2026-11-20")
    lake.build()
    return lake


def test_every_claim_holds_on_an_honest_lake(honest: MemoryLake) -> None:
    assert [verdict for verdict in check_claims(honest.con) if not verdict.holds] == []


def test_every_claim_holds_on_an_empty_lake(lake: MemoryLake) -> None:
    lake.build()
    assert [verdict for verdict in check_claims(lake.con) if not verdict.holds] == []


def test_every_written_claim_about_my_marts_has_a_case_where_it_fires() -> None:
    assert set(SABOTAGE) <= set(WRITTEN)


@pytest.mark.parametrize("name", sorted(SABOTAGE))
def test_a_broken_promise_is_found_with_its_amount(honest: MemoryLake, name: str) -> None:
    honest.con.execute(SABOTAGE[name])
    verdict = judge(honest.con, CLAIMS[name])
    assert not verdict.holds
    assert (verdict.offenders, verdict.residual) == (1, Decimal(1))
    assert "aws aws-payer" in verdict.examples[0]
    assert check_claims(honest.con)[0].holds is False


# The one charge of the honest lake is no machine of a size, and has no meter that a check reads.
@pytest.mark.parametrize("name", [name for name in GENERATED if "meter" not in name and "machine" not in name])
def test_a_row_that_is_there_twice_is_found(honest: MemoryLake, name: str) -> None:
    mart = CLAIMS[name].mart
    honest.con.execute(f"insert into {mart} from {mart} limit 1")
    assert judge(honest.con, CLAIMS[name]).offenders == 1


def test_a_slice_that_a_mart_forgot_is_found(honest: MemoryLake) -> None:
    honest.con.execute("delete from daily_cost")
    # all 10 USD are missing
    assert judge(honest.con, CLAIMS["daily_cost__keeps_every_cent"]).residual == Decimal(10)


def test_rows_lost_at_the_door_are_found_even_when_the_money_is_right(honest: MemoryLake) -> None:
    honest.con.execute("update slice_totals set rows_in = 2")
    assert not judge(honest.con, CLAIMS["slice_totals__money_in_is_money_loaded"]).holds


def test_a_file_without_its_header_line_says_which_line_is_missing() -> None:
    with pytest.raises(
        ConfigError, match=r"x\.sql does not say its claim; next: open it with the line: -- claim: "
    ) as error:
        read_header("select 1", ("claim",), file="x.sql")
    assert error.value.file == "x.sql"  # type: ignore[attr-defined]
