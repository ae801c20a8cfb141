"""Whatever happens to one cell or one byte: the right money is loaded, or the row and column are named."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources.delivery import read_delivery
from finops_lib.sources.files import find_files
from tests.conftest import CHARGE
from tests.sources.test_broken_input import bill

_MONEY = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
_EXACT = Context(prec=200, rounding=ROUND_HALF_UP)
_AMOUNT = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# Six charges of amounts that no binary float holds.
_CHARGES = [{name: f"{n}.{n}00000000001" for name in _MONEY} | {"ResourceId": f"i-{n}"} for n in range(1, 7)]

_digits = st.text("0123456789", min_size=1, max_size=45)
_amounts = st.builds(
    lambda sign, whole, point, part, exponent: f"{sign}{whole}{point}{part}{exponent}",
    st.sampled_from(["", "-", "+", "--"]),
    st.one_of(st.just(""), _digits.map(lambda text: text[:18])),
    st.sampled_from(["", ".", ".", ".", ","]),
    st.one_of(st.just(""), _digits),
    st.one_of(st.just(""), st.builds("{}{}".format, st.sampled_from("eE"), st.integers(-45, 20))),
)
_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_cells = st.one_of(_amounts, _amounts, _texts, st.text("0123456789.,eE+-_ $%NanInf", max_size=14))

_quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("1e-12"), context=_EXACT)


def _amount(text: str) -> Decimal | None:
    """Give what the lake must hold for a cell of money; None where the cell must be refused."""
    if not _AMOUNT.fullmatch(text):
        return None
    amount = Decimal(text)
    if amount and amount.adjusted() >= 16:
        return None
    rounded = _rounded(amount)
    return rounded if abs(rounded) < Decimal("1e16") else None


def _loaded(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, Decimal]:
    totals = read_delivery(con, find_files([path])).totals
    return {
        "BilledCost": sum((t.billed_loaded for t in totals), Decimal(0)),
        "EffectiveCost": sum((t.effective_loaded for t in totals), Decimal(0)),
        "ListCost": sum((t.list_loaded for t in totals), Decimal(0)),
        "ContractedCost": sum((t.contracted_loaded for t in totals), Decimal(0)),
    }


def _sums(changed: str = "", row: int = 0, amount: Decimal = Decimal(0)) -> dict[str, Decimal]:
    sums = {name: sum((Decimal(charge[name]) for charge in _CHARGES), Decimal(0)) for name in _MONEY}
    if changed in sums:
        sums[changed] += amount - Decimal(_CHARGES[row - 1][changed])
    return sums


def _corrupted(row: int, column: str, text: str) -> bytes:
    return bill([charge | ({column: text} if n == row else {}) for n, charge in enumerate(_CHARGES, start=1)])


@_quick
@given(row=st.integers(1, 6), column=st.sampled_from(_MONEY), text=_cells)
@example(row=3, column="BilledCost", text="1e12")
@example(row=3, column="BilledCost", text="1.5e11")
@example(row=3, column="BilledCost", text="12345678901.1234567890123456e0")
@example(row=3, column="BilledCost", text="1e999999999999")
@example(row=3, column="BilledCost", text="-4.9999999999999999e-13")
@example(row=3, column="BilledCost", text="0.0000000000004999999999999999999999999999999999999999")
@example(row=3, column="BilledCost", text="9999999999999999.9999999999995")
@example(row=3, column="BilledCost", text="0000000000000000000000000000000000000000012.5")
@example(row=3, column="BilledCost", text="0e5")
@example(row=3, column="BilledCost", text=".5")
@example(row=3, column="BilledCost", text="5.")
@example(row=3, column="BilledCost", text=".")
@example(row=3, column="ListCost", text="NULL")
def test_a_cell_of_money_is_loaded_to_the_last_digit_or_named(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, row: int, column: str, text: str
) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(_corrupted(row, column, text))
    if text in ("", "NULL") and column in ("ListCost", "ContractedCost"):
        # Not known is allowed for these two, and is not 0; a sum passes over it.
        assert _loaded(con, path) == _sums(column, row)
        return
    amount = _amount(text)
    if amount is not None:
        assert _loaded(con, path) == _sums(column, row, amount)
        return
    with pytest.raises(DataError) as caught:
        read_delivery(con, find_files([path]))
    assert f"row {row}: {column} " in str(caught.value)


@_quick
@given(
    row=st.integers(1, 6),
    column=st.sampled_from([name for name in CHARGE if name not in _MONEY]),
    text=st.one_of(_texts, _cells, st.dates().map(str), st.datetimes().map(str)),
)
def test_any_other_cell_leaves_the_money_as_it_is_or_is_named(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, row: int, column: str, text: str
) -> None:
    path = tmp_path / "b.csv"
    path.write_bytes(_corrupted(row, column, text))
    try:
        assert _loaded(con, path) == _sums()
    except DataError as error:
        told = str(error)
        assert f"row {row}: " in told
        assert column in told


@_quick
@given(place=st.integers(0, 10_000), byte=st.integers(0, 255), packed=st.booleans())
def test_a_changed_byte_of_a_csv_file_never_ends_in_anything_but_a_load_or_a_refusal(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, place: int, byte: int, packed: bool
) -> None:
    whole = gzip.compress(bill(_CHARGES), mtime=0) if packed else bill(_CHARGES)
    place %= len(whole)
    assume(whole[place] != byte)
    path = tmp_path / ("b.csv.gz" if packed else "b.csv")
    path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
    try:
        loaded = _loaded(con, path)
    except DataError as error:
        assert error.next_step
        assert "\n" not in str(error)
    else:
        # Plain text has no checksum: another digit is another amount. What was packed is right or refused.
        assert not packed or loaded == _sums()


@_quick
@given(cut=st.integers(1, 10_000), packed=st.booleans())
def test_a_cut_off_file_is_never_taken_for_a_shorter_one(
    con: duckdb.DuckDBPyConnection, tmp_path: Path, cut: int, packed: bool
) -> None:
    text = bill([{**charge, "Tags": '{"k": "v"}'} for charge in _CHARGES])
    whole = gzip.compress(text, mtime=0) if packed else text.removesuffix(b"\r\n")
    path = tmp_path / ("b.csv.gz" if packed else "b.csv")
    path.write_bytes(whole[: len(whole) - 1 - cut % (len(whole) - 1)])
    try:
        loaded = _loaded(con, path)
    except DataError as error:
        assert error.next_step
    else:
        # Text that ends exactly with a row's end is a whole file to anybody who has no list of its rows.
        assert not packed
        kept = path.read_bytes().rstrip(b"\r\n").count(b"\r\n")
        assert loaded["BilledCost"] == sum(Decimal(charge["BilledCost"]) for charge in _CHARGES[:kept])
