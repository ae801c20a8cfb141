"""A state database of each kind, as the tests of the state have it."""

from tests.state.conftest import state, state_url

__all__ = ["state", "state_url"]
