from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from finops_lib.errors import ConfigError
from finops_lib.runs.parameters import (
    Parameter,
    merge_parameters,
    read_parameter_file,
    read_parameters,
    shown_parameters,
)

CELL = """
as_of: str = ""            # last included day, ISO date
account: str = ""          # an account id
limit: int = 10            # rows
threshold: float = 3.0     # in standard deviations
detailed: bool = False
accounts: list[str] = []   # none = all
method: str = "zscore"     # one of: zscore, iqr (see DETECTORS)
api_token: str = ""        # reference to the token
""".strip()


def notebook(source: str, tag: str = "parameters") -> dict[str, Any]:
    return {"cells": [{"cell_type": "code", "metadata": {"tags": [tag]}, "source": source.splitlines(keepends=True)}]}


@pytest.fixture
def declared() -> list[Parameter]:
    return read_parameters(notebook(CELL))


def test_the_cell_is_read_with_types_defaults_help_and_choices(declared: list[Parameter]) -> None:
    by_name = {parameter.name: parameter for parameter in declared}
    assert by_name["limit"] == Parameter("limit", "int", 10, "rows")
    assert by_name["accounts"].default == []
    assert by_name["method"].choices == ("zscore", "iqr")
    assert (by_name["as_of"].is_day, by_name["account"].is_day) == (True, False)
    assert (by_name["api_token"].is_secret, by_name["account"].is_secret) == (True, False)


def test_a_notebook_without_the_cell_has_no_parameters() -> None:
    assert read_parameters(notebook("x = 1", tag="setup")) == []


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("limit = 10", "declares no parameter"),
        ("limit: int = 5 * 2", "not a literal"),
        ("rate: Decimal = 1", "has the type Decimal"),
        ("import os", "declares no parameter"),
        ("limit: int =", "not Python"),
    ],
)
def test_a_cell_that_is_more_than_literals_is_refused(line: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_parameters(notebook(line))


def test_the_command_line_wins_over_files_and_a_later_file_over_an_earlier(declared: list[Parameter]) -> None:
    files = [("params/x.yaml", {"limit": 1, "threshold": 2}), ("mine.yaml", {"limit": 2})]
    values = merge_parameters(declared, files, {"detailed": "true"})
    assert (values["limit"], values["threshold"], values["detailed"], values["method"]) == (2, 2.0, True, "zscore")


def test_texts_become_values_of_the_declared_type(declared: list[Parameter]) -> None:
    texts = {"account": "012345678901", "limit": "-3", "threshold": "1e-3", "accounts": "012, b", "as_of": "2026-10-31"}
    values = merge_parameters(declared, [], texts)
    assert (values["account"], values["limit"], values["threshold"]) == ("012345678901", -3, 0.001)
    assert (values["accounts"], values["as_of"]) == (["012", "b"], "2026-10-31")
    assert merge_parameters(declared, [], {"accounts": '["a, b"]'})["accounts"] == ["a, b"]
    assert merge_parameters(declared, [], {"accounts": ""})["accounts"] == []


@pytest.mark.parametrize(
    ("texts", "why"),
    [
        ({"limt": "5"}, "did you mean 'limit'"),
        ({"limit": "012345678901"}, "would lose its leading zero"),
        ({"limit": "1_000"}, "not a whole number"),
        ({"limit": "1.0"}, "not a whole number"),
        ({"threshold": "nan"}, "not a number"),
        ({"threshold": "1,5"}, "not a number"),
        ({"detailed": "yes"}, "neither true nor false"),
        ({"accounts": "[1, 2]"}, "not a list of texts"),
        ({"method": "prophet"}, "choose one of: iqr, zscore"),
        ({"as_of": "31.10.2026"}, "write it as YYYY-MM-DD"),
        ({"as_of": "2026-02-30"}, "not a day of the calendar"),
    ],
)
def test_a_text_that_does_not_fit_is_refused_with_what_would(
    declared: list[Parameter], texts: dict[str, str], why: str
) -> None:
    with pytest.raises(ConfigError, match=why):
        merge_parameters(declared, [], texts)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"account": 12345678901}, "quote it, or its leading zero is lost"),
        ({"limit": "10"}, "is not an int"),
        ({"limit": True}, "is not an int"),
        ({"detailed": 1}, "is not a bool"),
        ({"threshold": float("nan")}, "is not a float"),
        ({"accounts": [1]}, "quote it"),
        ({"accounts": "a,b"}, r"is not a list\[str\]"),
        ({"limit": None}, "is not an int"),
    ],
)
def test_a_value_of_a_file_keeps_its_own_type(declared: list[Parameter], values: dict[str, object], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        merge_parameters(declared, [("params/x.yaml", values)], {})


def test_a_day_in_yaml_needs_no_quotes(declared: list[Parameter], tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("as_of: 2026-10-31\n")
    assert merge_parameters(declared, [("p", read_parameter_file(path))], {})["as_of"] == "2026-10-31"


@pytest.mark.parametrize("value", ["xoxb-1234567890", "hunter2"])
def test_a_secret_is_passed_by_reference_only(declared: list[Parameter], value: str) -> None:
    assert merge_parameters(declared, [], {"api_token": "env:SLACK"})["api_token"] == "env:SLACK"
    for files, texts in [([("f", {"api_token": value})], {}), ([], {"api_token": value})]:
        with pytest.raises(ConfigError, match="pass a reference") as caught:
            merge_parameters(declared, files, texts)
        assert value not in str(caught.value)


def test_the_ledger_is_not_shown_a_refused_secret() -> None:
    given = {"slack_token": "xoxb-1", "limit": "5", "db_password": "env:DB"}
    assert shown_parameters(given) == {"slack_token": "[secret]", "limit": "5", "db_password": "env:DB"}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("limit: 1\nlimit: 2\n", "given twice"),
        ("nested: {a: 1, a: 2}\n", "line 1: a is given twice"),
        ("- 1\n", "something else than"),
        ("a: 1\nb: [1\n", "not a readable YAML file: line 3: expected"),
        ("as_of: 2026-02-30\n", "line 1: a value looks like a date"),
        ("1: 2\n", "something else than"),
    ],
)
def test_a_parameter_file_says_what_is_wrong_with_it(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "p.yaml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=why):
        read_parameter_file(path)


def test_a_broken_parameter_file_does_not_show_its_lines(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text('limit: 1\napi_token: "xoxb-1234567890" oops\n')
    with pytest.raises(ConfigError, match="line 2") as caught:
        read_parameter_file(path)
    assert "xoxb" not in str(caught.value)
    assert "oops" not in str(caught.value)


def test_an_empty_parameter_file_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("# nothing yet\n")
    assert read_parameter_file(path) == {}
