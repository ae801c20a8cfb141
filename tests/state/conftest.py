"""A state database of each kind, and the budgets and statuses that tests of the state talk about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finops_lib.findings import BudgetStatus
from finops_lib.plans import Budget
from finops_lib.state.open import State, open_state
from tests.postgres import new_database

NOON = datetime(2026, 5, 20, 12, 0, 0, 123456, tzinfo=UTC)
MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)


@pytest.fixture
def state_url(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database; tests are run on each kind with `on_every_state`."""
    if getattr(request, "param", "sqlite") == "postgres":
        return new_database(request.getfixturevalue("postgres"))
    return f"sqlite:///{tmp_path / 'state.sqlite'}"


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    state = open_state(state_url)
    yield state
    state.close()


on_every_state = pytest.mark.parametrize("state_url", ["sqlite", "postgres"], indirect=True)


def budget(name: str = "web", amount: str = "1000.10", **changes: Any) -> Budget:
    given: dict[str, Any] = {"scope": f"team = '{name}'", "scope_type": "team", "scope_value": name, "currency": "USD"}
    return Budget(name=name, amount=Decimal(amount), **(given | changes))


def status(watermark: str = "w1", **changes: Any) -> BudgetStatus:
    given: dict[str, Any] = {
        "budget": "web",
        "scope_type": "team",
        "scope_value": "web",
        "period_start": MAY,
        "period_end": JUNE,
        "currency": "USD",
        "amount": Decimal("1000.10"),
        "actual": Decimal("512.123456789012"),
        "burn_per_day": None,
        "forecast_p50": Decimal(-3),
        "exhaustion_date": date(2026, 5, 30),
        "colour": "green",
        "on_track": True,
        "data_through": date(2026, 5, 18),
        "reason": 'below; "quoted"\nand more',
        "actual_known": Decimal("520"),
        "drivers": ({"label": "web", "cost": "1.50"},),
        "burn_multiple": 0.1,
    }
    return BudgetStatus(**(given | changes), watermark=watermark)
