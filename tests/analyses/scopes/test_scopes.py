"""Scopes: one text for all spellings, two truth values, and an error that points at the character."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.scopes import (
    EVERYTHING,
    FIELDS,
    PRESETS,
    Claim,
    Not,
    Scope,
    canonical,
    columns_of,
    matches,
    parse_scope,
    preset,
)
from finops_lib.analyses.scopes.tree import both, either
from finops_lib.errors import ConfigError

TEXT = st.text(alphabet="aé'\"*%_\\ ()", max_size=4)
FIELD = st.sampled_from([*FIELDS, "ResourceId", "SkuId", "tag"])


@st.composite
def claims(draw: st.DrawFn) -> Claim:
    field = draw(FIELD)
    key = draw(TEXT) if field == "tag" else ""
    test = draw(st.sampled_from(["=", "!=", "in", "not in", "like", "not like", "is null", "is not null"]))
    if test.endswith("null"):
        return Claim(field, test, (), key)
    if test.endswith("in"):
        return Claim(field, test, tuple(sorted(draw(st.sets(TEXT, min_size=1, max_size=3)))), key)
    return Claim(field, test, (draw(TEXT),), key)


SCOPES = st.just(EVERYTHING) | st.recursive(
    claims(),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=2, max_size=3).map(both)
        | st.lists(inner, min_size=2, max_size=3).map(either)
    ),
    max_leaves=6,
)


@given(scope=SCOPES)
def test_a_canonical_text_reads_back_as_the_same_scope(scope: Scope) -> None:
    assert parse_scope(canonical(scope)) == scope


@given(scope=SCOPES, row=st.dictionaries(FIELD, st.none() | TEXT))
def test_a_row_is_in_a_scope_or_in_its_opposite(scope: Scope, row: dict[str, str | None]) -> None:
    if scope != EVERYTHING:
        assert matches(Not(scope), row) is not matches(scope, row)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("", "all"),
        ("  ALL ", "all"),
        ("x_Team='web'", "team = 'web'"),
        ('TEAM = "it\'s"', "team = 'it''s'"),
        ("ServiceName <> 'S3'", "service != 'S3'"),
        ("team in ('b','a','b')", "team in ('a', 'b')"),
        (
            "((team='a' or (team='b'))) AND NOT environment is null",
            "(team = 'a' or team = 'b') and not environment is null",
        ),
        ("tag['app'] not like 'web-*'", "tag['app'] not like 'web-*'"),
        ("skuid = '1'", "SkuId = '1'"),
    ],
)
def test_every_spelling_has_one_text(written: str, text: str) -> None:
    assert canonical(parse_scope(written)) == text


@pytest.mark.parametrize(
    ("written", "at", "message"),
    [
        ("team = web", 8, r"character 8: 'web' where a value in quotes is expected; next: write 'web'"),
        ("teem = 'web'", 1, r"character 1: unknown field 'teem'; next: did you mean 'team'"),
        ("team = 'web", 8, r"character 8: a quote that is never closed"),
        ("team = 'a'; drop table cost", 11, r"character 11: ';' has no meaning"),
        ("team = 'a' team = 'b'", 12, r"character 12: 'team' where the end, and or or is expected"),
        ("BilledCost = '5'", 1, r"BilledCost holds no text"),
        ("Tags = '5'", 1, r"Tags holds many values; next: name one of them: tag\['key'\]"),
        ("team in ()", 10, r"'\)' where a value in quotes"),
        ("team", 5, r"the end where a comparison is expected; next: compare team by =, !="),
        ("not", 4, r"the end where a field is expected"),
        ("(team = 'a'", 12, r"the end where '\)' is expected; next: close the bracket"),
        ("all and team = 'a'", 5, r"'and' where the end"),
        ("(" * 1000 + "team = 'a'" + ")" * 1000, 52, r"at most 50 levels of brackets"),
        ("not " * 1000 + "team = 'a'", 205, r"at most 50 levels"),
    ],
)
def test_an_error_points_at_the_character(written: str, at: int, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        parse_scope(written)
    assert caught.value.at == at  # type: ignore[attr-defined]


@given(text=st.text(max_size=60))
def test_rubbish_is_an_error_of_configuration_and_nothing_else(text: str) -> None:
    try:
        scope = parse_scope(text)
    except ConfigError:
        return
    assert parse_scope(canonical(scope)) == scope


@pytest.mark.parametrize(
    ("text", "belongs"),
    [
        ("team = 'web'", True),
        ("team != 'web'", False),
        ("project != 'shop'", True),  # no project is another project
        ("project not in ('shop')", True),
        ("project not like '*'", True),
        ("project like '*'", False),
        ("account like '1*3'", True),
        ("account like '1.3'", False),
        ("tag['app'] = 'cart'", True),
        ("tag['other'] is null", True),
        ("service is not null", False),
        ("all", True),
    ],
)
def test_a_row_belongs_or_does_not(text: str, belongs: bool) -> None:
    row = {"team": "web", "x_Project": None, "account_id": "123", "Tags": {"app": "cart"}}
    assert matches(parse_scope(text), row) is belongs


def test_a_preset_is_a_claim_about_one_value() -> None:
    assert [canonical(preset(kind, "x'y")) for kind in PRESETS] == [f"{kind} = 'x''y'" for kind in PRESETS]
    with pytest.raises(ConfigError, match="unknown scope type 'region'"):
        preset("region", "x")


def test_the_columns_of_a_scope_are_those_of_the_mart() -> None:
    scope = parse_scope("team = 'a' and not (tag['k'] is null or account = '1')")
    assert columns_of(scope) == {"x_Team", "Tags", "account_id"}
