"""The public AWS bills of ../shared/data: each does what expected.csv says."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from finops_lib.lake.open import connect
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files
from finops_lib.sources.gather import gathered

DIALECTS = {"aws-cur": "aws-cur", "aws-cur2 export tree": "aws-cur2", "aws-cur export tree, zip": "aws-cur"}


def test_the_public_aws_bills_are_read_to_the_last_digit(shared_data: Path) -> None:
    with (shared_data / "expected.csv").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.DictReader(stream) if row["dialect"] in DIALECTS]
    assert len(rows) == len(DIALECTS)
    con = connect()
    for row in rows:
        with gathered([shared_data / row["path"]]) as given:
            delivery = read_delivery(con, find_files(given.paths))
        assert delivery.dialect == DIALECTS[row["dialect"]]
        assert sum(totals.rows for totals in delivery.totals) == int(row["rows"])
        assert sum((totals.billed_in for totals in delivery.totals), Decimal(0)) == Decimal(row["billed"])
    con.close()
