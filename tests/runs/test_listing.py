"""Lists of hostile names: each is read back as it is, and nothing that prints them does what they say."""

from __future__ import annotations

import csv
import io
import json

import pytest

from finops_lib.cli.printing import print_rows, tell
from finops_lib.runs.listing import Format, to_csv, to_json
from tests.hostile import HARMLESS, NAMES, steering

every_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)


def rows_of(name: str) -> list[dict[str, object]]:
    """Give rows in which a name is a column, as of a pivot, a value, and within values."""
    return [{name: name, "tags": {name: name}, "names": [name], "cost": 1}, {name: HARMLESS, "cost": 2}]


@every_name
def test_json_gives_every_name_as_it_is_and_steers_no_terminal(name: str) -> None:
    text = to_json(rows_of(name))
    assert json.loads(text) == rows_of(name)
    assert steering(text) <= {"\n"}


@every_name
def test_a_csv_has_the_cells_of_a_harmless_one_and_none_is_a_formula(name: str) -> None:
    read = list(csv.reader(io.StringIO(to_csv(rows_of(name), [name, "tags", "names", "cost"]), newline="")))
    assert [len(row) for row in read] == [4, 4, 4]
    head, first, second = read
    assert first[0] == head[0]
    # The apostrophe says to a spreadsheet that it is text; what steers is a sign, and nothing else has changed.
    unmarked = head[0].removeprefix("'")
    assert len(unmarked) == len(name)
    assert all(shown in (given, "\ufffd") for shown, given in zip(unmarked, name, strict=True))
    assert not any(cell[:1] in "=+-@\t\r" for row in read for cell in row if cell)
    assert steering("".join(map("".join, read))) <= {"\n", "\r", "\t"}
    assert (first[3], second) == ("1", [HARMLESS, "", "", "2"])


@pytest.mark.parametrize("lead", ["=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_whatever_begins_a_formula_is_quoted(lead: str) -> None:
    assert to_csv([{"name": f"{lead}1"}], ["name"]).split("\n", 1)[1].lstrip('"').startswith(f"'{lead}1")


@every_name
def test_a_table_has_the_lines_of_a_harmless_one(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    def lines(name: str) -> list[str]:
        # 10,000 characters are folded even where a pipe has no width; here it is what a line is made of that counts.
        print_rows([{name[:900]: name[:900], "cost": 1}], Format.table)
        return capsys.readouterr().out.splitlines()

    printed = lines(name)
    assert len(printed) == len(lines(HARMLESS))
    assert not any(map(steering, printed))


@every_name
def test_a_line_for_people_is_one_line(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    tell(f"finops: {name}: failed", err=True)
    said = capfd.readouterr().err
    assert (said.count("\n"), steering(said)) == (1, {"\n"})
    assert said.startswith("finops: ")
