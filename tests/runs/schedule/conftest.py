"""A state database of each kind, as the tests of the state have it; bills, as the tests of a check have them."""

from tests.runs.test_budget_check import spend
from tests.state.conftest import state, state_url

__all__ = ["spend", "state", "state_url"]
