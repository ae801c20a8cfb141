"""Ad-hoc SQL: everything can be asked, nothing can be changed or reached."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.open import Lake
from finops_lib.runs.asking import ask, ask_for_frame, ask_for_rows, open_for_questions
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from finops_lib.state.open import open_state
from tests.conftest import WriteBill, on_every_lake


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


@on_every_lake
def test_the_state_is_a_schema_of_the_lake(settings: Settings) -> None:
    open_state(settings.state_url).close()
    with open_for_questions(settings) as lake:
        assert ask(lake, "select count(*) from state.run").fetchall() == [(0,)]


@pytest.mark.parametrize(
    "query",
    [
        "from postgres_query('state', 'select 1')",
        "select * from sqlite_scan('/tmp/x.sqlite', 'x')",
        "from postgres_scan /* ( */ ('host=127.0.0.1', 'public', 'x')",
        'select * from "postgres_scan"(1)',
    ],
)
def test_no_other_database_can_be_opened(settings: Settings, query: str) -> None:
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="would leave the lake"):
        ask(lake, query)


def test_a_text_may_name_such_a_function(settings: Settings) -> None:
    with open_for_questions(settings) as lake:
        assert ask(lake, "select 'sqlite_scan(x)' -- postgres_query(y)").fetchall() == [("sqlite_scan(x)",)]


@on_every_lake
@pytest.mark.parametrize("function", ["read_text", "read_csv", "read_blob", "glob"])
def test_nothing_outside_the_lake_can_be_read(settings: Settings, tmp_path: Path, function: str) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2")
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="Permission Error"):
        ask(lake, f"select * from {function}('{secret}')").fetchall()


def test_a_wrong_query_says_where(settings: Settings) -> None:
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="finops catalog lists"):
        ask(lake, "select nothing_like_it from cost")


@pytest.mark.parametrize("fetch", [ask_for_rows, ask_for_frame])
@pytest.mark.parametrize("rows", [1, 1_000_000])
def test_a_value_that_does_not_fit_is_said_in_one_line(
    settings: Settings, fetch: Callable[[Lake, str], object], rows: int
) -> None:
    query = f"select case when i = {rows - 1} then cast('x' || i as int) end as y from range({rows}) t(i)"
    with open_for_questions(settings) as lake, pytest.raises(ConfigError, match="Conversion Error") as caught:
        fetch(lake, query)
    assert "\n" not in str(caught.value)


def test_an_answer_is_given_as_a_frame(settings: Settings) -> None:
    with open_for_questions(settings) as lake:
        assert ask_for_frame(lake, "select 1 as a, 2 as a").to_dicts() == [{"a": 1, "a_1": 2}]


@pytest.mark.parametrize(
    ("query", "columns"),
    [
        ("select 1 as a, 2 as a", ["a", "a_1"]),
        ("select 1 as a, 2 as a, 3 as a, 4 as a_1", ["a", "a_2", "a_3", "a_1"]),
        ("select 1 as a, 2 as A, 3 as a", ["a", "A", "a_1"]),
        ("""select 1 as "x""y", 2 as "x""y" """, ['x"y', 'x"y_1']),
    ],
)
def test_columns_of_one_name_are_all_kept(settings: Settings, query: str, columns: list[str]) -> None:
    with open_for_questions(settings) as lake:
        values = dict(zip(columns, range(1, 5), strict=False))
        assert ask_for_rows(lake, query) == (columns, [values])


def test_the_order_of_rows_survives_new_names(settings: Settings) -> None:
    with open_for_questions(settings) as lake:
        _, rows = ask_for_rows(lake, "select i as a, i as a from range(5000) t(i) order by i % 7, i desc limit 3")
    assert [row["a_1"] for row in rows] == [4998, 4991, 4984]


@on_every_lake
def test_an_old_snapshot_is_seen_as_it_was(settings: Settings, write_bill: WriteBill) -> None:
    ingest(settings, [write_bill("a.csv", [{"BilledCost": "10"}])], source="aws")
    with open_for_questions(settings) as lake:
        first = lake.snapshot_id
    ingest(settings, [write_bill("b.csv", [{"BilledCost": "12"}])], source="aws")
    with open_for_questions(settings, snapshot=first) as lake:
        assert ask(lake, "select sum(BilledCost) from cost").fetchall() == [(Decimal(10),)]
    with pytest.raises(LakeError, match="no snapshot 999"):
        open_for_questions(settings, snapshot=999)
