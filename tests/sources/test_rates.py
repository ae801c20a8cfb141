"""A file of currency rates is read strictly, or refused with the line that is wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import DataError
from finops_lib.money import Rate
from finops_lib.sources.rates import read_rates

HEADER = "from,to,day,rate,kind\n"


def write(tmp_path: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = tmp_path / "rates.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_rate_is_read_digit_by_digit(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "EUR,USD,2026-05-01,1.084200000000000001,book\nUSD,JPY,2026-05-02,1.5E2,spot\n")
    assert read_rates(path, source="ecb") == [
        Rate("EUR", "USD", date(2026, 5, 1), "book", Decimal("1.084200000000000001"), "ecb"),
        Rate("USD", "JPY", date(2026, 5, 2), "spot", Decimal(150), "ecb"),
    ]


def test_more_than_18_decimals_are_rounded_half_away_from_zero(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "EUR,USD,2026-05-01,0.1234567890123456785,book\n")
    assert read_rates(path, source="")[0].digits == "0.123456789012345679"


def test_columns_may_come_in_any_order_behind_a_byte_order_mark(tmp_path: Path) -> None:
    path = write(tmp_path, "kind,rate,day,to,from\r\n\r\nspot,2,2026-05-01,USD,EUR\r\n", encoding="utf-8-sig")
    [rate] = read_rates(path, source="")
    assert (rate.from_currency, rate.to_currency, rate.kind, rate.digits) == ("EUR", "USD", "spot", "2")


@pytest.mark.parametrize(
    "text",
    ["0", "0.0", "-1.2", "+1", "1,2", "1_0", " 1", "1 ", "NaN", "Infinity", "1e", "\u0661", "", "1e-19", "1e20", "0x1"],
)
def test_what_is_no_positive_number_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, HEADER + f'EUR,USD,2026-05-01,"{text}",book\n')
    with pytest.raises(DataError, match=r"rates.csv line 2: rate .* is not .*nothing was changed"):
        read_rates(path, source="")


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("eur,USD,2026-05-01,1,book", "from 'eur' is not a currency"),
        ("EUR,US,2026-05-01,1,book", "to 'US' is not a currency"),
        ("EUR,EUR,2026-05-01,1,book", "EUR is converted to itself"),
        ("EUR,USD,2026-02-30,1,book", "day '2026-02-30' is not a day"),
        ("EUR,USD,20260501,1,book", "day '20260501' is not a day"),
        ("EUR,USD,2026-05-01,1,mid", "kind 'mid' is not a kind of rate; next: write one of book, spot, invoice"),
        ("EUR,USD,2026-05-01,1", "has 4 values for 5 columns"),
        ("EUR,USD,2026-05-01,1,book,x", "has 6 values for 5 columns"),
        ('EUR,USD,2026-05-01,1,"book', "is not a CSV file in UTF-8"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, problem: str) -> None:
    with pytest.raises(DataError, match=problem.replace("(", r"\(")):
        read_rates(write(tmp_path, HEADER + line + "\n"), source="")


def test_a_long_value_is_not_repeated_whole(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + f"EUR,USD,2026-05-01,{'9' * 10_000},book\n")
    with pytest.raises(DataError) as caught:
        read_rates(path, source="")
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("text", ["", "from,to,day,rate\n", "from;to;day;rate;kind\n", "from,to,day,rate,kind,extra\n"])
def test_another_header_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(DataError, match="line 1: the header is"):
        read_rates(write(tmp_path, text), source="")


def test_a_file_without_a_rate_or_in_another_encoding_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no rate"):
        read_rates(write(tmp_path, HEADER), source="")
    with pytest.raises(DataError, match="is not a CSV file in UTF-8"):
        read_rates(write(tmp_path, HEADER + "EUR,USD,2026-05-01,1,bök\n", encoding="latin-1"), source="")


def test_a_rate_given_twice_counts_once_and_with_two_values_not_at_all(tmp_path: Path) -> None:
    line = "EUR,USD,2026-05-01,{},book\n"
    assert len(read_rates(write(tmp_path, HEADER + line.format("1.5") + line.format("1.50")), source="")) == 1
    with pytest.raises(DataError, match=r"lines 2 and 3: EUR to USD on 2026-05-01 \(book\) is 1.5 and 1.6"):
        read_rates(write(tmp_path, HEADER + line.format("1.5") + line.format("1.6")), source="")


@given(st.decimals(min_value="1e-18", max_value="1e19", allow_nan=False, allow_infinity=False, places=18))
def test_every_rate_the_lake_can_hold_is_read_unchanged(
    tmp_path_factory: pytest.TempPathFactory, rate: Decimal
) -> None:
    path = tmp_path_factory.mktemp("rates") / "rates.csv"
    path.write_text(f"{HEADER}EUR,USD,2026-05-01,{rate:f},book\n", encoding="utf-8")
    assert read_rates(path, source="")[0].rate == rate
