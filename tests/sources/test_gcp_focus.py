"""Google Cloud's own FOCUS export: who may say something in Tags, and that nothing of its lists is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources import DIALECTS, detect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from tests.conftest import CHARGE, WriteBill
from tests.sources.bigquery_rows import extract_rows

PAIR = pl.Struct({"Key": pl.String, "Value": pl.String})
TAG = pl.Struct({"Key": pl.String, "Value": pl.String, "x_Inherited": pl.Boolean, "x_Namespace": pl.String})
CREDIT = pl.Struct({"Id": pl.String, "Type": pl.String, "Amount": pl.Decimal(38, 9)})
NESTED: dict[str, Any] = {
    "x_Labels": pl.List(PAIR),
    "x_ProjectLabels": pl.List(PAIR),
    "x_SystemLabels": pl.List(PAIR),
    "x_Tags": pl.List(TAG),
    "x_Credits": pl.List(CREDIT),
}
GOOGLE = {**{k: v for k, v in CHARGE.items() if k != "Tags"}, "ProviderName": "Google Cloud"}
WriteExport = Callable[..., Path]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def write_export(tmp_path: Path) -> WriteExport:
    """Give a function that writes one Google charge per change of it; lists are empty unless given."""

    def write(*changes: dict[str, Any]) -> Path:
        rows = [{**GOOGLE, **{name: [] for name in NESTED}, **change} for change in changes]
        frame = pl.DataFrame(rows, schema_overrides=NESTED, infer_schema_length=None)
        frame.write_parquet(tmp_path / "google.parquet")
        return tmp_path / "google.parquet"

    return write


def _pair(key: str | None, value: str | None) -> dict[str, str | None]:
    return {"Key": key, "Value": value}


def _tag(key: str, value: str, *, inherited: bool, namespace: str = "org") -> dict[str, object]:
    return {"Key": key, "Value": value, "x_Inherited": inherited, "x_Namespace": namespace}


def _read(con: duckdb.DuckDBPyConnection, path: Path) -> Delivery:
    return read_delivery(con, find_files([path]))


def _value(con: duckdb.DuckDBPyConnection, expression: str) -> Any:
    [[value]] = con.execute(f"select {expression} from charges").fetchall()
    return value


EVERY_LIST = {
    "x_Labels": [_pair("a", "label")],
    "x_Tags": [
        *(_tag(key, "bound", inherited=False) for key in "ab"),
        *(_tag(key, "inherited", inherited=True) for key in "abcd"),
    ],
    "x_ProjectLabels": [_pair(key, "project") for key in "abc"],
    "x_SystemLabels": [_pair(key, "system") for key in ("a", "b", "c", "d", "compute.googleapis.com/cores")],
}


def test_a_key_in_several_lists_has_its_value_from_the_nearest_owner(
    con: duckdb.DuckDBPyConnection, write_export: WriteExport
) -> None:
    delivery = _read(con, write_export(EVERY_LIST))
    assert delivery.dialect == "gcp-focus"
    assert _value(con, "Tags") == {
        "a": "label",
        "b": "bound",
        "c": "project",
        "d": "inherited",
        "compute.googleapis.com/cores": "system",
    }


def test_every_list_is_kept_whole_beside_the_tags(con: duckdb.DuckDBPyConnection, write_export: WriteExport) -> None:
    credits = [{"Id": "c-1", "Type": "PROMOTION", "Amount": Decimal("-0.500000001")}]
    _read(con, write_export({**EVERY_LIST, "x_Credits": credits, "x_ServiceId": "6F81-5844-456A"}))
    extra = _value(con, "x_Extra")
    assert {name: json.loads(extra[name]) for name in EVERY_LIST} == EVERY_LIST
    assert extra["x_Credits"] == '[{"Id":"c-1","Type":"PROMOTION","Amount":-0.500000001}]'
    assert extra["x_ServiceId"] == "6F81-5844-456A"


def test_a_record_that_is_called_like_a_column_of_ours_goes_to_the_extras(
    con: duckdb.DuckDBPyConnection, write_export: WriteExport
) -> None:
    _read(con, write_export({"x_Project": {"Id": "shop", "Number": "12"}}))
    assert json.loads(_value(con, "x_Extra['x_Project']")) == {"Id": "shop", "Number": "12"}


def test_without_any_entry_there_are_no_tags_and_no_extras(
    con: duckdb.DuckDBPyConnection, write_export: WriteExport
) -> None:
    _read(con, write_export({}))
    assert _value(con, "(Tags, x_Extra)") == (None, None)


def test_a_key_twice_in_one_list_counts_once_and_an_entry_without_key_not_at_all(
    con: duckdb.DuckDBPyConnection, write_export: WriteExport
) -> None:
    tags = [_tag("env", "prod", inherited=False, namespace="one"), _tag("env", "test", inherited=False)]
    _read(con, write_export({"x_Tags": tags, "x_Labels": [_pair(None, "lost?"), _pair("bare", None), _pair("e", "")]}))
    assert _value(con, "Tags") == {"bare": None, "e": "", "env": "prod"}
    assert "lost?" in _value(con, "x_Extra['x_Labels']")


def test_lists_may_be_spelt_in_small_letters_or_come_as_json_text(
    con: duckdb.DuckDBPyConnection, write_bill: WriteBill
) -> None:
    lists = {
        "x_Labels": '[{"key": "team", "value": "shop"}]',
        "x_Tags": '[{"Key": "cc", "Value": "7", "inherited": true}]',
        "x_SystemLabels": "no list",
        "x_ProjectLabels": '{"cc": "8"}',
    }
    _read(con, write_bill("google.csv", [{**lists, "Tags": None}]))
    assert _value(con, "Tags") == {"team": "shop", "cc": "7"}
    assert _value(con, "x_Extra")["x_SystemLabels"] == "no list"


def test_a_charge_without_provider_name_is_google_s(con: duckdb.DuckDBPyConnection, write_export: WriteExport) -> None:
    _read(con, write_export({"ProviderName": None, "PublisherName": "Confluent"}))
    assert _value(con, "(ServiceProviderName, x_Provider, x_Extra['PublisherName'])") == (
        "Google Cloud",
        "gcp",
        "Confluent",
    )


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ([], "focus-1.0"),
        (["InvoiceId"], "focus-1.2"),
        (["InvoiceId", "x_ExportTime", "x_CostType"], "focus-1.2"),
        (["InvoiceId", "x_Labels"], "gcp-focus"),
        (["x_SystemLabels", "x_Credits"], "gcp-focus"),
        (["InvoiceId", "x_Labels", "x_Tags", "Tags"], "focus-1.2"),
    ],
)
def test_a_header_is_google_s_if_it_has_lists_instead_of_tags(more: list[str], name: str) -> None:
    header = ["BilledCost", "EffectiveCost", "ChargePeriodStart", "BillingPeriodStart", "SkuPriceId", *more]
    assert [found for found in DIALECTS.names() if DIALECTS.get(found).recognises(header)] == [name]
    assert detect(header, path="x.parquet") == name


def test_other_columns_make_no_google_export() -> None:
    with pytest.raises(DataError, match="not a billing file of a known dialect"):
        detect(["x_Labels", "x_Tags", "cost"], path="x.parquet")


@pytest.mark.parametrize(
    ("month", "rows", "billed", "loaded"),
    # 1.123456789012345678 + 2; 4 + 5 + 6
    [("2026-05", 2, "3.123456789012345678", "3.123456789012"), ("2026-06", 3, "15", "15")],
)
def test_rows_of_the_public_fixture_load_to_the_last_digit(
    con: duckdb.DuckDBPyConnection, shared_data: Path, tmp_path: Path, month: str, rows: int, billed: str, loaded: str
) -> None:
    source = shared_data / "costroid" / "gcp-focus-bq" / "fixture" / f"{month}.json"
    delivery = _read(con, extract_rows(source, tmp_path / "google.parquet"))
    [totals] = delivery.totals
    assert (totals.provider, str(totals.month), totals.rows) == ("gcp", f"{month}-01", rows)
    assert (totals.billed_in, totals.billed_loaded) == (Decimal(billed), Decimal(loaded))
    assert (totals.effective_in, totals.effective_loaded) == (Decimal(billed), Decimal(loaded))


def test_the_fixture_to_reject_is_refused(con: duckdb.DuckDBPyConnection, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "costroid" / "gcp-focus-bq" / "reject" / "2026-06.json"
    with pytest.raises(DataError, match=r"BilledCost"):
        _read(con, extract_rows(source, tmp_path / "google.parquet"))
