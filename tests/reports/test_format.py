import datetime as dt
import math
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.reports import format as say

cents = st.decimals(min_value="-99999999", max_value="99999999", places=4, allow_nan=False)


@pytest.mark.parametrize(
    ("amount", "headline", "unit", "cent"),
    [
        (0, "0", "0", "0.00"),
        (Decimal("618000"), "618k", "618,000", "618,000.00"),
        (1234567, "1.23M", "1,234,567", "1,234,567.00"),
        # Rounds up into the next prefix: not 1000k.
        (999_700, "1.00M", "999,700", "999,700.00"),
        (999.96, "1.00k", "1,000", "999.96"),
        (12.345, "12.3", "12", "12.35"),
        (0.5, "0.50", "1", "0.50"),
        (0.0123, "0.0123", "0", "0.01"),
        (-12400, "\u221212.4k", "\u221212,400", "\u221212,400.00"),
        # Rounds to nothing: no minus.
        (-0.001, "\u22120.00100", "0", "0.00"),
        (1e-9, "<0.001", "0", "0.00"),
        (Decimal("12345678901234567890123456.123456789012"), "12,300,000,000,000T", None, None),
        (None, "not known", "not known", "not known"),
        (math.nan, "not known", "not known", "not known"),
        (math.inf, "not known", "not known", "not known"),
    ],
)
def test_money_in_its_three_styles(amount, headline, unit, cent):
    assert say.money(amount).startswith(headline)
    if unit is not None:
        assert (say.money(amount, style="unit"), say.money(amount, style="cent")) == (unit, cent)


def test_the_currency_stays_on_the_line_and_brings_its_minor_units():
    assert say.money(12400, "USD") == "12.4k\u00a0USD"
    assert say.money(1234.5, "JPY", "cent") == "1,235\u00a0JPY"
    assert say.money(1.23456, "KWD", "cent") == "1.235\u00a0KWD"


def test_a_change_names_its_sign_and_base():
    assert say.change(600_000, 618_000, "USD") == "+18.0k\u00a0USD (+3.0\u00a0% of 600k\u00a0USD)"
    assert say.change(200, 150, "USD") == "\u221250.0\u00a0USD (\u221225.0\u00a0% of 200\u00a0USD)"
    assert say.change(0, 5, "USD") == "+5.00\u00a0USD (before: nothing)"
    assert say.change(5, 5, "USD") == "unchanged at 5.00\u00a0USD"
    assert say.change(None, 5) == "not known"
    # From a net credit of 5 to a charge of 5 is a rise of 10.
    assert say.change(-5, 5) == "+10.0 (+200\u00a0% of \u22125.00)"


def test_a_percentage_always_has_its_base():
    assert say.percent(12, 150, "USD") == "8.0\u00a0% of 150\u00a0USD"
    assert say.percent(3, 1204) == "0.2\u00a0% of 1,204"
    assert say.percent(3, 0, "USD") == "nothing of 0\u00a0USD"
    assert say.percent(None, 3) == "not known"


def test_numbers_of_numpy_are_numbers():
    assert say.money(np.float64(0.1) + np.float64(0.2), style="cent") == "0.30"
    assert say.number(np.int64(1204)) == "1,204"
    assert say.number(np.float64("nan")) == "not known"


def test_counts_and_quantities():
    assert [say.number(x) for x in (1204, 2.5, 0.0123, 1234.56, -3)] == ["1,204", "2.50", "0.0123", "1,235", "\u22123"]
    assert say.number(2.5, 3) == "2.500"
    assert say.ratio(14.2) == "1,420\u00a0%"


def test_dates_in_the_readers_words():
    day = dt.date(2026, 10, 3)
    assert (say.day(day), say.day(day, "full"), say.day(day, "weekday")) == ("3 Oct", "3 Oct 2026", "Sat 3 Oct")
    assert say.month(day) == "Oct 2026"
    assert say.days(day, dt.date(2026, 10, 9)) == "3\u20139 Oct 2026"
    assert say.days(dt.date(2026, 9, 28), day) == "28 Sep \u2013 3 Oct 2026"
    assert say.days(dt.date(2025, 12, 30), dt.date(2026, 1, 2)) == "30 Dec 2025 \u2013 2 Jan 2026"
    assert say.days(day, day) == "3 Oct 2026"
    assert say.moment(dt.datetime(2026, 10, 3, 1, 5, tzinfo=dt.timezone(dt.timedelta(hours=2)))) == (
        "2 Oct 2026, 23:05 UTC"
    )
    assert say.day(None) == say.month(None) == say.moment(None) == say.days(None, day) == "not known"


def test_durations_in_their_two_largest_units():
    said = [say.duration(s).replace("\u00a0", " ") for s in (0.84, 42, 192, 7500, 90000, None)]
    assert said == ["0.8 s", "42 s", "3 min 12 s", "2 h 5 min", "1 day 1 h", "not known"]


def test_names_and_plurals():
    assert say.names([]) == "none"
    assert say.names(["a"]) == "a"
    assert say.names(["a", "b", "c"]) == "a, b and c"
    assert say.names("abcdef") == "a, b and 4 more"
    assert (say.plural(1, "entry", "entries"), say.plural(1204, "entry", "entries")) == ("1 entry", "1,204 entries")
    assert (say.provider("gcp"), say.provider("hetzner")) == ("Google Cloud", "hetzner")


def test_parts_that_would_round_away_from_their_total():
    # 10.4 + 10.4 + 10.4 = 31.2: plain rounding shows 10 + 10 + 10 = 30 beside a total of 31.
    assert say.round_parts([10.4, 10.4, 10.4]) == [11, 10, 10]
    assert say.round_parts([Decimal("-0.6"), Decimal("-0.6")]) == [0, -1]
    assert say.round_parts([1.5, None, 1.5]) == [2, None, 1]
    assert say.round_parts([1499, 1499], step=1000) == [2000, 1000]
    assert say.round_parts([]) == []


@given(st.lists(st.one_of(st.none(), cents), max_size=30), st.sampled_from(["1", "0.01", "1000"]))
def test_rounded_parts_add_up_to_the_rounded_total(parts, step):
    unit = Decimal(step)
    rounded = say.round_parts(parts, step)
    known = [part for part in parts if part is not None]
    total = (sum(known, Decimal(0)) / unit).to_integral_value(ROUND_HALF_UP) * unit
    assert sum((part for part in rounded if part is not None), Decimal(0)) == total
    for part, shown in zip(parts, rounded, strict=True):
        assert (part is None) == (shown is None)
        # No part moves by a whole step, and a part that needs no rounding stays.
        assert part is None or (abs(part - shown) < unit and (part % unit != 0 or part == shown))
