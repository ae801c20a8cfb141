"""BigQuery's rows as JSON: every digit and every list arrives, and half an answer does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import DataError
from finops_lib.sources.bigquery_rows import to_parquet
from finops_lib.sources.gather import gathered
from tests.sources.google_bills import DETAILED, RESOURCE, cells, charge

Field = dict[str, Any]


def _answer(tmp_path: Path, fields: list[Field], *rows: list[Any], **more: Any) -> Path:
    path = tmp_path / "answer.json"
    answer = {"schema": {"fields": fields}, "rows": [{"f": [{"v": value} for value in row]} for row in rows], **more}
    path.write_text(json.dumps(answer), encoding="utf-8")
    return path


def _converted(path: Path) -> list[tuple[Any, ...]]:
    folder = path.parent / "made"
    folder.mkdir(exist_ok=True)
    target = to_parquet(path, folder)
    with duckdb.connect() as con:
        return con.execute("select * from read_parquet(?)", [str(target)]).fetchall()


def _field(name: str, kind: str, mode: str = "NULLABLE", *inside: Field) -> Field:
    return {"name": name, "type": kind, "mode": mode, **({"fields": list(inside)} if inside else {})}


def test_money_keeps_every_digit_that_was_sent(tmp_path: Path) -> None:
    fields = [_field("numeric", "NUMERIC"), _field("float", "FLOAT"), _field("none", "NUMERIC")]
    path = _answer(tmp_path, fields, ["1.123456789012345678", "8.0E-7", None])
    assert _converted(path) == [("1.123456789012345678", "8.0E-7", None)]


@pytest.mark.parametrize(
    ("sent", "written"),
    [
        ("1777591800123456", "2026-04-30T23:30:00.123456Z"),  # microseconds
        ("1.777591800123456E9", "2026-04-30T23:30:00.123456Z"),  # seconds
        ("1777591800", "2026-04-30T23:30:00.000000Z"),
        ("-1.5", "1969-12-31T23:59:58.500000Z"),
        ("2026-05-01T00:00:00Z", "2026-05-01T00:00:00Z"),
        ("soon", "soon"),  # for the loading to refuse
    ],
)
def test_a_time_is_written_as_one_whether_it_came_in_seconds_or_microseconds(
    tmp_path: Path, sent: str, written: str
) -> None:
    assert _converted(_answer(tmp_path, [_field("at", "TIMESTAMP")], [sent])) == [(written,)]


def test_records_and_lists_are_built_again_however_deep(tmp_path: Path) -> None:
    label = (_field("key", "STRING"), _field("value", "STRING"))
    fields = [
        _field("project", "RECORD", "NULLABLE", _field("id", "STRING"), _field("labels", "RECORD", "REPEATED", *label)),
        _field("words", "STRING", "REPEATED"),
    ]
    labels = [{"v": {"f": [{"v": "team"}, {"v": "a\"b'c"}]}}, {"v": {"f": [{"v": "bare"}, {"v": None}]}}]
    row = [{"f": [{"v": "p"}, {"v": labels}]}, [{"v": "x"}, {"v": "y"}]]
    assert _converted(_answer(tmp_path, fields, row, [None, []])) == [
        ({"id": "p", "labels": [{"key": "team", "value": "a\"b'c"}, {"key": "bare", "value": None}]}, ["x", "y"]),
        (None, []),
    ]


def test_a_record_whose_fields_nobody_told_is_kept_as_it_came(tmp_path: Path) -> None:
    path = _answer(tmp_path, [_field("secret", "RECORD")], [{"f": [{"v": "1"}]}])
    assert _converted(path) == [('{"f":[{"v":"1"}]}',)]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (["1", "2"], "a row has not as many cells as fields"),
        ([1.5], "cost is not the NUMERIC it should be"),  # its digits may be lost already
        ([{"f": []}], "cost is not the NUMERIC it should be"),
        ([[{"v": "1"}]], "cost is not the NUMERIC it should be"),
    ],
)
def test_a_row_that_does_not_fit_the_schema_refuses_the_file(tmp_path: Path, row: list[Any], why: str) -> None:
    with pytest.raises(DataError, match=why) as caught:
        _converted(_answer(tmp_path, [_field("cost", "NUMERIC")], row))
    assert "answer.json" in str(caught.value)


@pytest.mark.parametrize("more", [{"pageToken": "next"}, {"totalRows": "2"}])
def test_one_page_of_several_is_refused(tmp_path: Path, more: dict[str, str]) -> None:
    with pytest.raises(DataError, match="one page of several: 1 rows"):
        _converted(_answer(tmp_path, [_field("cost", "NUMERIC")], ["1"], **more))


def test_a_whole_answer_says_how_many_rows_it_has(tmp_path: Path) -> None:
    assert _converted(_answer(tmp_path, [_field("cost", "NUMERIC")], ["1"], totalRows="1")) == [("1",)]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"rows": []}', '{"schema": {"fields": []}}', '{"schema": {"fields": [1]}}']
)
def test_any_other_json_is_refused_when_it_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with (
        pytest.raises(DataError, match=r"other\.json: (not readable as JSON|a \.json file, but not rows)"),
        gathered([path]),
    ):
        pass


def test_json_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{}", encoding="utf-8")
    (tmp_path / "bill.csv").write_text("a\n1\n", encoding="utf-8")
    with gathered([tmp_path]) as files:
        assert files.paths == [tmp_path]
        assert not files.origins


def test_a_named_answer_becomes_parquet_that_speaks_of_it_and_is_the_same_each_time(tmp_path: Path) -> None:
    path = tmp_path / "answer.json"
    rows = [cells(DETAILED, {**charge(), "resource": RESOURCE})]
    path.write_text(json.dumps({"schema": {"fields": DETAILED}, "rows": rows}), encoding="utf-8")
    made = []
    for _ in range(2):
        with gathered([path, path]) as files:
            [one] = set(files.paths)
            assert files.origin(one) == str(path)
            assert one.stat().st_mtime_ns == path.stat().st_mtime_ns
            made.append(one.read_bytes())
    assert made[0] == made[1]
