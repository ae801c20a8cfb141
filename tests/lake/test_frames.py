"""A query's rows as a frame: the same whether its values are bound or written into it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from finops_lib.lake.frames import read_frame
from finops_lib.lake.open import connect

_BILLS = """
select 'b' as name, 2.50::DECIMAL(28, 12) as billed_cost, DATE '2026-01-31' as day, MAP {'team': 'web'} as tags
union all select 'a', -1.25, NULL, MAP {}
union all select 'c', 0, DATE '2026-02-01', NULL
"""


def test_rows_keep_their_order_and_their_types_when_values_are_bound() -> None:
    asked = f"select * from ({_BILLS}) where billed_cost < $least order by billed_cost desc"
    with connect(threads=1) as con:
        bound = read_frame(con, asked, {"least": Decimal(3)})
        written = read_frame(con, asked.replace("$least", "3"), {})
    assert bound.get_column("name").to_list() == ["b", "c", "a"]
    assert bound.row(0)[1:3] == (Decimal("2.5"), date(2026, 1, 31))
    assert bound.schema == written.schema
    assert bound.equals(written)


def test_an_answer_leaves_nothing_behind_nor_does_a_question_that_fails() -> None:
    with connect(threads=1) as con:
        read_frame(con, "select $day as day", {"day": date(2026, 1, 1)})
        with pytest.raises(duckdb.Error):
            read_frame(con, "select $day + name as day from nothing", {"day": date(2026, 1, 1)})
        assert con.sql("select table_name from duckdb_tables()").fetchall() == []
