"""A reader sees what is proven to be inside their scope, and nothing else."""

from __future__ import annotations

import pytest

from finops_lib.analyses.scopes import is_within, parse_scope


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("team = 'shop'", "all"),
        ("team = 'shop'", "team = 'shop'"),
        ("team = 'shop' and service = 'Compute'", "team = 'shop'"),
        ("team = 'shop'", "team in ('shop', 'web')"),
        ("team = 'shop' and tag['app'] = 'x'", "team != 'web'"),
        ("service not like 'A*'", "service not like 'A*'"),
    ],
)
def test_what_is_inside_by_its_own_words_is_inside(inner: str, outer: str) -> None:
    assert is_within(parse_scope(inner), parse_scope(outer))


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("all", "team = 'shop'"),
        ("team = 'web'", "team = 'shop'"),
        # An account says nothing of teams: that a missing team is not web proves nothing about its charges.
        ("account = '111'", "team != 'web'"),
        ("account = '111'", "team is null"),
        ("team = 'shop' or team = 'web'", "team = 'shop'"),
        ("not team = 'shop'", "team = 'shop'"),
        ("team = 'shop'", "tag['app'] = 'x'"),
        ("team = 'shop'", "team = 'shop' and environment = 'prod'"),
        # Inside, in truth; but no one field says it.
        ("team like 'sho*'", "team like 's*'"),
    ],
)
def test_what_is_not_proven_is_outside(inner: str, outer: str) -> None:
    assert not is_within(parse_scope(inner), parse_scope(outer))
