"""A bill whose layout only its owner knows: what a mapping can say, and what it must not get away with."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.errors import ConfigError, DataError
from finops_lib.lake.open import connect, open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from finops_lib.sources import dialect_named, mapping_version
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files

# A German reseller's list; 1.234,50 is one thousand two hundred and thirty-four and a half.
BILL = """\
Datum,Art,Betrag,Standort,Nummer,Abteilung,Bemerkung
02.05.2026,Verbrauch,"1.234,50",FRA,17,Laden,erste
03.05.2026,Gutschrift,"-0,5",FRA,,,
"""
MAPPING = """\
columns:
  BilledCost: Betrag
  EffectiveCost: Betrag
  BillingCurrency: {constant: EUR}
  ChargePeriodStart: {column: Datum, format: "%d.%m.%Y"}
  ChargePeriodEnd: {day_after: ChargePeriodStart}
  BillingPeriodStart: {month_of: ChargePeriodStart}
  BillingPeriodEnd: {month_after: ChargePeriodStart}
  ChargeCategory: {column: Art, values: {Verbrauch: Usage, Gutschrift: Credit}}
  ResourceId: {columns: [Standort, Nummer], join: "-"}
  ServiceProviderName: {constant: Rechenzentrum Nord}
tags: {columns: {team: Abteilung}}
numbers: {decimal: ",", thousands: "."}
"""
Write = Callable[..., str]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def dialect(tmp_path: Path) -> Write:
    """Write MAPPING with some text replaced; give the dialect's name."""

    def write(*changes: tuple[str, str], name: str = "m.yaml") -> str:
        text = MAPPING
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / name).write_text(textwrap.dedent(text), encoding="utf-8")
        return f"mapped:{tmp_path / name}"

    return write


@pytest.fixture
def bill(tmp_path: Path) -> Callable[[str], Path]:
    def write(text: str = BILL) -> Path:
        (tmp_path / "bill.csv").write_text(text, encoding="utf-8")
        return tmp_path / "bill.csv"

    return write


def _read(con: duckdb.DuckDBPyConnection, path: Path, dialect: str) -> Delivery:
    return read_delivery(con, find_files([path]), dialect=dialect)


def _rows(con: duckdb.DuckDBPyConnection, columns: str) -> list[tuple[Any, ...]]:
    return con.execute(f"select {columns} from charges order by ChargePeriodStart").fetchall()


def test_a_foreign_bill_becomes_charges(con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any) -> None:
    [totals] = _read(con, bill(), dialect()).totals
    assert (totals.provider, totals.month, totals.currency) == ("rechenzentrum-nord", date(2026, 5, 1), "EUR")
    # 1234.50 - 0.50
    assert totals.billed_loaded == Decimal("1234.00")
    assert _rows(con, "BilledCost, ChargeCategory, cast(ChargePeriodEnd as DATE), ResourceId, Tags") == [
        (Decimal("1234.5"), "Usage", date(2026, 5, 3), "FRA-17", {"team": "Laden"}),
        (Decimal("-0.5"), "Credit", date(2026, 5, 4), "FRA", None),
    ]
    assert _rows(con, "cast(BillingPeriodStart as DATE), cast(BillingPeriodEnd as DATE)")[0] == (
        date(2026, 5, 1),
        date(2026, 6, 1),
    )


def test_what_the_mapping_does_not_use_is_kept(con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any) -> None:
    delivery = _read(con, bill(), dialect())
    assert _rows(con, "x_Extra")[0] == ({"x_Bemerkung": "erste"},)
    assert not [found for found in delivery.findings if found.finding == "unknown-column"]


def test_a_sign_can_be_turned_and_nothing_else_changes(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any
) -> None:
    _read(con, bill(), dialect(("BilledCost: Betrag", "BilledCost: {column: Betrag, negate: true}")))
    assert _rows(con, "BilledCost, EffectiveCost") == [
        (Decimal("-1234.5"), Decimal("1234.5")),
        (Decimal("0.5"), Decimal("-0.5")),
    ]


