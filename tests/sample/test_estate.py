"""The sample estate: the same bytes every time, as many rows as asked for, and a truth that equals the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import ConfigError
from finops_lib.focus import FOCUS_COLUMNS
from finops_lib.sample import Estate, write_estate

AS_OF = date(2026, 3, 17)
COSTS = {"billed": "BilledCost", "effective": "EffectiveCost", "list": "ListCost", "contracted": "ContractedCost"}


def test_the_same_arguments_give_the_same_bytes(estate: Estate, tmp_path: Path) -> None:
    again = write_estate(tmp_path, as_of=AS_OF, rows=8_000)
    assert [path.read_bytes() for path in again.files] == [path.read_bytes() for path in estate.files]
    assert again.truth.read_bytes() == estate.truth.read_bytes()


def test_another_seed_gives_another_estate_of_the_same_shape(estate: Estate, tmp_path: Path) -> None:
    other = write_estate(tmp_path, as_of=AS_OF, rows=8_000, seed=8)
    assert [path.name for path in other.files] == [path.name for path in estate.files]
    assert other.files[0].read_bytes() != estate.files[0].read_bytes()


def test_files_are_laid_out_by_provider_and_month_and_dated_to_the_morning_after(estate: Estate) -> None:
    names = [path.relative_to(estate.folder).as_posix() for path in estate.files]
    assert len(names) == 3 * 13
    assert names[:3] == ["aws/2025-03.parquet", "azure/2025-03.csv.gz", "gcp/2025-03.parquet"]
    assert names[-1] == "gcp/2026-03.parquet"
    times = {datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in estate.files}
    assert times == {datetime(2026, 3, 18, 6, tzinfo=UTC)}


@pytest.mark.parametrize("rows", [8_000, 20_000, 30_000])
def test_the_estate_has_about_as_many_charges_as_asked_for(tmp_path: Path, rows: int) -> None:
    lines: list[str] = []
    made = write_estate(tmp_path, as_of=AS_OF, rows=rows, progress=lines.append)
    assert abs(made.rows - rows) <= 0.1 * rows
    assert len(lines) == 13


@pytest.mark.slow
def test_the_default_estate_has_a_quarter_of_a_million_charges_some_of_them_hourly(tmp_path: Path) -> None:
    made = write_estate(tmp_path, as_of=AS_OF)
    told = json.loads(made.truth.read_text())
    assert abs(made.rows - 250_000) <= 25_000
    assert all(counts["hourly"] > 10_000 for counts in told["counts"].values())
    assert 2_000 < sum(counts["resources"] for counts in told["counts"].values()) < 9_000


@pytest.mark.slow
def test_no_machine_runs_longer_than_a_day_has_hours(tmp_path: Path, con: duckdb.DuckDBPyConnection) -> None:
    write_estate(tmp_path, as_of=AS_OF, rows=250_000)
    longest = con.sql(f"""
        select SkuMeter, max(hours) from (
            select SkuMeter, sum(PricingQuantity) as hours from '{tmp_path}/aws/*.parquet'
            where ResourceType = 'Instance' group by ResourceId, SkuMeter, cast(ChargePeriodStart as date)
        ) group by all having max(hours) > 25
    """).fetchall()
    assert longest == []


def test_too_few_rows_are_refused_with_the_least_number_that_works(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"1,000 charges are too few .* ask for at least [4-8],\d{3}") as caught:
        write_estate(tmp_path, as_of=AS_OF, rows=1_000)
    assert caught.value.rows == 1_000
    assert not list(tmp_path.iterdir())


def test_the_truth_equals_the_files_to_the_last_digit(
    estate: Estate, truth: dict[str, Any], read: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    sums = ", ".join(f"sum(cast({column} as decimal(28,12)))" for column in COSTS.values())
    for file in truth["files"]:
        rows = con.execute(
            f"select BillingCurrency, count(*), {sums} from {read(file['path'])} group by 1 order by 1"
        ).fetchall()
        told = [
            (currency, part["rows"], *(Decimal(part[name]) for name in COSTS))
            for currency, part in sorted(file["sums"].items())
        ]
        assert rows == told, file["path"]
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


def test_money_has_twelve_decimals_and_no_binary_noise(
    estate: Estate, everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    for provider in ("aws", "gcp"):
        types = dict(con.sql(f"describe from {everything(provider)}").project("column_name, column_type").fetchall())
        assert {types[column] for column in COSTS.values()} == {"DECIMAL(28,12)"}
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
