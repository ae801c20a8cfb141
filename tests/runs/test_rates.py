"""Rates come into the lake once; a changed one is told with both values, and a contradiction changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.errors import DataError, LockError
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import open_lake
from finops_lib.lake.rates import RateChange
from finops_lib.marts.figures import figure_sql
from finops_lib.runs import rates as loading
from finops_lib.runs.figures import run_query
from finops_lib.runs.rates import changed_rates, import_rates, listed_rates
from finops_lib.settings import Settings
from tests.conftest import on_every_lake

MAY = date(2026, 5, 1)


def load(settings: Settings, tmp_path: Path, *lines: str, source: str = "") -> list[RateChange]:
    path = tmp_path / "rates.csv"
    path.write_text("from,to,day,rate,kind\n" + "".join(f"{line}\n" for line in lines), encoding="utf-8")
    return import_rates(settings, path, source=source)


def snapshot(settings: Settings) -> int:
    with open_lake(settings.lake) as lake:
        return lake.snapshot_id


@on_every_lake
def test_the_same_rates_again_change_nothing(settings: Settings, tmp_path: Path) -> None:
    lines = ("EUR,USD,2026-05-01,1.0842,book", "EUR,USD,2026-05-02,1.09,spot")
    assert [change.status for change in load(settings, tmp_path, *lines)] == ["new", "new"]
    before = snapshot(settings)
    # Who says it does not make it another rate.
    assert [change.status for change in load(settings, tmp_path, *lines, source="ecb")] == ["unchanged", "unchanged"]
    assert snapshot(settings) == before
    assert [(row["rate"], row["kind"], row["source"]) for row in listed_rates(settings)] == [
        (Decimal("1.0842"), "book", "rates.csv"),
        (Decimal("1.09"), "spot", "rates.csv"),
    ]


@on_every_lake
def test_a_changed_rate_replaces_the_one_before_and_says_both(settings: Settings, tmp_path: Path) -> None:
    load(settings, tmp_path, "EUR,USD,2026-05-01,1.0842,book", "USD,JPY,2026-05-01,150,spot")
    first = snapshot(settings)
    changes = load(settings, tmp_path, "EUR,USD,2026-05-01,1.1,book", "GBP,USD,2026-05-01,1.3,book", source="tom")
    [changed, new] = changed_rates(changes)
    assert (changed["status"], changed["before"], changed["rate"]) == ("changed", Decimal("1.0842"), Decimal("1.1"))
    assert (new["status"], new["before"]) == ("new", None)
    with open_lake(settings.lake) as lake:
        frame = run_query(lake, figure_sql("budgets_rates"), {})
    assert frame.rows() == [
        ("EUR", "USD", MAY, Decimal("1.1"), "book"),
        ("GBP", "USD", MAY, Decimal("1.3"), "book"),
        ("USD", "JPY", MAY, Decimal(150), "spot"),
    ]
    # A page of before still sees the rate it was made with.
    with open_lake(settings.lake, snapshot=first) as lake:
        rates = "select rate from fx_rates where from_currency = 'EUR'"
        assert lake.con.execute(rates).fetchall() == [(Decimal("1.0842"),)]


def test_the_table_holds_no_deleted_rows_for_other_engines_to_stumble_over(settings: Settings, tmp_path: Path) -> None:
    load(settings, tmp_path, *(f"EUR,USD,2026-05-{day:02d},1.08,spot" for day in range(1, 32)))
    load(settings, tmp_path, "EUR,USD,2026-05-07,1.2,spot")
    with open_lake(settings.lake) as lake:
        files = lake.con.execute("from ducklake_list_files('lake', 'fx_rates')").fetchall()
        names = [column[0] for column in lake.con.description or ()]
    [file] = [dict(zip(names, row, strict=True)) for row in files]
    assert file["delete_file"] is None


@pytest.mark.parametrize(
    ("there", "back", "fits"),
    [
        # 1.0842 * 0.9223 = 0.99996; the digits leave open 0.00005 / 1.0842 + 0.00005 / 0.9223 = 0.0001
        ("1.0842", "0.9223", True),
        # 1.0842 * 0.9233 = 1.00104
        ("1.0842", "0.9233", False),
        # 150 * 0.0067 = 1.005, and 0.5 / 150 + 0.00005 / 0.0067 = 0.0108
        ("150", "0.0067", True),
        ("2", "2", False),
        # 2 * 0.51 = 1.02: the digits alone would let it pass, but 1 % is the widest.
        ("2", "0.51", False),
    ],
)
def test_there_and_back_must_be_the_same_rate_as_far_as_its_digits_go(
    settings: Settings, tmp_path: Path, there: str, back: str, fits: bool
) -> None:
    lines = [f"EUR,USD,2026-05-01,{there},book", f"USD,EUR,2026-05-01,{back},book"]
    if fits:
        assert len(load(settings, tmp_path, *lines)) == 2
        return
    with pytest.raises(DataError, match=f"EUR to USD is {there} and back {back}, which is not the same rate"):
        load(settings, tmp_path, *lines)
    assert listed_rates(settings) == []
    # The same in two files; another day or kind is another matter.
    load(settings, tmp_path, lines[0])
    with pytest.raises(DataError, match="not the same rate; next: correct one of the two; nothing was changed"):
        load(settings, tmp_path, lines[1])
    load(settings, tmp_path, lines[1].replace("05-01", "05-02"), lines[1].replace("book", "spot"))
    assert len(listed_rates(settings)) == 3


def test_a_bad_file_changes_nothing(settings: Settings, tmp_path: Path) -> None:
    load(settings, tmp_path, "EUR,USD,2026-05-01,1.0842,book")
    before = snapshot(settings)
    with pytest.raises(DataError, match="line 3"):
        load(settings, tmp_path, "EUR,USD,2026-05-01,1.5,book", "EUR,USD,2026-05-02,-1,book")
    with pytest.raises(DataError, match="is not a file"):
        import_rates(settings, tmp_path / "nowhere.csv")
    assert snapshot(settings) == before


def test_an_import_waits_for_other_writers(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load(settings, tmp_path, "EUR,USD,2026-05-01,1.0842,book")
    monkeypatch.setattr(loading, "writer_lock", lambda place, purpose: writer_lock(place, purpose=purpose, wait_s=0.1))
    with writer_lock(settings.lake, purpose="test"), pytest.raises(LockError, match="is being written by"):
        load(settings, tmp_path, "EUR,USD,2026-05-01,1.1,book")
    assert [row["rate"] for row in listed_rates(settings)] == [Decimal("1.0842")]
