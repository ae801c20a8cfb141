"""Charges of the lake as a FOCUS file: whole, in the columns of its version, and readable again."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.runs.export import export_focus
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill


@pytest.fixture
def loaded(settings: Settings, write_bill: WriteBill) -> Settings:
    """A lake with a charge of May that somebody else published, and one of June from another source."""
    june = {
        "BillingPeriodStart": "2026-06-01T00:00:00Z",
        "BillingPeriodEnd": "2026-07-01T00:00:00Z",
        "ChargePeriodStart": "2026-06-02T00:00:00Z",
        "ChargePeriodEnd": "2026-06-03T00:00:00Z",
        "BilledCost": "-0.000000000001",
    }
    ingest(settings, [write_bill("may.csv", [{"PublisherName": "Datadog"}])], source="payer")
    ingest(settings, [write_bill("june.csv", [june])], source="other")
    return settings


def _columns(path: Path) -> dict[str, str]:
    query = "select column_name, column_type from (describe from read_parquet(?))"
    return dict(duckdb.execute(query, [str(path)]).fetchall())


def test_an_export_loads_into_another_lake_as_the_same_charges(
    loaded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = export_focus(loaded, tmp_path / "out" / "all.parquet", version="1.4")
    assert (done.rows, done.billed) == (2, {"USD": Decimal("9.999999999999")})
    reports = ingest(loaded, [done.path], source="copy")
    assert [(r.billing_month, r.rows_loaded, r.billed_loaded) for r in reports] == [
        ("2026-05", 1, Decimal("10.00")),
        ("2026-06", 1, Decimal("-0.000000000001")),
    ]


def test_focus_1_4_has_its_columns_and_none_of_ours(loaded: Settings, tmp_path: Path) -> None:
    columns = _columns(export_focus(loaded, tmp_path / "all.parquet").path)
    assert len(columns) == 65
    assert columns["BillingAccountId"] == "VARCHAR"
    assert columns["Tags"] == "MAP(VARCHAR, VARCHAR)"
    assert columns["BilledCost"] == "DECIMAL(28,12)"
    assert columns["ChargePeriodStart"] == "TIMESTAMP WITH TIME ZONE"
    assert not [name for name in columns if name.startswith("x_") or name == "ProviderName"]


def test_focus_1_2_has_the_names_that_later_versions_dropped(loaded: Settings, tmp_path: Path) -> None:
    path = export_focus(loaded, tmp_path / "may.parquet", version="1.2", months=[date(2026, 5, 1)]).path
    # The specification has 57 columns.
    assert len(_columns(path)) == 57
    found = duckdb.execute(f"select ProviderName, PublisherName from '{path}'").fetchall()
    assert found == [("AWS", "Datadog")]


def test_tags_can_be_json_and_our_columns_come_when_asked_for(loaded: Settings, tmp_path: Path) -> None:
    path = export_focus(loaded, tmp_path / "a.parquet", source="payer", tags="json", own_columns=True).path
    found = duckdb.execute(f"select Tags, x_SourceId, x_Extra ->> 'PublisherName' from '{path}'").fetchall()
    assert found == [('{"user:team":"shop"}', "payer", "Datadog")]


def test_what_is_not_there_is_not_exported_and_an_older_export_stays(loaded: Settings, tmp_path: Path) -> None:
    path = export_focus(loaded, tmp_path / "a.parquet").path
    before = path.read_bytes()
    with pytest.raises(LakeError, match="no charges of 2026-07 from payer"):
        export_focus(loaded, path, months=[date(2026, 7, 1)], source="payer")
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.glob("*.parquet*")] == ["a.parquet"]


def test_an_export_is_a_parquet_file(loaded: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is a Parquet file"):
        export_focus(loaded, tmp_path / "a.csv")