@pytest.mark.parametrize(
    ("amount", "numbers"),
    [
        # the decimal comma is said, so a point is none of its numbers
        ("1.5", '{decimal: ","}'),
        ("1.5", '{decimal: ",", thousands: "."}'),
        ("12.34,5", '{decimal: ",", thousands: "."}'),
        ("1,234.5", '{decimal: "."}'),
        ("1.234", '{decimal: ",", thousands: " "}'),
        ("viel", '{decimal: ",", thousands: "."}'),
    ],
)
def test_a_number_that_is_written_otherwise_is_refused(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any, amount: str, numbers: str
) -> None:
    name = dialect(('{decimal: ",", thousands: "."}', numbers))
    with pytest.raises(DataError) as caught:
        _read(con, bill(BILL.replace("-0,5", amount).replace("1.234,50", "0")), name)
    assert f"row 2: BilledCost '{amount}" in str(caught.value)


@pytest.mark.parametrize(
    ("amount", "numbers", "loaded"),
    [
        ("1234,5", '{decimal: ",", thousands: "."}', "1234.5"),
        ("1.234.567,25", '{decimal: ",", thousands: "."}', "1234567.25"),
        ("1'234.5", '{thousands: "\'"}', "1234.5"),
        ("8e-07", "{}", "0.0000008"),
        ("+3,25", '{decimal: ","}', "3.25"),
    ],
)
def test_a_number_is_read_as_the_mapping_says(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any, amount: str, numbers: str, loaded: str
) -> None:
    name = dialect(('{decimal: ",", thousands: "."}', numbers))
    _read(con, bill(BILL.replace("-0,5", amount).replace("1.234,50", "0")), name)
    assert _rows(con, "BilledCost")[1] == (Decimal(loaded),)


def test_a_date_that_is_not_written_so_is_shown_as_it_is(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any
) -> None:
    with pytest.raises(
        DataError, match=r"row 1: ChargePeriodStart '2026-05-02 \(not written like %d.%m.%Y\)' is not a"
    ):
        _read(con, bill(BILL.replace("02.05.2026", "2026-05-02")), dialect())


def test_a_word_that_the_mapping_does_not_list_stays_and_is_refused_as_it_came(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any
) -> None:
    with pytest.raises(DataError, match="row 2: ChargeCategory 'Storno' is not one of"):
        _read(con, bill(BILL.replace("Gutschrift", "Storno")), dialect())


def test_tags_can_be_one_column_of_json(con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any) -> None:
    text = BILL.replace("Laden", '"{""team"": ""shop""}"')
    _read(con, bill(text), dialect(("{columns: {team: Abteilung}}", "{json: Abteilung}")))
    assert _rows(con, "Tags") == [({"team": "shop"},), (None,)]


def test_a_typed_file_is_mapped_alike(con: duckdb.DuckDBPyConnection, dialect: Write, tmp_path: Path) -> None:
    row = {
        "Datum": datetime(2026, 5, 2, 12, tzinfo=UTC),
        "Art": "Verbrauch",
        "Betrag": Decimal("12.345678901234"),
        "Standort": "FRA",
        "Nummer": 17,
        "Abteilung": "Laden",
    }
    pl.DataFrame([row]).write_parquet(tmp_path / "bill.parquet")
    name = dialect(('{column: Datum, format: "%d.%m.%Y"}', "Datum"), ('numbers: {decimal: ",", thousands: "."}', ""))
    [totals] = _read(con, tmp_path / "bill.parquet", name).totals
    assert totals.billed_in == Decimal("12.345678901234")
    assert _rows(con, "ResourceId, cast(ChargePeriodEnd as DATE)") == [("FRA-17", date(2026, 5, 3))]


