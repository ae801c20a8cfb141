"""Parents and children, and the periods that are over: sums by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.budgets.calendar import state_of
from finops_lib.analyses.budgets.families import families_of, family_scopes
from finops_lib.analyses.budgets.past import past_periods
from finops_lib.analyses.scopes import matches, parse_scope
from finops_lib.periods import month_at
from finops_lib.plans import Budget
from tests.analyses.budgets.conftest import budget, day_row, days_of, frame

AS_OF = date(2026, 11, 10)
# team, service, cost
CHARGES = (("web", "S3", 1), ("web", "EC2", 2), ("data", "S3", 4), ("data", "EC2", 8), (None, "S3", 16))
COMPANY = budget("100", name="company", scope="team like '*' or service = 'S3'")
WEB = budget("40", name="web", scope="team = 'web'", parent="company")
S3 = budget("50", name="s3", scope="service = 'S3'", parent="company")


def days(*scopes: str) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for scope in scopes:
        for team, service, cost in CHARGES:
            if matches(parse_scope(scope), {"team": team, "service": service}):
                rows.append(day_row(date(2026, 11, 3), str(cost), AS_OF, scope=scope))
    return frame(rows)


def family(parent: Budget, *children: Budget) -> Any:
    plan = [parent, *children]
    [found] = families_of(plan, days(*{*(each.scope for each in plan), *family_scopes(plan)}), as_of=AS_OF)
    return found


def test_a_parent_knows_what_no_child_has_and_what_two_have() -> None:
    found = family(COMPANY, WEB, S3)
    # all 31; web 3 and S3 21, of which web's 1 is in both; data's EC2 for 8 is in none
    assert (found.actual, dict(found.children)) == (31, {"web": 3, "s3": 21})
    assert (found.gap, found.overlap, found.outside) == (8, 1, 0)
    assert (found.reserve, found.warning) == (10, "")


def test_a_child_that_reaches_beyond_its_parent_is_told() -> None:
    data = budget("100", name="data", scope="team = 'data'")
    s3 = budget("120", name="s3", scope="service = 'S3'", parent="data")
    found = family(data, s3)
    # data has 12, of which EC2's 8 are in no child; S3 has 21, of which 17 are not data's
    assert (found.gap, found.overlap, found.outside) == (8, 0, 17)
    assert found.actual == sum(found.children.values()) - found.overlap - found.outside + found.gap
    assert (found.reserve, found.warning) == (-20, "the parts of data may spend 20 USD more than it allows")


def test_the_whole_estate_can_be_a_parent() -> None:
    found = family(budget("100", name="company", scope="all"), WEB)
    assert (found.actual, found.gap, found.outside) == (31, 28, 0)


def test_amounts_of_other_currencies_and_periods_are_not_added() -> None:
    euros = budget("1", name="web", scope="team = 'web'", parent="company", currency="EUR")
    assert family(COMPANY, euros).reserve is None
    yearly = budget("1", name="web", scope="team = 'web'", parent="company", period="yearly")
    assert family(COMPANY, yearly).reserve is None
    assert families_of([COMPANY], days(COMPANY.scope), as_of=AS_OF) == []


@pytest.mark.parametrize(
    ("as_of", "state"), [("2026-11-29", "open"), ("2026-11-30", "provisional"), ("2026-12-11", "final")]
)
def test_past_periods_are_held_against_their_amounts(as_of: str, state: str) -> None:
    known = days_of("10", first="2026-09-15", last=as_of)
    found = past_periods([budget("300")], known, as_of=date.fromisoformat(as_of))
    # September is not whole; October 31 x 10
    assert (found[0].period.label, found[0].actual, found[0].variance) == ("Oct 2026", 310, 10)
    [november] = [past for past in found if past.period.label == "Nov 2026"]
    assert november.state == state


def test_no_more_periods_than_asked_for_and_none_of_an_empty_frame() -> None:
    known = days_of("10", first="2026-01-01", last="2026-11-10")
    found = past_periods([budget("300"), budget("3650", name="year", period="yearly")], known, as_of=AS_OF, count=2)
    assert [(past.budget, past.period.label) for past in found] == [
        ("shop", "Oct 2026"),
        ("shop", "Nov 2026"),
        ("year", "2026"),
    ]
    # 314 days through 10 November
    assert found[-1].actual == Decimal(3140)
    assert past_periods([budget()], frame([]), as_of=AS_OF) == []


def test_a_month_that_is_invoiced_is_final_at_once() -> None:
    november = month_at(date(2026, 11, 1))
    assert state_of(november, as_of=date(2026, 11, 30), is_invoiced=True) == "final"
    assert state_of(november, as_of=date(2026, 11, 29), is_invoiced=True) == "open"
