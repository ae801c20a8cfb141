"""What a progress bar says."""

from __future__ import annotations

import pytest

from finops_lib.runs.progress import tail_of
from tests.hostile import NAMES, steering


def test_a_long_name_is_shown_by_its_end() -> None:
    assert tail_of("s3://bucket/2026-05/a.csv", 25) == "s3://bucket/2026-05/a.csv"
    # 24 letters of room: a mark that something is missing, and the last 23.
    assert tail_of("s3://bucket/2026-05/a.csv", 24) == "…://bucket/2026-05/a.csv"


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_file_of_a_bucket_steers_the_terminal(name: str) -> None:
    shown = tail_of(f"s3://bucket/{name}", 60)
    assert (len(shown) <= 60, steering(shown)) == (True, set())


def test_a_narrow_terminal_still_shows_twenty_letters() -> None:
    assert tail_of("x" * 100, 3) == "…" + "x" * 19
