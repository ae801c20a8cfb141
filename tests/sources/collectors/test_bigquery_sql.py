"""No question goes to BigQuery that could read a whole table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlglot
from sqlglot import exp

from finops_lib.errors import ConfigError
from finops_lib.periods import BillingPeriod
from finops_lib.sources.collectors.bigquery_sql import (
    Export,
    Question,
    changed_months,
    charges_of,
    refuse_unbounded,
)

DETAILED = Export("shop-1.billing.export", "invoice.month", "export_time", "_PARTITIONTIME", "TIMESTAMP", False)
FOCUS_MONTH = "format_timestamp('%Y%m', BillingPeriodStart)"
FOCUS = Export("shop-1.billing.focus", FOCUS_MONTH, "x_ExportTime", "x_ExportTime", "TIMESTAMP", False)
BY_USAGE = replace(DETAILED, partition="usage_start_time", by_usage=True)
BY_DAY = replace(DETAILED, partition="export_day", partition_type="DATE")
FEBRUARY = BillingPeriod(2026, 2)
EXPORTS = pytest.mark.parametrize("export", [DETAILED, FOCUS, BY_USAGE, BY_DAY], ids=["v1", "focus", "usage", "day"])


def _charges(export: Export) -> Question:
    return charges_of(export, FEBRUARY, first=date(2026, 2, 1), last=date(2026, 3, 7))


def _questions(export: Export) -> tuple[Question, Question]:
    return changed_months(export, FEBRUARY, FEBRUARY), _charges(export)


@EXPORTS
def test_every_question_is_bounded_on_the_table_s_own_partitions(export: Export) -> None:
    for question in _questions(export):
        refuse_unbounded(question)
        statement = sqlglot.parse_one(question.sql, read="bigquery")
        assert isinstance(statement, exp.Select)
        [table] = statement.find_all(exp.Table)
        assert ".".join(part.name for part in table.parts) == export.table
        # What another parser sees: both ends are direct terms of one conjunction.
        condition = statement.args["where"].this
        terms = {term.sql() for term in condition.flatten()}
        assert {f"{export.partition} >= @from", f"{export.partition} < @until"} <= terms
        assert not list(condition.find_all(exp.Or))


@EXPORTS
def test_values_are_bound_and_never_stand_in_the_text(export: Export) -> None:
    for question in _questions(export):
        assert "2026" not in question.sql
        named = {node.name for node in sqlglot.parse_one(question.sql, read="bigquery").find_all(exp.Parameter)}
        assert named == {parameter.name for parameter in question.parameters}


def _values(question: Question) -> list[str]:
    return [str(parameter.value) for parameter in question.parameters]


def test_months_are_looked_for_where_late_rows_and_those_of_the_days_before_can_be() -> None:
    question = changed_months(DETAILED, FEBRUARY, BillingPeriod(2026, 3))
    assert _values(question) == ["2026-01-27 00:00:00", "2026-06-01 00:00:00"]
    # By time of usage, late usage is the older one.
    assert _values(changed_months(BY_USAGE, FEBRUARY, FEBRUARY)) == ["2025-12-01 00:00:00", "2026-03-06 00:00:00"]


def test_a_month_is_read_from_the_partitions_that_hold_it() -> None:
    assert _values(_charges(DETAILED)) == ["2026-02-01 00:00:00", "2026-03-08 00:00:00", "202602"]
    days = _charges(BY_DAY)
    assert _values(days) == ["2026-02-01", "2026-03-08", "202602"]
    assert [parameter.type for parameter in days.parameters] == ["DATE", "DATE", "STRING"]


WINDOW = "_PARTITIONTIME >= @from and _PARTITIONTIME < @until"
TABLE = "`shop-1.billing.export`"


@pytest.mark.parametrize(
    "sql",
    [
        f"select * from {TABLE}",
        f"select * from {TABLE} where invoice.month = @month",
        f"select * from {TABLE} where _PARTITIONTIME >= @from",
        f"select * from {TABLE} where _PARTITIONTIME < @until",
        f"select * from {TABLE} where _PARTITIONTIME >= @from and export_time < @until",
        f"select * from {TABLE} where {WINDOW} or true",
        f"select * from {TABLE} where not ({WINDOW})",
        f"select * from {TABLE} where ({WINDOW})",
        f"select * from {TABLE} where '{WINDOW}' = '{WINDOW}'",
        f"select * from {TABLE} where if(true, true, {WINDOW})",
        f"select * from {TABLE} where {WINDOW}; select * from {TABLE}",
        f"select * from {TABLE} -- where {WINDOW}",
        f"select * from {TABLE} where true # and {WINDOW}",
        f"select * from {TABLE} /* where {WINDOW} */",
        f"select * from {TABLE} where true /* and {WINDOW} and */",
        f"select * from `shop-1.billing.other` where {WINDOW}",
        f"select * from {TABLE}, `shop-1.billing.other` where {WINDOW}",
        f"select * from {TABLE} join other using (id) where {WINDOW}",
        f"select * from {TABLE}, other where {WINDOW}",
        f"select (select max(cost) from other) from {TABLE} where {WINDOW}",
        f"select * from {TABLE} where {WINDOW} union all select * from {TABLE}",
        f"delete from {TABLE} where {WINDOW}",
        f"create table x as select * from {TABLE} where {WINDOW}",
    ],
)
def test_a_statement_without_a_sure_window_is_never_asked(sql: str) -> None:
    parameters = _charges(DETAILED).parameters
    with pytest.raises(ConfigError, match="it could read the whole table"):
        refuse_unbounded(Question(sql, parameters, DETAILED))


def test_a_window_without_values_is_never_asked() -> None:
    question = _charges(DETAILED)
    with pytest.raises(ConfigError, match="it could read the whole table"):
        refuse_unbounded(replace(question, parameters=question.parameters[1:]))


@pytest.mark.parametrize("table", ["billing.export", "a.b.c` where true --", "a.b.c d", ""])
def test_a_name_that_is_no_table_never_comes_into_a_statement(table: str) -> None:
    with pytest.raises(ConfigError, match="is no table"):
        replace(DETAILED, table=table)
