"""Ad-hoc SQL: everything can be asked, nothing can be changed or reached."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.runs.asking import ask, open_for_questions
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill


def test_cost_exists_even_when_the_lake_is_empty(settings: Settings) -> None:
    with open_for_questions(settings) as lake:
        assert ask(lake, "select count(*) from cost").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "query",
    ["from cost", "with a as (select 1 as x) from a", "describe cost", "show tables", "summarize cost", "values (1);"],
)
def test_every_kind_of_question_is_answered(settings: Settings, query: str) -> None:
    with open_for_questions(settings) as lake:
        ask(lake, query).fetchall()


def test_a_pivot_is_one_question(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{}])], source="aws")
    with open_for_questions(settings) as lake:
        query = "pivot (select x_Provider, BilledCost from cost) on x_Provider using sum(BilledCost)"
        assert ask(lake, query).fetchall() == [(Decimal(10),)]


@pytest.mark.parametrize(
    "query",
    [
        "delete from cost",
        "insert into cost select * from cost",
        "create table x as select 1",
        "copy (select 1) to 'x.csv'",
        "attach 'x.db'",
        "set threads = 1",
        "select 1; drop table cost",
        "call lake.set_option('data_inlining_row_limit', 5)",
        "",
    ],
)
def test_what_is_not_one_question_is_refused(settings: Settings, query: str) -> None:
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="question"):
        ask(lake, query)


@pytest.mark.parametrize("function", ["read_text", "read_csv", "read_blob", "glob"])
def test_nothing_outside_the_lake_can_be_read(settings: Settings, tmp_path: Path, function: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="Permission Error"):
        ask(lake, f"select * from {function}('{secret}')").fetchall()


def test_a_wrong_query_says_where(settings: Settings) -> None:
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="finops catalog lists"):
        ask(lake, "select nothing_like_it from cost")


def test_an_old_snapshot_is_seen_as_it_was(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"BilledCost": "10"}])], source="aws")
    with open_for_questions(settings) as lake:
        first = lake.snapshot_id
    ingest(settings, [write_bill("b.csv", [{"BilledCost": "12"}])], source="aws")
    with open_for_questions(settings, snapshot=first) as lake:
        assert ask(lake, "select sum(BilledCost) from cost").fetchall() == [(Decimal(10),)]
    with pytest.raises(LakeError, match="no snapshot 999"):
        open_for_questions(settings, snapshot=999)
