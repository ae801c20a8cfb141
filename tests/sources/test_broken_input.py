"""Every broken input is refused in one line: file, row, column, value, what to do; the lake stays as it was.

Rows are counted as in a spreadsheet without its header: 1 is the first charge.
"""

from __future__ import annotations

import csv
import gzip
import io
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

import finops_lib.runs.ingest as ingest_module
from finops_lib.errors import DataError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from finops_lib.sources.conform import REQUIRED
from finops_lib.sources.files import find_files
from tests.conftest import CHARGE, PROJECT

Change = Callable[[bytes], bytes]


def bill(
    charges: Sequence[Mapping[str, str]], *, columns: Sequence[str] = (), delimiter: str = ",", line_end: str = "\r\n"
) -> bytes:
    """Write charges, each a change of CHARGE, as a CSV file."""
    rows = [{**CHARGE, **charge} for charge in charges]
    names = list(columns) or (list(rows[0]) if rows else list(CHARGE))
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(names)
    writer.writerows([row[name] for name in names] for row in rows)
    return stream.getvalue().encode()


# Five charges of 10.00, one line each.
GOOD = bill([{"ResourceId": f"i-{n}"} for n in range(1, 6)])
LINES = GOOD.removesuffix(b"\r\n").split(b"\r\n")
HEADER = LINES[0]


def _with_lines(*lines: bytes) -> bytes:
    return b"".join(line + b"\r\n" for line in lines)


def _parquet(select: str, folder: Path) -> bytes:
    text, typed = folder / "typed-from.txt", folder / "typed.tmp"
    text.write_bytes(GOOD)
    with duckdb.connect() as con:
        rows = f"select * replace ({select}) from read_csv('{text}', all_varchar = true)"
        con.execute(f"copy ({rows}) to '{typed}' (format parquet)")
    content = typed.read_bytes()
    text.unlink()
    typed.unlink()
    return content


def _traces(lake: Path) -> list[tuple[str, int]]:
    """List every file of the lake but the leases and SQLite's own helpers, which any reader may make."""
    own = (path for path in lake.rglob("*") if path.is_file() and "readers" not in path.parts)
    files = (path for path in own if not path.name.endswith(("-wal", "-shm")))
    return sorted((str(path.relative_to(lake)), path.stat().st_size) for path in files)


