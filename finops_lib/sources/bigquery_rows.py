"""Rows as BigQuery's REST API writes them (`schema.fields`, `rows[].f[].v`), turned into Parquet.

Every value arrives as text, and stays text: a NUMERIC keeps all its digits, a FLOAT those that BigQuery wrote, the
shortest that give the same number. RECORD and REPEATED are built again as struct and list. Only a TIMESTAMP is written
anew, from seconds or microseconds since 1970 to 2026-05-01T00:00:00.000000Z; one that is neither is left for whoever
types the column to refuse.

A file is one whole answer. One page of several is refused, since the charges of the others would be missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from finops_lib.errors import DataError
from finops_lib.quoting import identifier, literal

Field = Mapping[str, Any]
SUFFIX = ".json"
_RECORDS = ("RECORD", "STRUCT")
_CELLS = '{"f":[{"v":"JSON"}]}'
_ANSWER = "{schema: 'JSON', rows: 'STRUCT(f STRUCT(v JSON)[])[]', totalRows: 'JSON', pageToken: 'JSON'}"
_SPARE_BYTES = 1 << 20
_ONE_ANSWER = "save one whole answer of BigQuery's REST API: schema, and all of rows"


def is_rows_file(name: str) -> bool:
    """Is it called like a saved answer of BigQuery's REST API?"""
    return name.lower().endswith(SUFFIX)


def to_parquet(path: Path, folder: Path) -> Path:
    """Write the rows of one saved answer as a Parquet file.

    The same answer gives the same bytes, so that it is known again when it is delivered twice.

    Raises:
        DataError: the file is no such answer, not all of one, or a row does not fit its schema.
    """
    with duckdb.connect(config={"threads": 1}) as con:
        try:
            size = path.stat().st_size + _SPARE_BYTES
            reader = f"read_json(?, columns = {_ANSWER}, maximum_object_size = {size})"
            con.execute(f"create temp table answers as select * from {reader}", [str(path)])
            answers = con.execute("select schema, len(rows), totalRows, pageToken from answers").fetchall()
        except (OSError, duckdb.Error) as error:
            raise DataError(f"{path}: not readable as JSON ({_said(error)})", next_step=_ONE_ANSWER) from error
        fields = _fields(answers, path)
        target = folder / f"{path.name}.parquet"
        write_parquet(con, "select r.f as f from (select unnest(rows) as r from answers)", fields, target, path=path)
        return target


def write_parquet(
    con: duckdb.DuckDBPyConnection, rows: str, fields: Sequence[Field], target: Path, *, path: Path | str
) -> None:
    """Write rows, given as a select of one column f STRUCT(v JSON)[], as the schema says they are to be read.

    Raises:
        DataError: a row does not fit the schema.
    """
    columns = ", ".join(
        f"{_value(field, f'f[{i}].v', depth=0)} as {identifier(str(field['name']))}"
        for i, field in enumerate(fields, start=1)
    )
    whole = f"select case when len(f) = {len(fields)} then f else error('a row has not as many cells as fields') end"
    copy = f"copy (select {columns} from ({whole} as f from ({rows}))) to {literal(str(target))}"
    try:
        con.execute(f"{copy} (format parquet, compression zstd)")
    except duckdb.Error as error:
        raise DataError(
            f"{path}: its rows are not what its schema says ({_said(error)})",
            next_step="have the rows read from BigQuery again; nothing was loaded",
            path=path,
        ) from error


def _fields(answers: Sequence[tuple[Any, ...]], path: Path) -> list[Field]:
    schema = json.loads(answers[0][0]) if len(answers) == 1 and answers[0][0] else None
    fields = schema.get("fields") if isinstance(schema, dict) else None
    if not isinstance(fields, list) or not fields or not all(_is_field(field) for field in fields):
        raise DataError(
            f"{path}: a .json file, but not rows as BigQuery gives them (no schema.fields)",
            next_step=f"give a billing export as .csv or .parquet, or {_ONE_ANSWER}",
            path=path,
        )
    _, held, total, token = answers[0]
    total = (total or "").strip('"')
    if token not in (None, "null") or (total.isdigit() and int(total) != (held or 0)):
        raise DataError(
            f"{path}: one page of several: {held or 0:,} rows of {total or 'more'}",
            next_step=_ONE_ANSWER,
            path=path,
        )
    return fields


def _is_field(field: Any) -> bool:
    if not isinstance(field, dict) or not isinstance(field.get("name"), str) or not isinstance(field.get("type"), str):
        return False
    inside = field.get("fields", [])
    return isinstance(inside, list) and all(_is_field(part) for part in inside)


def _value(field: Field, cell: str, *, depth: int) -> str:
    """Give the expression of one cell's value; `cell` is JSON."""
    if str(field.get("mode", "")).upper() != "REPEATED":
        return _single(field, cell, depth=depth)
    element = f"e{depth}"
    list_ = f"""from_json({cell}, '[{{"v":"JSON"}}]')"""
    values = f"list_transform({list_}, lambda {element}: {_single(field, f'{element}.v', depth=depth + 1)})"
    return f"case coalesce(json_type({cell}), 'NULL') when 'ARRAY' then {values} when 'NULL' then null {_unfit(field)}"


def _single(field: Field, cell: str, *, depth: int) -> str:
    kind = str(field["type"]).upper()
    if kind not in _RECORDS:
        text = f"({cell} ->> '$')"
        text = _instant(text) if kind == "TIMESTAMP" else text
        known = f"when 'VARCHAR' then {text} when 'BOOLEAN' then {text}"
        # A number without quotes has lost digits by the time it is read.
        return f"case coalesce(json_type({cell}), 'NULL') {known} when 'NULL' then null {_unfit(field)}"
    inside, record = field.get("fields", []), f"s{depth}"
    if not inside:
        # A record whose fields nobody told is kept as it came.
        return f"nullif(cast({cell} as VARCHAR), 'null')"
    pairs = ", ".join(
        f"{literal(str(part['name']))}: {_value(part, f'{record}.f[{i}].v', depth=depth + 1)}"
        for i, part in enumerate(inside, start=1)
    )
    fits = f"case when len({record}.f) = {len(inside)} then {{{pairs}}} {_unfit(field)}"
    # In a list of one, so that the record is read once and not once for each of its fields.
    struct = f"list_transform([from_json({cell}, '{_CELLS}')], lambda {record}: {fits})[1]"
    return f"case coalesce(json_type({cell}), 'NULL') when 'OBJECT' then {struct} when 'NULL' then null {_unfit(field)}"


def _instant(text: str) -> str:
    # Seconds reach microseconds only below 15 digits, and microseconds have 15 from 1973 on.
    micros = f"when regexp_full_match({text}, '-?[0-9]{{15,17}}') then cast({text} as BIGINT)"
    number = "-?[0-9]+([.][0-9]*)?([eE][+-]?[0-9]+)?"
    seconds = f"when regexp_full_match({text}, '{number}') then cast(round(cast({text} as DOUBLE) * 1e6) as BIGINT)"
    written = f"strftime(make_timestamp(case {micros} {seconds} end), '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f"coalesce({written}, {text})"


def _unfit(field: Field) -> str:
    return f"else error({literal(str(field['name']) + ' is not the ' + str(field['type']) + ' it should be')}) end"


def _said(error: Exception) -> str:
    return str(error).splitlines()[0].removeprefix("Invalid Input Error: ")[:200]
