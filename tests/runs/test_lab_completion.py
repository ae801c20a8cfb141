"""What is offered in a `%%sql` cell, name by name."""

from __future__ import annotations

import pytest

from finops_lib.runs.lab_completion import candidates, tables
from finops_lib.settings import Settings

KNOWN = {
    "cost": ("BilledCost", "BillingCurrency", "ServiceName"),
    "daily_cost": ("day", "effective_cost"),
    "state.run": ("run_id", "status"),
}


def _offered(before: str, after: str = "") -> list[str]:
    cell = f"%%sql\n{before}{after}"
    return [text for text, _ in candidates(cell, f"%%sql\n{before}", KNOWN)]


@pytest.mark.parametrize(
    ("before", "after", "offered"),
    [
        ("select * from ", "", ["cost", "daily_cost", "state.run"]),
        ("select * from state.", "", ["state.run"]),
        ("select bil", " from cost", ["BilledCost", "BillingCurrency"]),
        ("select eff", " from daily_cost where day > '2026-05-01'", ["effective_cost"]),
        ("select * from cost as c join daily_cost d on c.serv", "", ["c.ServiceName"]),
        ("select * from cost as c join daily_cost d on d.d", "", ["d.day"]),
        ("select cost.billed", " from cost", ["cost.BilledCost"]),
        # `where` is no short name of the table before it.
        ("select * from cost where where.", "", []),
        ("qual", "", ["qualify"]),
        ("select nothing_like_it", "", []),
    ],
)
def test_what_fits_is_offered(before: str, after: str, offered: list[str]) -> None:
    assert _offered(before, after) == offered


def test_columns_of_the_tables_that_are_asked_come_before_words_of_sql() -> None:
    offered = _offered("select s", " from cost")
    assert offered[0] == "ServiceName"
    assert "sum(" in offered


def test_without_a_lake_the_tables_of_the_state_are_known_and_none_is_made(settings: Settings) -> None:
    assert "run_id" in tables()["state.run"]
    assert not settings.lake.folder.exists()
