"""`finops anomalies detect --input`: any table of daily series, read strictly, written whole or not at all."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from finops_lib.analyses.anomalies.flagged import SCHEMA
from finops_lib.errors import ConfigError, DataError
from finops_lib.runs import anomaly_file
from finops_lib.runs.anomaly_file import detect_file
from tests.analyses.anomalies.test_workbench import estate_with_events

FIRST, DAYS = date(2026, 1, 1), 200
SPIKE = 150


def _table(path: Path, *, accounts: int = 2, services: int = 3, spiked: str = "aws/1/s1", **more: str) -> Path:
    """Write steady series with a wobble of 1 %; one costs nine times as much on one day."""
    random = np.random.default_rng(5)
    rows = []
    for account in range(accounts):
        for service in range(services):
            name = f"aws/{account}/s{service}"
            for day in range(DAYS):
                cost = 100 * random.normal(1, 0.01) * (9 if name == spiked and day == SPIKE else 1)
                rows.append({"series_id": name, "date": FIRST + timedelta(days=day), "cost": cost, **more})
    frame = pl.DataFrame(rows)
    frame.write_parquet(path) if path.suffix == ".parquet" else frame.write_csv(path)
    return path


def _finops(*words: object) -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    command = [sys.executable, "-c", code, "anomalies", "detect", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_the_day_of_a_spike_is_told_with_what_was_expected(tmp_path: Path, suffix: str) -> None:
    told = detect_file(_table(tmp_path / f"in{suffix}"))
    assert told.schema == SCHEMA
    [row] = told.filter(pl.col("date") == FIRST + timedelta(days=SPIKE)).to_dicts()
    assert (row["series_id"], row["methods"]) == ("aws/1/s1", "workbench")
    # 900 where about 100 would be usual, each with a wobble of 1 %
    assert (row["expected"], row["actual"]) == (pytest.approx(100, abs=5), pytest.approx(900, abs=45))
    assert row["score"] == row["confidence"] > 0.9
    assert told["series_id"].unique().to_list() == ["aws/1/s1"]


def test_several_methods_are_one_row_that_names_them(tmp_path: Path) -> None:
    told = detect_file(_table(tmp_path / "in.csv"), methods=("workbench", "zscore", "iqr"))
    [row] = told.filter(
        (pl.col("date") == FIRST + timedelta(days=SPIKE)) & (pl.col("series_id") == "aws/1/s1")
    ).to_dicts()
    assert row["methods"] == "workbench,zscore,iqr"


def test_a_smaller_score_tells_more_and_nought_tells_every_candidate(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.parquet")
    counts = [detect_file(table, methods=("zscore",), min_score=score).height for score in (0.99, 0.6, 0.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]
    assert detect_file(table, methods=("zscore",), min_score=0.0)["score"].min() > 0


@pytest.mark.parametrize("methods", [("workbench",), ("zscore",), ("workbench", "iqr")])
def test_the_newest_days_alone_are_told_as_all_days_are(tmp_path: Path, methods: tuple[str, ...]) -> None:
    costs, accounts = estate_with_events()
    series, days = costs.shape
    frame = pl.DataFrame(
        {
            "series_id": [f"{accounts[row]}/s{row}" for row in range(series) for _ in range(days)],
            "date": [FIRST + timedelta(days=day) for _ in range(series) for day in range(days)],
            "cost": costs.ravel(),
        }
    )
    frame.write_parquet(table := tmp_path / "in.parquet")
    whole = detect_file(table, methods=methods)
    asked = whole.filter(pl.col("date") > FIRST + timedelta(days=days - 1 - 7))
    assert 0 < asked.height < whole.height
    # Sums over a shorter matrix are rounded at other places.
    assert_frame_equal(detect_file(table, methods=methods, newest=7), asked, rel_tol=1e-4, abs_tol=1e-3)


def test_more_newest_days_than_there_are_are_all(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.parquet")
    assert detect_file(table, newest=DAYS + 1).equals(detect_file(table))


@pytest.mark.parametrize("node", ["aws/1/s1", "aws/1/*"])
def test_what_is_planned_is_not_told(tmp_path: Path, node: str) -> None:
    planned = tmp_path / "planned.csv"
    day = FIRST + timedelta(days=SPIKE)
    planned.write_text(f"series_id,date,note\n{node},{day},a test\naws/9/gone,2030-01-01,\n")
    told = detect_file(_table(tmp_path / "in.csv"), planned=planned)
    assert day not in told["date"].to_list()
    planned.write_text("series_id,date,note\n")
    assert day in detect_file(_table(tmp_path / "in.csv"), planned=planned)["date"].to_list()


def test_the_currency_is_told_where_the_table_says_it_and_currencies_are_judged_apart(tmp_path: Path) -> None:
    one, other = _table(tmp_path / "a.parquet", currency="USD"), _table(tmp_path / "b.parquet", currency="EUR")
    named = pl.col("series_id").str.replace("aws", "azure")
    pl.concat([pl.read_parquet(one), pl.read_parquet(other).with_columns(named)]).write_parquet(tmp_path / "in.parquet")
    told = detect_file(tmp_path / "in.parquet", methods=("zscore",), min_score=0.95)
    assert told.columns == [*SCHEMA, "currency"]
    assert set(told.select("series_id", "currency").iter_rows()) >= {("aws/1/s1", "USD")}


def test_blocks_of_whole_accounts_tell_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = _table(tmp_path / "in.parquet", accounts=7, services=5)
    whole = detect_file(table, methods=("zscore",), min_score=0.0)
    monkeypatch.setattr(anomaly_file, "BLOCK", 10)
    assert detect_file(table, methods=("zscore",), min_score=0.0).equals(whole)
    series = anomaly_file.read_series_file(table).series
    blocks = list(anomaly_file._blocks(series))
    assert pl.concat(blocks).sort("series_id").equals(series)
    # 35 series in three blocks; no account in two of them
    assert [block.height for block in blocks] == [15, 10, 10]
    assert sum(block["account"].n_unique() for block in blocks) == 7


@pytest.mark.parametrize(
    ("name", "account"),
    [("aws/1/EC2", "aws/1"), ("aws/1/EC2/eu/x", "aws/1"), ("aws/EC2", "aws"), ("EC2", "")],
)
def test_the_account_is_read_from_the_name(tmp_path: Path, name: str, account: str) -> None:
    (tmp_path / "in.csv").write_text(f"series_id,date,cost\n{name},2026-01-01,1\n")
    assert anomaly_file.read_series_file(tmp_path / "in.csv").series["account"].to_list() == [account]


def test_an_account_of_its_own_column_goes_before_the_name(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("series_id,date,cost,provider,account\nEC2 of shop,2026-01-01,1,aws,shop\n")
    assert anomaly_file.read_series_file(tmp_path / "in.csv").series["account"].to_list() == ["aws/shop"]


@pytest.mark.parametrize("days", [1, 3, 15])
def test_a_short_table_is_judged_without_an_error(tmp_path: Path, days: int) -> None:
    rows = [f"aws/1/a,{FIRST + timedelta(days=n)},{5 + n}" for n in range(days)]
    (tmp_path / "in.csv").write_text("\n".join(["series_id,date,cost", *rows]))
    for name in ("workbench", "zscore", "iqr", "isolation_forest", "prophet"):
        assert detect_file(tmp_path / "in.csv", methods=(name,)).schema == SCHEMA


@pytest.mark.slow
def test_methods_that_fit_one_by_one_run_in_processes(tmp_path: Path) -> None:
    told = detect_file(_table(tmp_path / "in.parquet", services=5), methods=("isolation_forest",))
    assert ("aws/1/s1", FIRST + timedelta(days=SPIKE)) in set(told.select("series_id", "date").iter_rows())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("series_id,date\na/b/c,2026-01-32\n", "line 2: date '2026-01-32' is not a day"),
        ("series_id,date\n,2026-01-01\n", "line 2: series_id None is not a name"),
        ("series_id,day\na/b/c,2026-01-01\n", "no column date"),
    ],
)
def test_a_wrong_plan_is_refused_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "planned.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        detect_file(_table(tmp_path / "in.csv"), planned=tmp_path / "planned.csv")


def test_wrong_words_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    missing = tmp_path / "missing.csv"
    for options, said in (
        ({"methods": ("zscor",)}, "did you mean 'zscore'"),
        ({"methods": ("zscore", "zscore")}, "names 'zscore' twice"),
        ({"methods": ()}, "names nothing"),
        ({"min_score": 1.5}, "is not between 0 and 1"),
    ):
        with pytest.raises(ConfigError, match=said):
            detect_file(missing, **options)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no such file"):
        detect_file(missing)


@pytest.mark.slow
def test_the_command_writes_whole_files_or_none(tmp_path: Path) -> None:
    table = _table(tmp_path / "in.csv")
    for suffix in (".csv", ".parquet", ".json"):
        done = _finops("--input", table, "--output", tmp_path / f"out{suffix}")
        assert (done.returncode, done.stderr) == (0, "")
    assert pl.read_csv(tmp_path / "out.csv").columns == list(SCHEMA)
    assert pl.read_parquet(tmp_path / "out.parquet").height == len(json.loads((tmp_path / "out.json").read_text()))
    (tmp_path / "bad.csv").write_text("series_id,date,cost\na/b/c,2026-01-01,1_000\n")
    done = _finops("--input", tmp_path / "bad.csv", "--output", tmp_path / "new.csv")
    assert (done.returncode, (tmp_path / "new.csv").exists()) == (3, False)
    assert "line 2: cost '1_000' is not a number" in done.stderr
    done = _finops("--output", tmp_path / "new.csv")
    assert (done.returncode, done.stderr) == (2, "finops: --output needs --input; next: name a table with --input\n")
    done = _finops("--input", table, "--as-of", "2026-02-01")
    assert done.returncode == 2
