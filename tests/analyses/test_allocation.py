"""Whose charge is it: precedence, aliases, normalisation."""

from __future__ import annotations

import pytest

from finops_lib.analyses.allocation import allocate, dimensions_from, normalise, relevant_keys

RULES = {
    "team": {
        "keys": ["team", "squad"],
        "aliases": {"payments": ["pay", "Zahlungen"]},
        "accounts": {"1": "platform"},
        "billing_accounts": {"b": "holding"},
        "default": None,
    },
    "environment": {"keys": ["env"], "aliases": {"prod": ["production"]}, "default": "shared"},
}


def _allocate(
    tags: dict[str, str | None], account: str | None = None, billing: str | None = None
) -> dict[str, tuple[str, str]]:
    return allocate(dimensions_from(RULES), tags=tags, account=account, billing_account=billing)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        (" Cost_Center ", "cost-center"),
        ("user:Env", "env"),
        ("a.b/c  d", "a-b-c-d"),
        ("\uff34eam", "team"),
        ("ÄRGER", "ärger"),
    ],
)
def test_texts_are_compared_in_one_form(text: str, normal: str) -> None:
    assert normalise(text) == normal


def test_an_earlier_key_wins_over_a_later_one() -> None:
    assert _allocate({"Squad": "b", "TEAM": "a"})["team"] == ("a", "tag:TEAM")


def test_a_key_that_says_nothing_gives_way_to_the_next() -> None:
    assert _allocate({"team": "N/A", "squad": "b"})["team"] == ("b", "tag:squad")


def test_a_tag_wins_over_the_account_and_the_account_over_the_billing_account() -> None:
    assert _allocate({"team": "a"}, "1", "b")["team"] == ("a", "tag:team")
    assert _allocate({}, "1", "b")["team"] == ("platform", "account")
    assert _allocate({}, "2", "b")["team"] == ("holding", "billing-account")


def test_without_any_source_there_is_no_value_and_a_default_only_where_the_rules_give_one() -> None:
    assert _allocate({"team": ""}, "2") == {"environment": ("shared", "default")}


@pytest.mark.parametrize("value", ["pay", "PAY", "Payments", "zahlungen"])
def test_aliases_are_applied_whatever_their_case(value: str) -> None:
    assert _allocate({"team": value})["team"][0] == "payments"


def test_only_keys_that_some_dimension_reads_are_looked_at() -> None:
    assert relevant_keys(dimensions_from(RULES), ["Name", "user:Team", "ENV", "squads"]) == ["ENV", "user:Team"]
