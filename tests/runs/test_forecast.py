"""`finops forecast`: from a table of daily series, and from the lake."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

from finops_lib.errors import ConfigError, DataError, LakeError
from finops_lib.marts.build import build
from finops_lib.runs.forecast import forecast_file, forecast_lake
from finops_lib.runs.ingest import ingest
from finops_lib.runs.table_file import write_table
from finops_lib.settings import Settings
from tests.conftest import MadeOnce, WriteBill

JAN, MAY_12 = date(2026, 1, 1), date(2026, 5, 12)
FIELDS = ["series_id", "origin", "horizon", "yhat", "lo80", "hi80", "lo95", "hi95", "method"]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _table(path: Path, *, last: date = MAY_12, **series: float) -> Path:
    """Write series that cost the same each day."""
    rows = [{"series_id": name, "date": day, "cost": cost} for name, cost in series.items() for day in _days(JAN, last)]
    frame = pl.DataFrame(rows)
    frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    return path


def _finops(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, "forecast", *words], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_table_is_forecast_from_its_newest_day(tmp_path: Path, suffix: str) -> None:
    found = forecast_file(_table(tmp_path / f"in{suffix}", a=10.0, b=2.5))
    assert found.columns == FIELDS
    assert found["series_id"].to_list() == ["a"] * 4 + ["b"] * 4
    assert found["horizon"].to_list() == ["30d", "60d", "90d", "month_end"] * 2
    assert found["origin"].unique().to_list() == [MAY_12]
    assert found["yhat"].to_list() == pytest.approx([300, 600, 900, 310, 75, 150, 225, 77.5])


def test_days_after_as_of_are_not_looked_at(tmp_path: Path) -> None:
    table, later = _table(tmp_path / "in.csv", a=10.0), _table(tmp_path / "later.csv", last=date(2026, 6, 30), a=10.0)
    more = pl.read_csv(later).with_columns(cost=pl.when(pl.col("date") > "2026-05-12").then(99.0).otherwise("cost"))
    more.write_csv(later)
    assert forecast_file(later, as_of=MAY_12).equals(forecast_file(table))


def test_absent_days_cost_nothing(tmp_path: Path) -> None:
    table = tmp_path / "in.csv"
    rows = [{"series_id": "batch", "date": day, "cost": 20.0} for day in _days(JAN, MAY_12) if day.weekday() < 5]
    pl.DataFrame(rows).write_csv(table)
    # 13 May to 11 June 2026 has 22 weekdays.
    assert forecast_file(table, horizons=["30d"])["yhat"].to_list() == pytest.approx([440])


def test_a_silent_tail_of_a_provider_is_no_fall(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", **{f"aws/1/service {number}": 100.0 for number in range(12)})
    late = pl.read_csv(table).with_columns(cost=pl.when(pl.col("date") >= "2026-05-11").then(20.0).otherwise("cost"))
    late.write_csv(table)
    found = forecast_file(table, horizons=["30d", "month_end"])
    assert found["yhat"].to_list() == pytest.approx([3000, 3100] * 12)


def test_the_currency_of_a_table_is_handed_on(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", a=10.0)
    pl.read_csv(table).with_columns(currency=pl.lit("EUR")).write_csv(table)
    assert forecast_file(table)["currency"].unique().to_list() == ["EUR"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("series_id,date,cost\na,2026-01-01,5\na,2026-01-02,1_000\n", "line 3: cost '1_000' is not a number"),
        ("series_id,date,cost\na,2026-01-01,NaN\n", "line 2: cost 'NaN' is not a number"),
        ("series_id,date,cost\na,2026-01-01,\n", "line 2: cost None is not a number"),
        ("series_id,date,cost\na,2026-02-30,5\n", "line 2: date '2026-02-30' is not a day"),
        ("series_id,date,cost\n,2026-01-01,5\n", "line 2: series_id"),
        ("series_id,date,cost\na,2026-01-01,5\na,2026-01-01,6\n", "series 'a' has 2 rows for 2026-01-01"),
        ("series_id,day,cost\na,2026-01-01,5\n", "no column date; it has series_id, day, cost"),
        ("series_id,date,cost\n", "has no rows"),
        ("", "cannot be read"),
        ("series_id,date,cost\na,2026-01-01,5,6,7\n", "cannot be read"),
        ("series_id,date,cost,currency\na,2026-01-01,5,USD\na,2026-01-02,5,EUR\n", "more than one currency"),
    ],
)
def test_a_wrong_table_is_refused_by_its_row(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "in.csv"
    table.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said.replace("'", ".")):
        forecast_file(table)


def test_a_parquet_file_that_is_none_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "in.parquet"
    table.write_bytes(b"not a table")
    with pytest.raises(DataError, match="cannot be read"):
        forecast_file(table)


def test_wrong_use_names_what_there_is(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", a=10.0)
    with pytest.raises(ConfigError, match="no such file"):
        forecast_file(tmp_path / "none.csv")
    with pytest.raises(ConfigError, match="choose one of: cost"):
        forecast_file(table, cost_column="billed")
    with pytest.raises(ConfigError, match="2026-01-01 to 2026-05-12"):
        forecast_file(table, as_of=date(2026, 5, 13))
    with pytest.raises(ConfigError, match="1d to 90d"):
        forecast_file(table, horizons=["91d"])
    with pytest.raises(ConfigError, match="seasonal-naive"):
        forecast_file(table, method="seasonal")


def test_a_file_that_is_there_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    totals, target = forecast_file(_table(tmp_path / "in.csv", a=10.0)), tmp_path / "out.parquet"
    target.write_text("before", encoding="utf-8")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(pl.DataFrame, "write_parquet", fail)
        with pytest.raises(ConfigError, match="no space left"):
            write_table(totals, target)
    assert target.read_text(encoding="utf-8") == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.parquet"]
    write_table(totals, target)
    assert pl.read_parquet(target).equals(totals)


@pytest.mark.slow
def test_prophet_runs_in_processes_and_says_what_one_process_says(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", **{name: 10.0 for name in "abcde"})
    found = forecast_file(table, horizons=["30d"], method="prophet")
    assert found["series_id"].to_list() == list("abcde")
    assert found["yhat"].to_list() == pytest.approx([300] * 5, rel=0.02)


def test_the_command_writes_files_and_prints_json(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", a=10.0)
    done = _finops(
        "--input", str(table), "--output", str(tmp_path / "out.csv"), "--as-of", "2026-04-30", "--horizon", "month_end"
    )
    assert done.returncode == 0, done.stderr
    [row] = pl.read_csv(tmp_path / "out.csv").to_dicts()
    assert (list(row), row["origin"], row["horizon"]) == (FIELDS, "2026-04-30", "month_end")
    # April has 30 days; without witnesses the last three count as incomplete, so they have an interval.
    assert row["yhat"] == pytest.approx(300)
    shown = json.loads(_finops("--input", str(table), "--format", "json", "--horizon", "30d").stdout)
    assert shown[0]["yhat"] == pytest.approx(300)


def test_the_command_leaves_with_the_code_of_who_must_act(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv", a=10.0)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("series_id,date,cost\na,2026-01-01,x\n", encoding="utf-8")
    out = str(tmp_path / "out.csv")
    for words, code in (
        (("--input", str(wrong), "--output", out), 3),
        (("--input", str(table), "--output", str(tmp_path / "out.xlsx")), 2),
        (("--input", str(table), "--output", out, "--method", "prophetic"), 2),
        (("--input", str(table), "--output", out, "--as-of", "12.5.2026"), 2),
    ):
        done = _finops(*words)
        assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
        assert "next:" in done.stderr
    assert not Path(out).exists()


def _charge(day: date, cost: str, **change: str) -> dict[str, str]:
    month = day.replace(day=1)
    after = (month + timedelta(days=32)).replace(day=1)
    return {
        "BilledCost": cost,
        "EffectiveCost": cost,
        "BillingPeriodStart": f"{month}T00:00:00Z",
        "BillingPeriodEnd": f"{after}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        **change,
    }


@pytest.fixture
def lake(settings: Settings, write_bill: WriteBill, made_once: MadeOnce) -> Settings:
    """A hundred days of a machine at 8 and of storage at 2, and support of 60 on the first of each month."""
    made_once("forecast", lambda: _load(settings, write_bill))
    return settings


def _load(settings: Settings, write_bill: WriteBill) -> None:
    charges = []
    for day in _days(date(2026, 2, 1), MAY_12):
        charges.append(_charge(day, "8"))
        charges.append(_charge(day, "2", ServiceName="Amazon S3", SubAccountId="222", Tags="{}"))
        if day.day == 1:
            charges.append(_charge(day, "60", ChargeCategory="Purchase", ChargeFrequency="Recurring"))
    ingest(settings, [write_bill("bill.csv", charges)], source="payer")
    build(settings.lake)


def test_the_lake_is_forecast_per_provider_account_and_service(lake: Settings) -> None:
    found = forecast_lake(lake, horizons=["30d"], as_of="2026-05-12")
    by_id = {row["series_id"]: row for row in found.to_dicts()}
    assert list(by_id) == ["aws/111111111111/Amazon Elastic Compute Cloud", "aws/222/Amazon S3"]
    # Thirty days of 8 with the support of June; thirty days of 2.
    assert [row["yhat"] for row in by_id.values()] == pytest.approx([300, 60])
    assert {row["currency"] for row in by_id.values()} == {"USD"}


def test_the_lake_is_cut_as_asked(lake: Settings) -> None:
    whole = forecast_lake(lake, by=(), horizons=["month_end"], as_of="2026-05-12")
    # May: 31 days of 10 and the support of 60.
    assert whole.select("series_id", "yhat").row(0) == ("all", pytest.approx(370))
    teams = forecast_lake(lake, by=("service",), horizons=["month_end"], as_of="2026-05-12")
    assert teams["series_id"].to_list() == ["Amazon Elastic Compute Cloud", "Amazon S3"]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("account = '222'", 60),
        ("service like 'Amazon E*'", 300),
        # The mart has no such column of scopes: asked of the charges. June's support is 60.
        ("ChargeCategory = 'Purchase'", 60),
        ("ChargeCategory != 'Usage' or SubAccountId = '222'", 120),
        ("all", 360),
    ],
)
def test_only_the_charges_of_a_scope_are_forecast(lake: Settings, scope: str, expected: float) -> None:
    found = forecast_lake(lake, by=(), horizons=["30d"], as_of="2026-05-12", scope=scope)
    assert found["yhat"].to_list() == pytest.approx([expected])


def test_a_lake_without_such_charges_says_so(lake: Settings) -> None:
    with pytest.raises(LakeError, match="no charges of the scope team = 'nobody'"):
        forecast_lake(lake, as_of="2026-05-12", scope="team = 'nobody'")
    with pytest.raises(ConfigError, match="tribe"):
        forecast_lake(lake, scope="tribe = 'shop'")
    with pytest.raises(ConfigError, match="choose one of"):
        forecast_lake(lake, by=("tribe",))
    with pytest.raises(ConfigError, match="effective_cost"):
        forecast_lake(lake, cost_column="list_cost")


def test_the_command_asks_the_lake_where_no_table_is_given(lake: Settings) -> None:
    done = _finops("--by", "all", "--horizon", "90d", "--format", "json", "--as-of", "2026-05-12")
    assert done.returncode == 0, done.stderr
    # Ninety days of 10, and support on the first of June, July and August.
    assert json.loads(done.stdout)[0]["yhat"] == pytest.approx(1080)
    scoped = _finops("--by", "all", "--horizon", "90d", "--format", "json", "--scope", "account = '222'")
    # Ninety days of 2.
    assert json.loads(scoped.stdout)[0]["yhat"] == pytest.approx(180)


def test_a_scope_is_not_asked_of_a_file(tmp_path: Path) -> None:
    done = _finops("--input", str(_table(tmp_path / "in.csv", a=10.0)), "--scope", "team = 'shop'")
    assert done.returncode == 2
    assert "not rows of a file" in done.stderr
