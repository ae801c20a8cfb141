"""Text from outside, as one harmless line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.delivery.other import unmentioned
from finops_lib.delivery.plain import clean, web_link


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two\r\nlines\u2028three", "two lines three"),
        ("a\u202eb\u200bc\x00d", "abc d"),
        ("  much   room  ", "much room"),
        ("12\u00a0USD", "12\u00a0USD"),
        ("grün 東京 🙂", "grün 東京 🙂"),
        (None, "None"),
    ],
)
def test_a_line_is_what_can_be_seen(text: object, expected: str) -> None:
    assert clean(text) == expected


def test_a_long_text_is_cut_and_says_so() -> None:
    assert clean("x" * 10_000, 5) == "xxxx\u2026"
    assert clean("xxxxx", 5) == "xxxxx"


@given(text=st.text(), limit=st.integers(2, 50))
def test_whatever_comes_it_is_short_and_can_be_printed(text: str, limit: int) -> None:
    line = clean(text, limit)
    assert len(line) <= limit
    assert all(character.isprintable() or character == "\u00a0" for character in line)


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "https://a b", 'https://a"b', "https://a|b", "ftp://x", "", "https://a\nb"]
)
def test_what_is_no_web_address_is_no_link(address: str) -> None:
    assert web_link(address) == ""


def test_a_mention_is_broken_up_for_channels_that_know_some() -> None:
    assert unmentioned("@everyone <@1>") == "@\u200beveryone <\u200b@\u200b1>"
