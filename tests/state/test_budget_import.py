"""A plan file is brought into the state: once, all or nothing, and without undoing what a person decided."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.plans import Budget
from finops_lib.state.audit import verify
from finops_lib.state.budget_import import PlanChange, compare_plan, import_plan
from finops_lib.state.budgets import budget_versions, close_budget, get_budget, list_budgets
from finops_lib.state.open import State
from tests.state.conftest import JUNE, MAY, NOON, budget, on_every_state


def bring_in(state: State, *plan: Budget, close_missing: bool = False) -> list[PlanChange]:
    return import_plan(
        state,
        plan,
        amended_from=lambda _: MAY,
        close_missing=close_missing,
        closed_on=date(2026, 5, 20),
        at=NOON,
        who="ines",
    )


def told(changes: list[PlanChange]) -> list[tuple[str, str, int]]:
    return [(change.budget, change.action, change.version) for change in changes]


@on_every_state
def test_the_same_plan_again_changes_nothing(state: State) -> None:
    plan = (budget("web"), budget("api", "5"))
    assert told(bring_in(state, *plan)) == [("web", "created", 1), ("api", "created", 1)]
    assert told(bring_in(state, *plan)) == [("web", "unchanged", 1), ("api", "unchanged", 1)]
    # 5 and 5.00 are one amount.
    assert told(bring_in(state, plan[0], budget("api", "5.00")))[1] == ("api", "unchanged", 1)
    assert verify(state).lines == 2


@on_every_state
def test_what_differs_gets_a_version_and_is_told_from_and_to(state: State) -> None:
    bring_in(state, budget())
    [change] = bring_in(state, budget(amount="2000", owner="tom"))
    assert change == PlanChange("web", "amended", 2, {"amount": ["1000.10", "2000"], "owner": ["", "tom"]})
    assert get_budget(state, "web").budget.valid_from == MAY
    # The file still does not say since when; that alone is no difference.
    assert told(bring_in(state, budget(amount="2000", owner="tom"))) == [("web", "unchanged", 2)]


def test_a_plan_can_say_itself_from_when_on_it_counts(state: State) -> None:
    bring_in(state, budget())
    bring_in(state, budget(amount="7", valid_from=JUNE))
    assert get_budget(state, "web").budget.valid_from == JUNE


def test_budgets_that_the_plan_does_not_name_are_left_alone_and_named(state: State) -> None:
    bring_in(state, budget("web"), budget("api"))
    assert told(bring_in(state, budget("web"))) == [("web", "unchanged", 1), ("api", "missing", 1)]
    assert not get_budget(state, "api").is_closed
    assert told(bring_in(state, budget("web"), close_missing=True))[1] == ("api", "closed", 1)
    closed = get_budget(state, "api")
    assert (closed.is_closed, closed.closed_by, closed.budget.valid_to) == (True, "ines", date(2026, 5, 20))
    # Closed once, it is not missed again.
    assert told(bring_in(state, budget("web"), close_missing=True)) == [("web", "unchanged", 1)]


def test_what_a_person_closed_stays_closed_although_the_plan_names_it(state: State) -> None:
    bring_in(state, budget())
    close_budget(state, "web", valid_to=JUNE, at=NOON, who="tom")
    assert told(bring_in(state, budget(amount="9"))) == [("web", "stays closed", 1)]
    assert len(budget_versions(state, "web")) == 1


def test_a_dry_run_says_the_same_and_does_nothing(state: State) -> None:
    bring_in(state, budget("web"), budget("api"))
    plan = [budget("web", "7"), budget("new")]
    said = compare_plan(state, plan, close_missing=True)
    assert verify(state).lines == 2
    assert said == bring_in(state, *plan, close_missing=True)


@pytest.mark.parametrize(
    ("plan", "problem"),
    [
        ([budget("new"), budget("new")], "two budgets are called 'new'"),
        ([budget("new"), budget("a\nb")], "cannot be the name of a budget"),
        ([budget("new"), budget("web", parent="nobody")], "which is not an open budget"),
        ([budget("new"), budget("web", owner="\udcff")], "not valid UTF-8"),
    ],
)
def test_a_plan_with_one_bad_line_changes_nothing_at_all(state: State, plan: list[Budget], problem: str) -> None:
    bring_in(state, budget())
    with pytest.raises(ConfigError, match=problem):
        bring_in(state, *plan, close_missing=True)
    [only] = list_budgets(state)
    assert (only.budget, only.is_closed, verify(state).lines) == (budget(), False, 1)


def test_closing_what_is_missing_does_not_orphan_a_child(state: State) -> None:
    bring_in(state, budget("company"), budget("web", parent="company"))
    with pytest.raises(ConfigError, match="is part of 'company', which is not an open budget"):
        bring_in(state, budget("web", parent="company"), close_missing=True)
    assert told(bring_in(state, budget("web", parent=""), close_missing=True)) == [
        ("web", "amended", 2),
        ("company", "closed", 1),
    ]
    assert get_budget(state, "web").budget.amount == Decimal("1000.10")
