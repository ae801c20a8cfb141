"""The sample estate: the same bytes every time, as many rows as asked for, and a truth that equals the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import ConfigError
from finops_lib.focus import FOCUS_COLUMNS
from finops_lib.sample import Estate, write_estate
from tests.sample.conftest import reader

AS_OF = date(2026, 3, 17)
COSTS = {"billed": "BilledCost", "effective": "EffectiveCost", "list": "ListCost", "contracted": "ContractedCost"}


def _contents(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_the_same_arguments_give_the_same_bytes(estate: Estate, tmp_path: Path) -> None:
    write_estate(tmp_path / "bills", as_of=AS_OF, rows=10_000, earlier=tmp_path / "bills-before")
    first, again = (_contents(folder) for folder in (estate.folder.parent, tmp_path))
    assert again.keys() == first.keys()
    assert [name for name in first if first[name] != again[name]] == []


def test_the_estate_is_the_same_without_its_earlier_deliveries(estate: Estate, tmp_path: Path) -> None:
    alone = write_estate(tmp_path, as_of=AS_OF, rows=10_000)
    assert _contents(tmp_path) == _contents(estate.folder)
    assert (alone.earlier_files, len(estate.earlier_files) > 0) == ((), True)


def test_another_seed_gives_another_estate_of_the_same_shape(estate: Estate, tmp_path: Path) -> None:
    other = write_estate(tmp_path, as_of=AS_OF, rows=10_000, seed=8)
    months = [{path.parent.relative_to(made.folder) for path in made.files} for made in (other, estate)]
    assert months[0] == months[1]
    assert other.files[0].read_bytes() != estate.files[0].read_bytes()


@pytest.mark.parametrize("rows", [10_000, 20_000, 30_000])
def test_the_estate_has_about_as_many_charges_as_asked_for(tmp_path: Path, rows: int) -> None:
    lines: list[str] = []
    made = write_estate(tmp_path, as_of=AS_OF, rows=rows, progress=lines.append)
    assert abs(made.rows - rows) <= 0.1 * rows
    assert len(lines) == 13


@pytest.mark.slow
def test_the_default_estate_has_a_quarter_of_a_million_charges_some_of_them_hourly(default_estate: Estate) -> None:
    told = json.loads(default_estate.truth.read_text())
    assert abs(default_estate.rows - 250_000) <= 25_000
    assert all(counts["hourly"] > 10_000 for counts in told["counts"].values())
    assert 2_000 < sum(counts["resources"] for counts in told["counts"].values()) < 9_000


@pytest.mark.slow
def test_no_machine_runs_longer_than_a_day_has_hours(default_estate: Estate, con: duckdb.DuckDBPyConnection) -> None:
    longest = con.sql(f"""
        select SkuMeter, max(hours) from (
            select SkuMeter, sum(PricingQuantity) as hours from {reader(default_estate.files_of("aws"))}
            where ResourceType = 'Instance' and PricingUnit = 'Hrs'
            group by ResourceId, SkuMeter, cast(ChargePeriodStart as date)
        ) group by all having max(hours) > 25
    """).fetchall()
    assert longest == []


@pytest.mark.slow
def test_thirteen_weeks_of_covered_use_are_hourly_and_never_more_than_was_promised(
    default_estate: Estate, con: duckdb.DuckDBPyConnection
) -> None:
    commitments = json.loads(default_estate.truth.read_text())["commitments"]
    promised = {one["id"]: Decimal(one["per_day"]) for one in commitments}
    seen: set[str] = set()
    for provider in ("aws", "azure", "gcp"):
        hours = con.sql(f"""
            select CommitmentDiscountId, cast(ChargePeriodStart as timestamp) as hour,
                sum(cast(EffectiveCost as decimal(28,12)))
            from {reader(default_estate.files_of(provider))}
            where CommitmentDiscountStatus = 'Used'
                and cast(ChargePeriodStart as timestamp) >= date '{AS_OF}' - 91
                and cast(ChargePeriodEnd as timestamp) - cast(ChargePeriodStart as timestamp) = interval 1 hour
            group by all
        """).fetchall()
        for id_ in {row[0] for row in hours}:
            used = [row[2] for row in hours if row[0] == id_]
            # 92 days, of which the last one to three are still arriving.
            assert 88 * 24 < len(used) <= 92 * 24
            assert max(used) <= promised[id_] / 24
            seen.add(id_)
    assert seen == promised.keys()


def test_some_commitments_end_within_a_year_and_of_others_the_bill_does_not_say(truth: dict[str, Any]) -> None:
    ends = {one["id"]: one["ends"] for one in truth["commitments"]}
    known = sorted(day for day in ends.values() if day is not None)
    # Bought 304 and 259 days before, for a year: 61 and 106 days are left.
    assert known == [str(AS_OF + timedelta(days=61)), str(AS_OF + timedelta(days=106))]
    assert len(ends) - len(known) == 3


def test_too_few_rows_are_refused_with_the_least_number_that_works(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"1,000 charges are too few .* ask for at least [7-9],\d{3}") as caught:
        write_estate(tmp_path, as_of=AS_OF, rows=1_000)
    assert caught.value.rows == 1_000
    assert not list(tmp_path.iterdir())


def test_the_truth_equals_the_files_to_the_last_digit(
    estate: Estate, truth: dict[str, Any], con: duckdb.DuckDBPyConnection
) -> None:
    sums = ", ".join(f"sum(cast({column} as decimal(28,12)))" for column in COSTS.values())
    for file in truth["files"]:
        table = reader([estate.folder / path for path in file["paths"]])
        rows = con.execute(f"select BillingCurrency, count(*), {sums} from {table} group by 1 order by 1").fetchall()
        told = [
            (currency, part["rows"], *(Decimal(part[name]) for name in COSTS))
            for currency, part in sorted(file["sums"].items())
        ]
        assert rows == told, file["paths"]
    assert sum(file["rows"] for file in truth["files"]) == estate.rows == truth["rows"]


def test_what_owners_spent_adds_up_to_the_files(truth: dict[str, Any]) -> None:
    for currency in ("USD", "EUR"):
        for name in ("billed", "effective"):
            shares = sum(Decimal(row[name]) for row in truth["allocation"] if row["currency"] == currency)
            files = sum(Decimal(row[name]) for row in truth["provider_months"] if row["currency"] == currency)
            assert shares == files
    assert sum(row["rows"] for row in truth["allocation"]) == truth["rows"]


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_what_focus_forbids_to_be_null_is_not(
    provider: str, everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    columns = set(con.sql(f"from {everything(provider)}").columns)
    newer = {"1.3", "1.4"}
    mandatory = [c.name for c in FOCUS_COLUMNS if c.level == "mandatory" and c.since not in newer]
    assert set(mandatory) <= columns
    needed = [c.name for c in FOCUS_COLUMNS if not c.nullable and c.name in columns]
    assert {"ProviderName", "PublisherName", "InvoiceIssuerName"} <= columns
    names = [*needed, "ProviderName", "PublisherName"]
    counts = ", ".join(f"count(*) - count({name})" for name in names)
    nulls = con.sql(f"select {counts} from {everything(provider)}").fetchone()
    assert dict(zip(names, nulls or (), strict=True)) == dict.fromkeys(names, 0)


def test_money_is_decimal_as_each_provider_writes_it(
    everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    # Google's is BigQuery's NUMERIC.
    for provider, type_ in (("aws", "DECIMAL(28,12)"), ("gcp", "DECIMAL(38,9)")):
        types = dict(con.sql(f"describe from {everything(provider)}").project("column_name, column_type").fetchall())
        assert {types[column] for column in COSTS.values()} == {type_}
    # Azure's text writes what there is and no more.
    wrong = con.sql(rf"""
        select BilledCost from {everything("azure")}
        where not regexp_full_match(BilledCost, '-?\d+(\.\d{{0,11}}[1-9])?')
    """).fetchall()
    assert wrong == []


def test_every_usage_charge_is_quantity_times_price(
    everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    for provider in ("aws", "gcp"):
        product = "cast(PricingQuantity as decimal(18,6)) * cast(ListUnitPrice as decimal(18,6))"
        query = f"select count(*), count(*) filter (ListCost <> {product}) from {everything(provider)}"
        count, wrong = con.sql(f"{query} where PricingQuantity is not null").fetchone() or (0, 1)
        assert count > 1_000
        assert wrong == 0
