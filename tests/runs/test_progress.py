"""What a progress bar says."""

from __future__ import annotations

from finops_lib.runs.progress import tail_of


def test_a_long_name_is_shown_by_its_end() -> None:
    assert tail_of("s3://bucket/2026-05/a.csv", 25) == "s3://bucket/2026-05/a.csv"
    # 24 letters of room: a mark that something is missing, and the last 23.
    assert tail_of("s3://bucket/2026-05/a.csv", 24) == "…://bucket/2026-05/a.csv"


def test_a_narrow_terminal_still_shows_twenty_letters() -> None:
    assert tail_of("x" * 100, 3) == "…" + "x" * 19
