"""What is read from a delivery, digit by digit, and what refuses it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from tests.conftest import WriteBill


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


def _read(con: duckdb.DuckDBPyConnection, *paths: Path) -> Delivery:
    return read_delivery(con, find_files(paths))


def _value(con: duckdb.DuckDBPyConnection, expression: str) -> object:
    [[value]] = con.execute(f"select {expression} from charges").fetchall()
    return value


@pytest.mark.parametrize(
    ("text", "loaded", "drift"),
    [
        ("-1.5", "-1.5", "0"),
        ("8e-07", "0.0000008", "0"),
        ("1.123456789012345678", "1.123456789012", "0.000000000000345678"),
        # the 13th decimal is a 5: away from zero, on both sides
        ("0.0000000000005", "0.000000000001", "-0.0000000000005"),
        ("-0.0000000000005", "-0.000000000001", "0.0000000000005"),
        ("2.0000000000007", "2.000000000001", "-0.0000000000003"),
        ("1.5e-13", "0", "0.00000000000015"),
        ("0.1234567890123456789012345", "0.123456789012", "0.0000000000003456789012345"),
        ("9999999999999999.999999999999", "9999999999999999.999999999999", "0"),
    ],
)
def test_money_keeps_twelve_decimals_and_says_what_was_rounded_off(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, text: str, loaded: str, drift: str
) -> None:
    [totals] = _read(con, write_bill("a.csv", [{"BilledCost": text}])).totals
    assert totals.billed_loaded == Decimal(loaded)
    assert totals.billed_in == Decimal(loaded) + Decimal(drift) == Decimal(text)
    assert totals.values_rounded == int(Decimal(drift) != 0)


@pytest.mark.parametrize(
    "text", ["1_000", "1,5", " 1.5", "1.5 ", "NaN", "Infinity", "12 USD", "0x10", "1e30", "", "--1", "1.2.3"]
)
def test_what_is_not_an_amount_refuses_the_whole_delivery(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, text: str
) -> None:
    path = write_bill("a.csv", [{}, {"BilledCost": text}])
    with pytest.raises(
        DataError, match=r"1 row cannot be loaded.*a\.csv row 2: BilledCost .* is (not an amount of money|too large)"
    ):
        _read(con, path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"EffectiveCost": ""}, "EffectiveCost empty is not an amount of money"),
        ({"BillingCurrency": "usd"}, "BillingCurrency 'usd' is not a currency code"),
        ({"BillingCurrency": ""}, "BillingCurrency empty is not a currency code"),
        ({"ChargeCategory": "Consumption"}, "ChargeCategory 'Consumption' is not one of Usage, Purchase, Tax"),
        ({"ChargePeriodStart": "13/32/2026"}, "ChargePeriodStart '13/32/2026' is not a time"),
        ({"ChargePeriodEnd": "2026-05-02T00:00:00Z"}, "ChargePeriodEnd '2026-05-02T00:00:00Z' is not after"),
        ({"BillingPeriodEnd": ""}, "BillingPeriodEnd empty is not a time"),
        ({"ListCost": "free"}, "ListCost 'free' is not an amount of money"),
    ],
)
def test_each_broken_value_is_named_with_file_row_and_column(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, change: dict[str, str], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        _read(con, write_bill("a.csv", [{}, {}, change]))
    assert f"a.csv row 3: {message}" in str(caught.value)


def test_the_first_ten_problems_are_shown_and_the_rest_counted(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill
) -> None:
    with pytest.raises(DataError) as caught:
        _read(con, write_bill("a.csv", [{"BilledCost": "x"}] * 25))
    assert "25 rows cannot be loaded" in str(caught.value)
    assert len(caught.value.problems) == 10  # type: ignore[attr-defined]


def test_a_required_column_that_is_not_there_is_named(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    with pytest.raises(DataError, match="the column BilledCost is missing"):
        _read(con, write_bill("a.csv", [{"BilledCost": None}]))


def test_times_with_an_offset_become_utc(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    _read(con, write_bill("a.csv", [{"ChargePeriodStart": "2026-05-02T01:00:00+02:00"}]))
    assert str(_value(con, "ChargePeriodStart")) == "2026-05-01 23:00:00"


def test_times_without_a_zone_are_utc(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    _read(con, write_bill("a.csv", [{"ChargePeriodStart": "2026-05-02 01:30:00"}]))
    assert str(_value(con, "ChargePeriodStart")) == "2026-05-02 01:30:00"


def test_tags_come_through_with_every_kind_of_value(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    _read(con, write_bill("a.csv", [{"Tags": '{"a": "x", "n": 1, "b": true, "gone": null, "<i>": "\\"q\\", comma"}'}]))
    assert _value(con, "Tags") == {"a": "x", "n": "1", "b": "true", "gone": None, "<i>": '"q", comma'}


@pytest.mark.parametrize("tags", ["not json", '{"a": 1, "a": 2}', "[1, 2]"])
def test_unreadable_tags_are_kept_as_text_and_counted(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, tags: str
) -> None:
    [finding] = [f for f in _read(con, write_bill("a.csv", [{"Tags": tags}])).findings if f.column == "Tags"]
    assert (finding.finding, finding.occurrences) == ("unreadable-tags", 1)
    assert _value(con, "x_Extra['Tags']") == tags


def test_findings_are_counted_with_an_example(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    path = write_bill(
        "a.csv",
        [
            {"ChargeCategory": "usage", "ServiceCategory": "Sorcery", "ContractedCost": "", "Id": "7"},
            {"ChargePeriodStart": "2026-04-30T00:00:00Z", "Id": "8"},
        ],
    )
    found = {(f.finding, f.column): (f.occurrences, f.example) for f in _read(con, path).findings}
    assert found == {
        ("letter-case", "ChargeCategory"): (1, "usage"),
        ("unknown-value", "ServiceCategory"): (1, "Sorcery"),
        ("missing-value", "ContractedCost"): (1, "a day of a machine"),
        ("outside-billing-period", "ChargePeriodStart"): (1, "2026-04-30 00:00:00"),
        ("unknown-column", "Id"): (2, "7"),
    }


def test_the_former_provider_name_becomes_the_service_provider(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill
) -> None:
    _read(con, write_bill("a.csv", [{"PublisherName": "Datadog"}]))
    assert _value(con, "(ServiceProviderName, HostProviderName, x_Provider, x_Extra)") == (
        "AWS",
        None,
        "aws",
        {"PublisherName": "Datadog"},
    )


def test_files_of_different_columns_make_one_delivery(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    old = write_bill("old.csv", [{"SkuPriceId": "p"}])
    new = write_bill("new.csv", [{"ResourceId": None, "InvoiceId": "INV-1", "x_Operation": "Run"}])
    delivery = _read(con, old, new)
    assert delivery.dialect == "focus-1.0,focus-1.2"
    rows = con.execute("select ResourceId, InvoiceId, SkuPriceId, x_Extra from charges order by all").fetchall()
    assert rows == [("i-1", None, "p", None), (None, "INV-1", None, {"x_Operation": "Run"})]


def test_parquet_keeps_decimals_maps_and_zones(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, tmp_path: Path
) -> None:
    text = write_bill("a.csv", [{"BilledCost": "1.123456789012345678"}])
    typed = tmp_path / "a.parquet"
    start = "timestamptz '2026-05-02 01:00:00+02' as ChargePeriodStart"
    money = "cast(BilledCost as decimal(38,18)) as BilledCost, cast(8 as double) as EffectiveCost"
    columns = f"{money}, map {{'k': 'v'}} as Tags, {start}"
    con.execute(f"copy (select * replace ({columns}) from read_csv('{text}', all_varchar = true)) to '{typed}'")
    [totals] = _read(con, typed).totals
    assert (totals.billed_in, totals.billed_loaded) == (Decimal("1.123456789012345678"), Decimal("1.123456789012"))
    assert _value(con, "(Tags, cast(ChargePeriodStart as VARCHAR))") == ({"k": "v"}, "2026-05-01 23:00:00")


def test_the_same_bytes_twice_in_one_delivery_are_refused(write_bill: WriteBill) -> None:
    first, second = write_bill("a.csv", [{}]), write_bill("b.csv", [{}])
    with pytest.raises(DataError, match=r"b\.csv has the same bytes as a\.csv: its charges would count twice"):
        find_files([first, second])


def test_a_path_given_twice_counts_once(write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    assert len(find_files([path, path.parent])) == 1


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "empty, not even a header"),
        ("a.csv", b"BilledCost;EffectiveCost\n1;2\n", "columns are not separated by commas"),
        ("a.csv", b"BilledCost,BilledCost\n1,2\n", "two columns are called 'BilledCost'"),
        ("a.csv", b"Tags, tags\n1,2\n", "two columns are called 'Tags'"),
        ("a.csv", b"BilledCost,EffectiveCost,\n1,2,\n", "column 3 has no name"),
        ("a*.csv", b"BilledCost\n1\n", "would stand for other files too"),
        ("a.csv", b"\xff\xfe\x00", "it is UTF-16"),
        ("a.csv.gz", b"not gzip", "header not readable"),
        ("a.csv.gz", gzip.compress(b"BilledCost," * 2000, mtime=0)[:60], "header not readable"),
        ("a.parquet", b"PAR1 not really", "not a readable Parquet file"),
        ("a.txt", b"x", "not a .csv, .csv.gz or .parquet file"),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        find_files([path])


def test_a_missing_path_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder"):
        find_files([tmp_path / "nowhere"])
    with pytest.raises(DataError, match="no billing file in this folder"):
        find_files([tmp_path])


def test_a_truncated_gzip_is_refused(con: duckdb.DuckDBPyConnection, write_bill: WriteBill, tmp_path: Path) -> None:
    whole = gzip.compress(
        write_bill("a.csv", [{"ResourceId": f"i-{n * 7919 % 10007}"} for n in range(3000)]).read_bytes()
    )
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="damaged, cut off: its compressed data has no end"):
        _read(con, cut)


def test_a_short_row_is_refused(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    path = write_bill("a.csv", [{}])
    path.write_bytes(path.read_bytes() + b"1,2,3\r\n")
    with pytest.raises(DataError, match=r"a\.csv: row 2: ends after 3 of 23 columns, at ListCost '3'"):
        _read(con, path)


def test_an_empty_delivery_has_no_totals(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    assert _read(con, write_bill("a.csv", [])).totals == ()


def test_a_column_of_any_name_is_kept(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    name = "x';drop \"y"
    _read(con, write_bill("a.csv", [{name: "kept"}]))
    assert _value(con, "x_Extra") == {name: "kept"}


def test_a_charge_category_may_have_blanks_and_any_case(con: duckdb.DuckDBPyConnection, write_bill: WriteBill) -> None:
    delivery = _read(con, write_bill("a.csv", [{"ChargeCategory": "usage "}]))
    assert delivery.misspelt == {"ChargeCategory"}


_ISO = ["2026-05-02T01:30Z", "2026-05-02T01:30", "2026-05-02 01:30:00 UTC", "2026-05-02T01:30:00.000Z"]


@pytest.mark.parametrize("text", _ISO)
def test_a_time_may_be_written_in_every_iso_way(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill, text: str
) -> None:
    _read(con, write_bill("a.csv", [{"ChargePeriodStart": text}]))
    assert str(_value(con, "ChargePeriodStart")) == "2026-05-02 01:30:00"