def _held(lake: Place) -> tuple[int, list[tuple[object, ...]]]:
    with open_lake(lake) as seen:
        rows = seen.con.execute("select count(*), sum(BilledCost), min(x_LoadId), max(x_LoadId) from cost").fetchall()
        return seen.snapshot_id, rows


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A lake with a good load, shared by all that must leave it as it is."""
    folder = tmp_path_factory.mktemp("loaded")
    with pytest.MonkeyPatch.context() as environment:
        for name in ("CATALOG", "STATE", "THREADS", "MEMORY_LIMIT", "RUN_ID", "RUN_DIR", "RUN_SNAPSHOT"):
            environment.delenv(f"FINOPS_{name}", raising=False)
        environment.setenv("FINOPS_PROJECT", str(PROJECT))
        for name in ("lake", "outputs", "params"):
            environment.setenv(f"FINOPS_{name.upper()}", str(folder / name))
        settings = load_settings()
        good = folder / "good.csv"
        good.write_bytes(GOOD)
        ingest(settings, [good], source="aws")
        yield settings
        with open_lake(settings.lake) as lake:
            whole = lake.con.execute("select count(*), sum(BilledCost) from cost where x_SourceId = 'aws'").fetchall()
            assert whole == [(5, Decimal(50))]


@pytest.fixture
def refused(
    loaded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[str, DataError]]]:
    """Give a function that loads what must be refused, and see afterwards that nothing is left of it anywhere."""
    place = tmp_path / "elsewhere"
    place.mkdir()
    monkeypatch.chdir(place)
    before, traces = newest_snapshot(loaded.lake), _traces(loaded.lake.folder)

    def load(*paths: Path) -> tuple[str, DataError]:
        with pytest.raises(DataError) as caught:
            ingest(loaded, paths, source="aws")
        assert caught.value.exit_code == 3
        assert caught.value.next_step
        assert "\n" not in str(caught.value)
        return str(caught.value), caught.value

    yield load
    assert newest_snapshot(loaded.lake) == before
    assert _traces(loaded.lake.folder) == traces
    assert list(place.iterdir()) == []


# (column, what it says, what is said about it)
CELLS = [
    ("ChargePeriodStart", "13/32/2026", "is not a time (like 2026-05-01T00:00:00Z)"),
    ("ChargePeriodStart", "31/12/2026", "is not a time"),
    ("ChargePeriodStart", "05/02/2026", "is not a time"),
    ("ChargePeriodStart", "yesterday", "is not a time"),
    ("ChargePeriodStart", "epoch", "is not a time"),
    ("ChargePeriodStart", "2026-02-30", "is not a time"),
    ("ChargePeriodEnd", "infinity", "is not a time"),
    ("BillingPeriodStart", "-infinity", "is not a time"),
    ("BillingPeriodEnd", "294246-12-31", "is not a time"),
    ("ChargePeriodStart", "0026-05-02", "is not a time"),
    ("BilledCost", "text", "is not an amount of money"),
    ("BilledCost", "NaN", "is not an amount of money"),
    ("BilledCost", "Infinity", "is not an amount of money"),
    ("BilledCost", "1_000", "is not an amount of money"),
    ("BilledCost", "1,5", "is not an amount of money (decimals need a point)"),
    ("BilledCost", "1,234.56", "is not an amount of money (decimals need a point)"),
    ("BilledCost", "$5", "is not an amount of money"),
    ("BilledCost", "(5.00)", "is not an amount of money"),
    ("BilledCost", "1 000", "is not an amount of money"),
    ("BilledCost", "null", "is not an amount of money"),
    ("BilledCost", "1e30", "is too large: an amount has at most 16 digits before the point"),
    ("BilledCost", "7" * 40, "is too large"),
    ("BilledCost", "12345678901234567", "is too large"),
    ("EffectiveCost", "-1e16", "is too large"),
    ("EffectiveCost", "1.2.3", "is not an amount of money"),
    ("ListCost", "1,5", "is not an amount of money"),
    ("ContractedCost", "free", "is not an amount of money"),
    ("BillingCurrency", "usd", "is not a currency code (three capital letters, like USD)"),
    ("BillingCurrency", "USDT", "is not a currency code"),
    ("BillingCurrency", "€", "is not a currency code"),
    ("ChargePeriodEnd", "2026-05-01T00:00:00Z", "is not after ChargePeriodStart"),
    ("ChargePeriodEnd", "2026-05-02T00:00:00Z", "is not after ChargePeriodStart"),
    ("BillingPeriodEnd", "2026-04-01T00:00:00Z", "is not after BillingPeriodStart"),
    # Two weeks of one month would replace each other, since a load replaces the whole month.
    ("BillingPeriodEnd", "2026-05-08T00:00:00Z", "is not a month after BillingPeriodStart"),
    ("BillingPeriodEnd", "2027-05-01T00:00:00Z", "is not a month after BillingPeriodStart"),
    ("ChargeCategory", "Consumption", "is not one of Usage, Purchase, Tax, Credit, Adjustment"),
]


@pytest.mark.parametrize(("column", "text", "why"), CELLS)
def test_a_wrong_cell_is_named(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, column: str, text: str, why: str
) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(bill([{}, {column: text, "ResourceId": "i-2"}, {"ResourceId": "i-3"}]))
    told, _ = refused(path)
    assert told.startswith("1 row cannot be loaded, so nothing was: ")
    assert f"bill.csv row 2: {column} {text!r} {why}" in told
    assert told.endswith(
        "next: correct the rows or have the file delivered again (row 1 is the first after the header)"
    )


@pytest.mark.parametrize("column", REQUIRED)
@pytest.mark.parametrize("text", ["", "NULL"])
def test_an_empty_cell_that_must_be_filled_is_named(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, column: str, text: str
) -> None:
    path = tmp_path / "bill.csv.gz"
    path.write_bytes(gzip.compress(bill([{}, {}, {column: text}]), mtime=0))
    told, _ = refused(path)
    assert f"bill.csv.gz row 3: {column} empty is not" in told


@pytest.mark.parametrize("column", REQUIRED)
def test_a_missing_mandatory_column_is_named(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, column: str
) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(bill([{}], columns=[name for name in CHARGE if name != column]))
    told, _ = refused(path)
    assert f"{path}: the column {column} is missing; next: export the file with all mandatory" in told


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("bill.csv", GOOD)
    return stream.getvalue()


def _flipped(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


# name of the kind -> (file name, its bytes, what must be said)
FILES: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "gzip cut in the middle": ("b.csv.gz", gzip.compress(GOOD, mtime=0)[:-40], ("damaged, cut off", "delivered again")),
    "gzip without its last four bytes": ("b.csv.gz", gzip.compress(GOOD, mtime=0)[:-4], ("damaged, cut off",)),
    "gzip with a wrong checksum": (
        "b.csv.gz",
        _flipped(gzip.compress(GOOD, mtime=0), -8),
        ("damaged, its checksum fails",),
    ),
    "gzip with a wrong length": (
        "b.csv.gz",
        _flipped(gzip.compress(GOOD, mtime=0), -1),
        ("damaged, its checksum fails",),
    ),
    "gzip with more behind it": (
        "b.csv.gz",
        gzip.compress(GOOD, mtime=0) + b"more",
        ("compressed data cannot be read",),
    ),
    "text called .gz": ("b.csv.gz", GOOD, ("header not readable (Not a gzipped file", "deliver the file again")),
    "gzip called .csv": ("b.csv", gzip.compress(GOOD, mtime=0), ("it is gzip inside", "call it .csv.gz")),
    "separated by semicolons": ("b.csv", bill([{}], delimiter=";"), ("not separated by commas", "export it with")),
    "separated by tabs": ("b.csv", bill([{}], delimiter="\t"), ("not separated by commas",)),
    "separated by bars": ("b.csv", bill([{}], delimiter="|"), ("not separated by commas",)),
    "header twice": ("b.csv", _with_lines(HEADER, *LINES), ("1 row cannot", "b.csv row 1: the header once more; next")),
    "header in the middle": (
        "b.csv",
        _with_lines(*LINES[:3], HEADER, *LINES[3:]),
        ("1 row cannot", "b.csv row 3: the header once more; next"),
    ),
    "short row": (
        "b.csv",
        _with_lines(*LINES[:3], b"1,2,x"),
        ("b.csv: row 3: ends after 3 of 23 columns, at ListCost 'x'",),
    ),
    "long row": (
        "b.csv",
        _with_lines(*LINES[:3], LINES[3] + b",x,y"),
        ("b.csv: row 3: 25 values for 23 columns: 'x' stands behind the last, Tags",),
    ),
    "short and long rows": (
        "b.csv",
        _with_lines(HEADER, *[b"1,2,3"] * 12, LINES[1] + b",x"),
        ("row 1: ends after 3", "row 10: ends after 3", " | and 3 more; next"),
    ),
    "quote open at the end": (
        "b.csv",
        GOOD + b'1,2,3,4,"USD,never closed',
        ("b.csv: row 6: BillingCurrency 'USD,never closed' has a quote that is not closed",),
    ),
    "quote open in the middle": (
        "b.csv",
        _with_lines(*LINES[:3], b'"' + LINES[3], *LINES[4:]),
        ("b.csv: row 3: BilledCost '10.00,8.00", "has a quote that is not closed"),
    ),
    "quotes escaped with backslashes": (
        "b.csv",
        GOOD.replace(b'"{""user:team"": ""shop""}"', b'"{\\"user:team\\": \\"shop\\"}"'),
        ("b.csv: row 1: Tags", "has a quote that is not closed, or not doubled"),
    ),
    "column twice": (
        "b.csv",
        bill([{}], columns=[*CHARGE, "Tags"]),
        ("two columns are called 'Tags'", "export it again"),
    ),
    "column twice in another letter case": (
        "b.csv",
        bill([{"tags": ""}]),
        ("two columns are called 'Tags'",),
    ),
    "column without a name": ("b.csv", bill([{"": "4"}]), ("column 24 has no name", "export it again")),
    "commas behind every row": ("b.csv", GOOD.replace(b"\r\n", b",\r\n"), ("column 24 has no name",)),
    "column name of our own": ("b.csv", bill([{"x_File": "4"}]), ("a column is called 'x_File'", "rename that column")),
    "letter case of a column": (
        "b.csv",
        GOOD.replace(b"Billed", b"billed"),
        ("BilledCost is missing (billedCost is there",),
    ),
    "not UTF-8 in the header": (
        "b.csv",
        GOOD.replace(b"ChargeDescription", b"Charge\xffDescription"),
        ("the header is not UTF-8 text: column 14 is called b'Charge\\xffDescription'", "save it as UTF-8"),
    ),
    "not UTF-8 in a row": (
        "b.csv",
        GOOD.replace(b"i-3", b"\xff-3"),
        ("b.csv: row 3: ResourceId b'\\xff-3' is not UTF-8",),
    ),
    "Latin-1": (
        "b.csv",
        GOOD.replace(b"i-4", "Zürich".encode("latin-1")),
        ("b.csv: row 4: ResourceId b'Z\\xfcrich' is not UTF-8 (save the file as UTF-8)",),
    ),
    "UTF-16": ("b.csv", GOOD.decode().encode("utf-16"), ("it is UTF-16", "save it as UTF-8")),
    "UTF-16 without a mark": ("b.csv", GOOD.decode().encode("utf-16-le"), ("it is UTF-16", "save it as UTF-8")),
    "NUL in a row": ("b.csv", GOOD.replace(b"i-3", b"i\x003"), ("NUL bytes in 1 row: row 3: ResourceId 'i\\x003'",)),
    "NUL in money": (
        "b.csv.gz",
        gzip.compress(bill([{}, {"BilledCost": "1\x000"}]), mtime=0),
        ("NUL bytes in 1 row: row 2: BilledCost '1\\x000'",),
    ),
    "NULs where the end should be": ("b.csv", GOOD + b"\0" * 4096, ("NUL bytes in 1 row: row 6: BilledCost",)),
    "NUL in the header": ("b.csv", GOOD.replace(b"ServiceName", b"Service\0Name"), ("called b'Service\\x00Name'",)),
    "empty": ("b.csv", b"", ("b.csv: empty, not even a header", "deliver the file again")),
    "empty inside gzip": ("b.csv.gz", gzip.compress(b"", mtime=0), ("b.csv.gz: empty, not even a header",)),
    "no bytes at all, called gzip": ("b.csv.gz", b"", ("b.csv.gz: empty, not even a header",)),
    "blank line before the header": ("b.csv", b"\r\n" + GOOD, ("its first line is empty, where the header belongs",)),
    "remark before the header": ("b.csv", b"# May\r\n" + GOOD, ("not a billing file of a known dialect", "# May")),
    "web page": (
        "b.csv",
        b"<!DOCTYPE html>\n<html><title>403 Forbidden</title>no, sorry</html>",
        ("it is a web page", "download it again"),
    ),
    "XML error": ("b.csv", b'<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>', ("an XML document",)),
    "JSON error": (
        "b.csv",
        b'{"error": {"code": 403, "message": "expired"}}',
        ("a JSON document", "download it again"),
    ),
    "JSON error called gzip": ("b.csv.gz", b'{"error": "expired"}', ("a JSON document",)),
    "ZIP": ("b.csv", _zip(), ("it is a ZIP archive", "unpack it")),
    "ZIP called gzip": ("b.csv.gz", _zip(), ("it is a ZIP archive", "unpack it")),
    "Parquet called CSV": ("b.csv", b"PAR1\x15\x04\x15", ("it is Parquet inside", "call it .parquet")),
    "text called Parquet": ("b.parquet", GOOD, ("not a readable Parquet file", "deliver the file again")),
    "no bytes called Parquet": ("b.parquet", b"", ("not a readable Parquet file", "too small")),
    "line ends of two kinds": (
        "b.csv",
        b"\n".join(LINES[:3]) + b"\r\n" + b"\r\n".join(LINES[3:]),
        ("b.csv: some lines end in \\r\\n, others in \\n alone",),
    ),
    "a cell of 20 MB": (
        "b.csv",
        bill([{}, {"ChargeDescription": "x" * 20_000_000}]),
        ("b.csv: row 2: ChargeDescription 'xxx", "bytes long, and a row may have 16,777,216"),
    ),
    "a header of 20 MB": ("b.csv", b"x" * 20_000_000, ("header not readable",)),
    "broken row behind line breaks in quotes": (
        "b.csv",
        bill([{"ChargeDescription": "two\nlines"}, {"ChargeDescription": "three\n\nlines"}, {"BilledCost": "x"}]),
        ("b.csv row 3: BilledCost 'x'",),
    ),
    "short row behind line breaks in quotes": (
        "b.csv",
        bill([{"ChargeDescription": "two\r\nlines"}, {"ChargeDescription": "three\n\nlines"}]) + b"1,2\r\n",
        ("b.csv: row 3: ends after 2 of 23 columns, at EffectiveCost '2'",),
    ),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_is_named(refused: Callable[..., tuple[str, DataError]], tmp_path: Path, kind: str) -> None:
    name, content, parts = FILES[kind]
    path = tmp_path / name
    path.write_bytes(content)
    told, _ = refused(path)
    assert name in told
    assert len(told) < 1200
    for part in parts:
        assert part in told, told


# A select that changes the five good rows -> what must be said.
PARQUET = [
    (
        "case when ResourceId = 'i-3' then '1,5' else BilledCost end as BilledCost",
        "b.parquet row 3: BilledCost '1,5' is not",
    ),
    ("true as BilledCost", "BilledCost is of type BOOLEAN, which is not an amount of money"),
    ("[1.5] as BilledCost", "BilledCost is of type DECIMAL(2,1)[], which is not an amount of money"),
    ("{'amount': 1.5} as EffectiveCost", "EffectiveCost is of type STRUCT(amount DECIMAL(2,1)), which is not"),
    ("date '2026-05-01' as BilledCost", "BilledCost is of type DATE, which is not an amount of money"),
    ("encode(BilledCost) as BilledCost", "BilledCost is of type BLOB, which is not an amount of money"),
    (
        "cast('nan' as double) as BilledCost",
        "5 rows cannot be loaded, so nothing was: b.parquet row 1: BilledCost 'nan'",
    ),
    ("cast('-inf' as double) as BilledCost", "b.parquet row 1: BilledCost '-inf' is not an amount of money"),
    ("cast(1e30 as double) as BilledCost", "b.parquet row 1: BilledCost '1e+30' is too large"),
    ("9223372036854775807 as BilledCost", "b.parquet row 1: BilledCost '9223372036854775807' is too large"),
    (
        "cast(repeat('9', 38) as decimal(38,0)) as BilledCost",
        "row 1: BilledCost '99999999999999999999999999999999999999' is",
    ),
    ("null as BilledCost", "b.parquet row 1: BilledCost empty is not an amount of money"),
    ("978 as BillingCurrency", "BillingCurrency is of type INTEGER, which is not text"),
    ("1 as ChargeCategory", "ChargeCategory is of type INTEGER, which is not text"),
    ("20260502 as ChargePeriodStart", "ChargePeriodStart is of type INTEGER, which is not a time"),
    ("cast('infinity' as timestamp) as ChargePeriodEnd", "b.parquet row 1: ChargePeriodEnd 'infinity' is not a time"),
]


@pytest.mark.parametrize(("select", "message"), PARQUET)
def test_a_wrong_column_of_a_parquet_file_is_named(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, select: str, message: str
) -> None:
    path = tmp_path / "b.parquet"
    path.write_bytes(_parquet(select, tmp_path))
    told, _ = refused(path)
    assert message in told


@pytest.mark.parametrize(
    "change", [lambda b: b[: len(b) // 2], lambda b: b[:-1], lambda b: b[:50] + b"\xff" * 400 + b[450:]]
)
def test_a_damaged_parquet_file_is_refused(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, change: Change
) -> None:
    path = tmp_path / "b.parquet"
    path.write_bytes(change(_parquet("BilledCost as BilledCost", tmp_path)))
    told, _ = refused(path)
    assert "b.parquet: not" in told
    assert "again" in told


def test_ten_problems_of_two_files_are_shown_and_the_rest_counted(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_bytes(bill([{}, *[{"BilledCost": f"a{n}"} for n in range(7)]]))
    second.write_bytes(bill([*[{"EffectiveCost": f"b{n}"} for n in range(5)], {}]))
    told, error = refused(first, second)
    # 7 + 5 rows; ten are told: rows 2 to 8 of the first file and rows 1 to 3 of the second
    assert told.startswith("12 rows cannot be loaded, so nothing was: a.csv row 2: BilledCost 'a0' is not an amount")
    assert " | b.csv row 3: EffectiveCost 'b2' is not an amount of money | and 2 more; next: " in told
    assert len(error.problems) == 10  # type: ignore[attr-defined]


def test_all_that_is_wrong_with_one_row_is_told(refused: Callable[..., tuple[str, DataError]], tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bill([{"BilledCost": "x", "BillingCurrency": "$", "ChargeCategory": ""}]))
    told, error = refused(path)
    assert "1 row cannot be loaded" in told
    assert len(error.problems) == 3  # type: ignore[attr-defined]


def test_a_broken_row_far_into_a_large_file_is_counted_right(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    """Several threads read such a file, and row groups end within it."""
    csv_file, parquet_file = tmp_path / "large.csv", tmp_path / "large.parquet"
    charges = [{"ResourceId": f"i-{n}", "ChargeDescription": "a\nb" * 40} for n in range(130_000)]
    charges[123_455]["BilledCost"] = "x"
    csv_file.write_bytes(bill(charges))
    with duckdb.connect() as con:
        con.execute(
            f"copy (from read_csv('{csv_file}', all_varchar = true)) to '{parquet_file}' (row_group_size 20000)"
        )
    for path in (csv_file, parquet_file):
        told, _ = refused(path)
        assert f"{path.name} row 123456: BilledCost 'x'" in told


def test_one_broken_file_among_good_ones_refuses_all(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    for name in ("a.csv", "c.csv"):
        (tmp_path / name).write_bytes(bill([{"ResourceId": name}]))
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(bill([{"ResourceId": "b"}] * 50), mtime=0)[:-3])
    told, _ = refused(tmp_path / "a.csv", tmp_path / "b.csv.gz", tmp_path / "c.csv")
    assert f"{tmp_path / 'b.csv.gz'}: damaged, cut off" in told


def test_the_same_charges_twice_are_refused_under_any_name(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD)
    os.link(path, tmp_path / "again.csv")
    told, _ = refused(path, tmp_path / "again.csv")
    assert "again.csv has the same bytes as a.csv: its charges would count twice; next: give only one of them" in told


def test_two_damaged_files_of_the_same_bytes_are_refused(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    for name in ("a.csv.gz", "b.csv.gz"):
        (tmp_path / name).write_bytes(gzip.compress(GOOD * 50, mtime=0)[:-50])
    told, _ = refused(tmp_path / "a.csv.gz", tmp_path / "b.csv.gz")
    assert "b.csv.gz has the same bytes as a.csv.gz" in told


def test_a_file_that_vanishes_before_it_is_read_is_named(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bill([{"ResourceId": "other"}]))
    real = ingest_module.find_files

    def find_and_lose(paths: Sequence[Path], **said: object) -> object:
        found = real(paths, **said)
        path.unlink()
        return found

    monkeypatch.setattr(ingest_module, "find_files", find_and_lose)
    told, _ = refused(path)
    assert f"{path}: gone or no longer readable while it was being read (No such file or directory); next: run" in told


def test_a_file_that_grows_while_it_is_read_is_refused(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(bill([{"ResourceId": "other"}]))
    real = ingest_module.find_files

    def find_and_write(paths: Sequence[Path], **said: object) -> object:
        found = real(paths, **said)
        path.write_bytes(bill([{"ResourceId": "other"}] * 2))
        return found

    monkeypatch.setattr(ingest_module, "find_files", find_and_write)
    told, _ = refused(path)
    assert f"{path}: changed while it was being read; next: run the command again when the file is written" in told


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Do without root's rights for a while: to root, nothing is unreadable."""
    me = os.geteuid()
    if me == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(me)


