"""What marts and figures say of themselves."""

from __future__ import annotations

import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.create import OWN_TABLES
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.figures import figure_names, figure_sql, read_figure


def test_parents_come_before_the_marts_that_read_them() -> None:
    order = list(read_marts())
    for mart in read_marts().values():
        for parent in set(mart.reads) & set(order):
            assert order.index(parent) < order.index(mart.name)


def test_a_header_is_read_into_its_parts() -> None:
    mart = read_marts()["data_freshness"]
    assert mart.question == "how fresh is each source, and up to which day is it complete?"
    assert mart.grain == ("x_Provider", "x_SourceId")
    assert mart.reads == ("daily_cost", "loads", "completeness_curve")
    assert not mart.is_sliced


def test_every_figure_says_its_question_grain_unit_and_marts() -> None:
    for name in figure_names():
        figure = read_figure(name)
        assert figure.question.endswith("?")
        assert figure.grain
        assert figure.unit
        assert set(figure.reads) <= {*read_marts(), "cost", *OWN_TABLES}


def test_an_unknown_figure_names_the_likely_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'run_context'"):
        figure_sql("run_contex")
