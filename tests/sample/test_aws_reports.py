"""The same AWS estate as FOCUS, CUR 2.0 and legacy CUR: one money."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from finops_lib.lake.open import connect
from finops_lib.sample import Estate
from finops_lib.sample.tree_aws_cur import write_aws_reports
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files
from finops_lib.sources.gather import gathered

DIALECTS = {"cur2": "aws-cur2", "cur2-csv": "aws-cur2", "cur": "aws-cur"}
Sums = list[tuple[object, ...]]


def _read(con: duckdb.DuckDBPyConnection, place: Path) -> str:
    with gathered([place]) as given:
        return read_delivery(con, find_files(given.paths)).dialect


def _sums(con: duckdb.DuckDBPyConnection) -> Sums:
    """Billed and effective cost per day, account and service, where there is any."""
    keys = "cast(ChargePeriodStart as DATE), SubAccountId, ServiceName, BillingCurrency"
    some = "having sum(BilledCost) <> 0 or sum(EffectiveCost) <> 0"
    query = f"select {keys}, sum(BilledCost), sum(EffectiveCost) from charges group by all {some} order by all"
    return con.execute(query).fetchall()


@pytest.mark.slow
def test_three_dialects_of_one_estate_give_the_same_money_to_the_last_digit(estate: Estate, tmp_path: Path) -> None:
    con = connect()
    _read(con, estate.folder / "aws")
    focus = _sums(con)
    tags = con.execute("select distinct Tags from charges order by all").fetchall()
    assert len(focus) > 1000
    for name, place in write_aws_reports(estate, tmp_path).items():
        assert _read(con, place) == DIALECTS[name]
        assert _sums(con) == focus
        unused = "select count(*), sum(EffectiveCost) > 0 from charges where CommitmentDiscountStatus = 'Unused'"
        assert con.execute(unused).fetchone() > (0, True)
        assert con.execute("select count(distinct Tags) from charges").fetchone() == (len(tags) - 1,)
    con.close()