def test_a_file_that_may_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "a.csv"
        path.write_bytes(GOOD)
        path.chmod(0)
        with _as_nobody(), pytest.raises(DataError, match="Permission denied; next: check that the file can be read"):
            find_files([path])


def test_what_is_no_file_is_named(refused: Callable[..., tuple[str, DataError]], tmp_path: Path) -> None:
    folder, loop, pipe, nowhere = (tmp_path / name for name in ("folder.csv", "loop.csv", "pipe.csv", "link.csv"))
    folder.mkdir()
    loop.symlink_to(loop)
    nowhere.symlink_to(tmp_path / "absent.csv")
    os.mkfifo(pipe)
    told = {path.name: refused(path)[0] for path in (folder, loop, pipe, nowhere, tmp_path / "none.csv")}
    assert (
        f"{folder}: no billing file in this folder; next: give a folder with .csv, .csv.gz or .parquet"
        in told["folder.csv"]
    )
    assert f"{loop}: a link that leads nowhere; next: give the file itself" in told["loop.csv"]
    assert f"{pipe}: not a regular file; next: save it as a file first" in told["pipe.csv"]
    assert f"{nowhere}: a link that leads nowhere" in told["link.csv"]
    assert "none.csv: no such file or folder; next: check the path" in told["none.csv"]


