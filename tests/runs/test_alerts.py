"""Who may read of which charges."""

from __future__ import annotations

import pytest

from finops_lib.runs.alerts import may_read


@pytest.mark.parametrize(
    ("scope", "is_readable"),
    [
        ("team = 'shop'", True),
        ("team in ('shop', 'web')", True),
        ("team != 'secret'", True),
        ("team = 'web'", False),
        # The charges of the account may be of any environment and service, these too.
        ("team = 'shop' and environment = 'prod'", False),
        ("environment != 'prod'", False),
        ("not service = 'AWS Lambda'", False),
        ("team = 'shop' or environment = 'prod'", False),
    ],
)
def test_only_what_lies_whole_in_a_readers_scope_may_be_read(scope: str, is_readable: bool) -> None:
    assert may_read(scope, {"team": "shop", "account": "111111111111"}) == is_readable


def test_fields_may_be_named_by_their_columns() -> None:
    assert may_read("team = 'shop'", {"x_Team": "shop"})
