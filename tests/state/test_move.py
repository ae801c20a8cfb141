"""A state that moves to a team's server takes its history with it, and goes on there."""

from __future__ import annotations

import pytest

from finops_lib.errors import ConfigError
from finops_lib.state.audit import verify
from finops_lib.state.budget_status import append_status, status_history
from finops_lib.state.budgets import create_budget, get_budget
from finops_lib.state.move import copy_state
from finops_lib.state.open import State, open_state
from tests.postgres import new_database
from tests.state.conftest import MAY, NOON, budget, status


def test_budgets_statuses_and_the_audit_chain_are_copied_whole(state: State, state_url: str, postgres: str) -> None:
    create_budget(state, budget(), reopened_from=MAY, at=NOON, who="ines")
    with state.write() as session:
        append_status(session, status("a"), evaluated_at=NOON, run_id="r1", snapshot=7)
    target = new_database(postgres)
    copied = copy_state(state_url, target)
    assert (copied["budget"], copied["budget_status"], copied["audit_log"]) == (1, 1, 1)
    there = open_state(target)
    try:
        assert get_budget(there, "web") == get_budget(state, "web")
        assert (status_history(there), verify(there)) == (status_history(state), verify(state))
        create_budget(there, budget("api"), reopened_from=MAY, at=NOON, who="ines")
        with there.write() as session:
            assert append_status(session, status("b"), evaluated_at=NOON, run_id="r2", snapshot=8)
        assert (verify(there).lines, verify(there).broken_at) == (2, None)
    finally:
        there.close()


def test_a_copy_that_is_there_already_is_left_alone(state: State, state_url: str, postgres: str) -> None:
    create_budget(state, budget(), reopened_from=MAY, at=NOON, who="ines")
    target = new_database(postgres)
    first = copy_state(state_url, target)
    assert copy_state(state_url, target) == first
    with pytest.raises(ConfigError, match="is not empty"):
        create_budget(state, budget("api"), reopened_from=MAY, at=NOON, who="ines")
        copy_state(state_url, target)