def test_a_name_of_a_column_is_never_sql(con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any) -> None:
    evil = """Betrag" , (select 1) as "x'"""
    quoted = '"' + evil.replace('"', '""') + '"'
    said = "'" + evil.replace("'", "''") + "'"
    _read(con, bill(BILL.replace("Betrag", quoted)), dialect(("Cost: Betrag", f"Cost: {said}")))
    assert _rows(con, "BilledCost")[0] == (Decimal("1234.5"),)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("BilledCost: Betrag", "BilledKost: Betrag", "columns.BilledKost: not a column of FOCUS"),
        ("  BilledCost: Betrag\n", "", "columns: BilledCost is missing"),
        ("BilledCost: Betrag", "BilledCost: {column: Betrag, sign: -1}", "columns.BilledCost.sign: Extra inputs"),
        (
            "BilledCost: Betrag",
            "BilledCost: {column: Betrag, constant: '1'}",
            "columns.BilledCost: give one of: column",
        ),
        ("BilledCost: Betrag", "BilledCost: {}", "columns.BilledCost: give one of: column"),
        (
            "{constant: EUR}",
            "{constant: 12}",
            "columns.BillingCurrency.constant: Input should be a valid string (quote",
        ),
        ("{constant: EUR}", "{column: Art, negate: true}", "columns.BillingCurrency: negate is for amounts"),
        ("{constant: EUR}", "{column: Art, format: '%d'}", "columns.BillingCurrency: format is for times"),
        ('"%d.%m.%Y"', '"%d.%Q"', "columns.ChargePeriodStart: '%d.%Q' has a sign that is not known"),
        ("{day_after: ChargePeriodStart}", "{day_after: Datum}", "columns.ChargePeriodEnd: Datum is not a time that"),
        ("{constant: EUR}", "{month_of: ChargePeriodStart}", "columns.BillingCurrency: ChargePeriodStart is a time"),
        ('{columns: [Standort, Nummer], join: "-"}', "{columns: [Standort]}", "columns and join belong together"),
        ('thousands: "."', 'thousands: ","', "numbers: decimal and thousands cannot be the same"),
        ("{columns: {team: Abteilung}}", "{}", "tags: give either columns or json"),
        ("tags:", "  Tags: Art\ntags:", "columns.Tags: say it under `tags`"),
        ("EffectiveCost: Betrag", "BilledCost: Betrag", "line 3: BilledCost is given twice"),
        ("numbers:", "number:", "number: Extra inputs"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(dialect: Write, old: str, new: str, problem: str) -> None:
    name = dialect((old, new))
    with pytest.raises(ConfigError) as caught:
        dialect_named(name)
    assert problem in str(caught.value)
    assert "m.yaml" in str(caught.value)


def test_a_column_that_the_file_does_not_have_is_named(
    con: duckdb.DuckDBPyConnection, dialect: Write, bill: Any
) -> None:
    with pytest.raises(DataError, match=r"no column 'Betrag', which .*m.yaml names; it has Datum, Art, Summe"):
        _read(con, bill(BILL.replace("Betrag", "Summe")), dialect())


def test_a_mapping_that_is_not_there_and_a_kind_that_is_none_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml is not a readable YAML file"):
        dialect_named(f"mapped:{tmp_path}/none.yaml")
    with pytest.raises(ConfigError, match="unknown kind of dialect 'maped'"):
        dialect_named("maped:x.yaml")


def test_what_a_mapping_says_is_its_version_and_not_where_it_lies(dialect: Write) -> None:
    here, there = mapping_version([dialect()]), mapping_version([dialect(name="other.yaml")])
    assert here == there
    assert here != mapping_version([dialect(("constant: EUR", "constant: USD"))])


def test_a_changed_mapping_loads_the_same_file_again(settings: Settings, dialect: Write, bill: Any) -> None:
    path = bill()
    statuses = [
        report.status
        for name in (dialect(), dialect(), dialect(("Gutschrift: Credit", "Gutschrift: Adjustment"), name="other.yaml"))
        for report in ingest(settings, [path], source="nord", dialect=name)
    ]
    assert statuses == ["loaded", "unchanged", "loaded"]
    with open_lake(settings.lake) as lake:
        found = lake.con.execute("select ChargeCategory, count(*) from cost group by all order by all").fetchall()
    assert found == [("Adjustment", 1), ("Usage", 1)]
