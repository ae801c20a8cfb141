"""When is something due? The same to every scheduler, and right on both days on which clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import ConfigError
from finops_lib.recurrence import Recurrence

BERLIN = "Europe/Berlin"


def first(recurrence: Recurrence, start: str, count: int = 3) -> list[str]:
    return [f"{moment:%m-%d %H:%M}" for moment in islice(recurrence.after(datetime.fromisoformat(start)), count)]


def test_sunday_is_sunday() -> None:
    # 6 December 2026 is a Sunday.
    assert first(Recurrence.parse("0 3 * * SUN"), "2026-11-30T12:00+00:00", 2) == ["12-06 03:00", "12-13 03:00"]


def test_an_hour_that_does_not_exist_comes_as_soon_as_the_clock_has_jumped() -> None:
    # On 29 March 2026 Berlin goes from 02:00 (+1) to 03:00 (+2), which is 01:00 UTC.
    found = first(Recurrence.parse("30 2 * * *", BERLIN), "2026-03-28T00:00+00:00")
    assert found == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_an_hour_that_comes_twice_counts_once() -> None:
    # On 25 October 2026 02:30 is at 00:30 UTC and again at 01:30 UTC.
    found = first(Recurrence.parse("30 2 * * *", BERLIN), "2026-10-24T12:00+00:00", 2)
    assert found == ["10-25 00:30", "10-26 01:30"]


def test_what_comes_every_hour_comes_in_both_of_them() -> None:
    found = first(Recurrence.parse("5 * * * *", BERLIN), "2026-10-24T23:30+00:00", 4)
    assert found == ["10-25 00:05", "10-25 01:05", "10-25 02:05", "10-25 03:05"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 3 * * 0", "'0' is no day of the week"),
        ("0 3 * * 7", "no day of the week"),
        ("0 3 1 * mon", "a day of the month and a weekday"),
        ("0 3 * *", "has 4 fields"),
        ("0 0 3 * * *", "has 6 fields"),
        ("@daily", "has 1 fields"),
        ("0 25 * * *", "'0 25"),
        ("99 * * * *", "'99"),
        ("0 3 30 2 *", "'0 3 30 2"),
        ("0 3 L * *", "is no day of month"),
        ("0 3 * * fri#1", "no day of the week"),
        ("0 3 * jan *", "is no month"),
        ("", "has 0 fields"),
    ],
)
def test_what_schedulers_read_differently_is_refused(line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Recurrence.parse(line)


def test_a_time_zone_that_is_none_is_refused() -> None:
    with pytest.raises(ConfigError, match="'Mars/Olympus' is no time zone"):
        Recurrence.parse("0 3 * * *", "Mars/Olympus")


@given(
    line=st.sampled_from(["10 */6 * * *", "5 * * * *", "0 2 * * *", "30 2 * * *", "0 3 * * sun", "0 7 1 * *"]),
    zone=st.sampled_from(["UTC", BERLIN, "America/New_York", "Australia/Lord_Howe"]),
    seconds=st.integers(0, 3 * 366 * 86_400),
)
def test_the_newest_moment_is_the_last_of_those_before(line: str, zone: str, seconds: int) -> None:
    recurrence, at = Recurrence.parse(line, zone), datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    newest = recurrence.newest(at)
    assert newest <= at < next(recurrence.after(newest))
    assert newest in recurrence.between(newest - timedelta(seconds=1), at)
    assert recurrence.between(newest, at) == []