def test_a_dead_link_in_a_folder_is_not_passed_over(
    refused: Callable[..., tuple[str, DataError]], tmp_path: Path
) -> None:
    folder = tmp_path / "bills"
    folder.mkdir()
    (folder / "a.csv").write_bytes(GOOD)
    (folder / "b.csv").symlink_to(tmp_path / "absent.csv")
    assert "b.csv: a link that leads nowhere" in refused(folder)[0]


def test_the_public_invalid_export_is_refused_for_its_four_rows(
    refused: Callable[..., tuple[str, DataError]], shared_data: Path
) -> None:
    told, error = refused(shared_data / "costroid" / "aws-focus-1.2" / "invalid-export.csv.gz")
    assert told.startswith("4 rows cannot be loaded, so nothing was: ")
    problems: list[str] = error.problems  # type: ignore[attr-defined]
    assert [problem.removeprefix("invalid-export.csv.gz ")[:30] for problem in problems] == [
        "row 2: ChargeCategory 'Consump",
        "row 3: ChargePeriodEnd '2026-0",
        "row 4: BilledCost '12,34' is n",
        "row 5: BillingCurrency empty i",
    ]


# What must load, though it looks odd: name -> (file name, bytes, rows, billed)
ODD: dict[str, tuple[str, bytes, int, str]] = {
    "byte order mark": ("b.csv", b"\xef\xbb\xbf" + GOOD, 5, "50"),
    "byte order mark in gzip": ("b.csv.gz", gzip.compress(b"\xef\xbb\xbf" + GOOD, mtime=0), 5, "50"),
    "byte order mark before a quoted header": (
        "b.csv",
        b"\xef\xbb\xbf" + GOOD.replace(HEADER, b'"' + HEADER.replace(b",", b'","') + b'"'),
        5,
        "50",
    ),
    "lines that end in LF": ("b.csv", GOOD.replace(b"\r\n", b"\n"), 5, "50"),
    "lines that end in CRLF": ("b.csv", GOOD, 5, "50"),
    "no line end at the end": ("b.csv", GOOD.removesuffix(b"\r\n"), 5, "50"),
    "empty lines": ("b.csv", _with_lines(*LINES[:3], b"", *LINES[3:]), 5, "50"),
    "blanks around column names": ("b.csv", GOOD.replace(HEADER, HEADER.replace(b",", b", ")), 5, "50"),
    "line breaks in quotes": ("b.csv", bill([{"ChargeDescription": "a\nb\r\nc"}, {"BilledCost": "2"}]), 2, "12"),
    "gzip in two members": (
        "b.csv.gz",
        gzip.compress(GOOD, mtime=0) + gzip.compress(_with_lines(*LINES[1:])),
        10,
        "100",
    ),
    "a cell of 1 MB": ("b.csv", bill([{"ChargeDescription": "x" * 1_000_000}]), 1, "10"),
    "letters of other alphabets": ("b.csv", bill([{"SubAccountName": "Zürich 東京 🙂"}]), 1, "10"),
    "money with 40 decimals": ("b.csv", bill([{"BilledCost": "0." + "1" * 40}]), 1, "0.111111111111"),
    # A bill from the 15th to the 14th, as of some Azure subscriptions, and one in Berlin's time.
    "a month from the middle": (
        "b.csv",
        bill([{"BillingPeriodStart": "2026-05-15T00:00:00Z", "BillingPeriodEnd": "2026-06-15T00:00:00Z"}]),
        1,
        "10",
    ),
    "an end that is still inside": ("b.csv", bill([{"BillingPeriodEnd": "2026-05-31T23:59:59Z"}]), 1, "10"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_only_looks_odd_is_loaded(loaded: Settings, tmp_path: Path, kind: str) -> None:
    name, content, rows, billed = ODD[kind]
    path = tmp_path / name
    path.write_bytes(content)
    [report] = ingest(loaded, [path], source=kind.replace(" ", "-"))
    assert (report.rows_loaded, report.billed_loaded) == (rows, Decimal(billed))


def test_decimals_are_not_read_beside_binary_floats(settings: Settings, tmp_path: Path) -> None:
    first, second = tmp_path / "a.parquet", tmp_path / "b.parquet"
    first.write_bytes(_parquet("cast('1234567890123456.123456789012' as decimal(28,12)) as BilledCost", tmp_path))
    second.write_bytes(_parquet("cast(0.5 as double) as BilledCost, 'other' as ResourceId", tmp_path))
    [report] = ingest(settings, [first, second], source="aws")
    # 5 x 1234567890123456.123456789012 + 5 x 0.5
    assert report.billed_loaded == Decimal("6172839450617283.117283945060")


def _finops(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("b.csv.gz", gzip.compress(GOOD, mtime=0)[:-4], "b.csv.gz: damaged, cut off"),
        ("b.csv", _with_lines(*LINES[:3], b"1,2,x"), "b.csv: row 3: ends after 3 of 23 columns"),
        ("b.csv", b"<html>sorry</html>", "it is a web page"),
        ("b.csv", bill([{"BilledCost": "1,5"}]), "b.csv row 1: BilledCost '1,5'"),
        ("b.parquet", GOOD, "not a readable Parquet file"),
    ],
)
def test_the_command_line_says_it_in_one_line_and_exits_with_3(
    settings: Settings, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = _finops("ingest", str(path), "--source", "aws")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1)
    assert done.stderr.startswith("finops: ")
    assert message in done.stderr
    assert "; next: " in done.stderr


@pytest.mark.parametrize("content", [HEADER + b"\r\n", HEADER])
def test_a_file_of_only_a_header_replaces_nothing_and_says_so(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
    good, none = tmp_path / "good.csv", tmp_path / "none.csv"
    good.write_bytes(GOOD)
    none.write_bytes(content)
    ingest(settings, [good], source="aws")
    before = _held(settings.lake)
    done = _finops("ingest", str(none), "--source", "aws")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "The delivery has no rows: nothing was loaded, nothing was replaced.\n"
    assert _held(settings.lake) == before
