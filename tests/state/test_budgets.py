"""Budgets are never edited: they get versions, each speaks for the periods it was made for, and names are names."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.errors import ConfigError
from finops_lib.plans import Budget
from finops_lib.state.audit import verify
from finops_lib.state.budgets import (
    amend_budget,
    budget_versions,
    budgets_in_force,
    close_budget,
    create_budget,
    get_budget,
    list_budgets,
    speaking_for,
)
from finops_lib.state.open import State
from tests.state.conftest import JUNE, MAY, NOON, budget, on_every_state

SIXTEENTH = date(2026, 5, 16)


def create(state: State, made: Budget) -> Budget:
    return create_budget(state, made, reopened_from=JUNE, at=NOON, who="ines")


def amend(state: State, name: str = "web", *, since: date | None = MAY, **changes: Any) -> Budget:
    return amend_budget(state, name, changes, valid_from=since, at=NOON, who="tom")


def close(state: State, name: str = "web", on: date = SIXTEENTH) -> Budget:
    return close_budget(state, name, valid_to=on, at=NOON, who="ines")


def month(_: Budget, day: date = SIXTEENTH) -> date:
    return day.replace(day=1)


@on_every_state
def test_a_budget_comes_back_as_it_was_entered(state: State) -> None:
    made = budget(
        "café 🐈 'quoted' \"twice\" \\ %s {0}", "0.000000000001", owner="a\nb", thresholds=(80,), cost="billed"
    )
    assert create(state, made) == made
    kept = get_budget(state, made.name)
    assert kept.budget == made
    assert (kept.created_at, kept.created_by, kept.is_closed) == (NOON, "ines", False)


@on_every_state
def test_an_amendment_adds_a_version_and_leaves_the_one_before(state: State) -> None:
    create(state, budget())
    amended = amend(state, amount=Decimal("2000.00"))
    assert (amended.version, amended.amount, amended.valid_from) == (2, Decimal(2000), MAY)
    assert [kept.budget.amount for kept in budget_versions(state, "web")] == [Decimal("1000.10"), Decimal(2000)]
    assert get_budget(state, "web", 1).budget.amount == Decimal("1000.10")
    assert [kept.budget.version for kept in list_budgets(state)] == [2]


def test_what_changes_nothing_is_no_amendment(state: State) -> None:
    create(state, budget())
    with pytest.raises(ConfigError, match="is like that already"):
        amend(state, amount=Decimal("1000.100"))
    assert len(budget_versions(state, "web")) == 1


@on_every_state
def test_a_closed_budget_speaks_for_no_later_period_and_can_be_opened_again(state: State) -> None:
    create(state, budget())
    assert [one.name for one in budgets_in_force(state, SIXTEENTH, month)] == ["web"]
    close(state)
    assert budgets_in_force(state, SIXTEENTH, month) == []
    # On the day before it still did.
    day_before = SIXTEENTH - timedelta(days=1)
    assert [one.name for one in budgets_in_force(state, day_before, month)] == ["web"]
    with pytest.raises(ConfigError, match=r"was closed on 2026-05-20 by ines; next: open it again"):
        close(state)
    with pytest.raises(ConfigError, match="was closed on"):
        amend(state, amount=Decimal(1))
    again = create(state, budget(amount="5"))
    assert (again.version, again.valid_from, again.valid_to) == (2, JUNE, None)
    versions = [kept.budget for kept in budget_versions(state, "web")]
    # May is the closed one's, June the new one's.
    assert [speaking_for(versions, day) for day in (MAY, JUNE)] == [versions[0], versions[1]]


def test_a_day_outside_a_budgets_calendar_has_no_budget(state: State) -> None:
    create(state, budget())
    assert budgets_in_force(state, SIXTEENTH, lambda _: None) == []


def test_an_amendment_from_next_month_leaves_this_one_alone(state: State) -> None:
    create(state, budget())
    amend(state, since=JUNE, amount=Decimal(7))
    [may] = budgets_in_force(state, SIXTEENTH, month)
    [june] = budgets_in_force(state, JUNE, lambda one: month(one, JUNE))
    assert (may.version, june.version) == (1, 2)


@given(
    st.lists(st.tuples(st.none() | st.dates(MAY, JUNE), st.none() | st.dates(MAY, JUNE)), max_size=6),
    st.dates(MAY, JUNE),
)
def test_the_newest_version_that_may_speak_does(spans: list[tuple[date | None, date | None]], start: date) -> None:
    versions = [
        replace(budget(), version=number, valid_from=first, valid_to=end)
        for number, (first, end) in enumerate(spans, start=1)
    ]
    spoken = speaking_for(versions, start)
    able = [
        v.version for v in versions if (v.valid_from or MAY) <= start and (v.valid_to is None or start < v.valid_to)
    ]
    assert (spoken.version if spoken else None) == (able[-1] if able else None)


@pytest.mark.parametrize(
    "name",
    ["", " ", " web", "web ", "a\nb", "a\tb", "a\x00b", "\u202eweb", "x" * 101, "x" * 10_000, "\ud800"],
)
def test_what_cannot_be_a_name_is_refused_and_nothing_is_left(state: State, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot be the name of a budget"):
        create(state, budget(name))
    assert (list_budgets(state), verify(state).lines) == ([], 0)


@pytest.mark.parametrize("name", ["x" * 100, "'; drop table budget; --", '"', "=cmd()", "<b>&amp;", "%", "日本"])
def test_what_only_looks_dangerous_is_kept_exactly(state: State, name: str) -> None:
    create(state, budget(name))
    assert get_budget(state, name).budget.name == name


def test_a_text_that_is_no_unicode_is_refused(state: State) -> None:
    with pytest.raises(ConfigError, match="not valid UTF-8"):
        create(state, budget(owner="\udcff"))
    assert list_budgets(state) == []


def test_long_texts_are_kept_whole(state: State) -> None:
    owner = "ö'\"\n" * 10_000
    create(state, budget(owner=owner))
    assert get_budget(state, "web").budget.owner == owner


def test_a_name_that_is_taken_or_unknown_is_said_so(state: State) -> None:
    create(state, budget())
    with pytest.raises(ConfigError, match="there is a budget 'web' already"):
        create(state, budget())
    with pytest.raises(ConfigError, match=r"unknown budget 'wep'; next: did you mean 'web'\?"):
        amend(state, "wep", amount=Decimal(1))
    with pytest.raises(ConfigError, match="has no version 2; next: choose one of 1 to 1"):
        get_budget(state, "web", 2)


def test_a_parent_must_be_an_open_budget_and_nobody_their_own_ancestor(state: State) -> None:
    with pytest.raises(ConfigError, match="is part of 'company', which is not an open budget"):
        create(state, budget(parent="company"))
    create(state, budget("company"))
    create(state, budget(parent="company"))
    with pytest.raises(ConfigError, match="is part of 'company', which is not an open budget"):
        close(state, "company")
    with pytest.raises(ConfigError, match="would be part of itself"):
        amend(state, "company", parent="web")
    assert [(kept.budget.name, kept.budget.version, kept.is_closed) for kept in list_budgets(state)] == [
        ("company", 1, False),
        ("web", 1, False),
    ]
    # Two budgets, two lines: what was refused was never there.
    assert verify(state).lines == 2
