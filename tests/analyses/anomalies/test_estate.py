"""The estate's levels: one thing that happened is told once, at the smallest node that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from finops_lib.analyses.anomalies.estate import PlannedChange, Rules, find_in_estate
from finops_lib.analyses.anomalies.feedback import Verdict
from finops_lib.analyses.anomalies.nodes import Cells, Node, cells_of, resources_of
from finops_lib.findings import Anomaly

FIRST = date(2026, 1, 1)
DAYS = 150
RULES = Rules(since=FIRST + timedelta(days=100))
SERVICES = ("Compute", "Database", "Network", "Queue", "Search", "Storage")


def costs(*, extra: dict[int, float] | None = None, level: float = 100.0, seed: int = 1) -> list[float]:
    """Give a steady course with a wobble of 1 %, and what is added on some days."""
    wobble = np.random.default_rng(seed).normal(1, 0.01, DAYS)
    return [level * float(factor) + (extra or {}).get(day, 0.0) for day, factor in enumerate(wobble)]


def rows(course: list[float], **fields: str) -> pl.DataFrame:
    known = {
        "x_Provider": "aws",
        "account_id": "1",
        "RegionId": "eu",
        "ServiceName": "Compute",
        "x_Project": "",
        "x_Team": "web",
        "x_Environment": "prod",
        "BillingCurrency": "USD",
    }
    days = [FIRST + timedelta(days=n) for n in range(len(course))]
    return pl.DataFrame({"day": days, "effective_cost": course}).with_columns(
        *(pl.lit(value).alias(name) for name, value in (known | fields).items()),
        source_first_day=FIRST,
        complete_through=days[-1],
    )


def estate(**changed: dict[int, float]) -> pl.DataFrame:
    """Give six services in two accounts and teams; `changed` adds to the days of a service of account 1."""
    parts = []
    for number, service in enumerate(SERVICES):
        mine = costs(extra=changed.get(service), seed=number)
        parts.append(rows(mine, ServiceName=service, x_Team="web" if number % 2 else "data"))
        parts.append(rows(costs(seed=50 + number), ServiceName=service, account_id="2", x_Team="shop"))
    return pl.concat(parts)


def found_in(
    days: pl.DataFrame, resources: pl.DataFrame | None = None, *, rules: Rules = RULES, known: Sequence[Anomaly] = ()
) -> list[Anomaly]:
    [cells] = cells_of(days)
    named = resources_of(resources, cells) if resources is not None else []
    return find_in_estate(cells, named, rules, known)


SPIKE = {140: 500.0}


def test_a_spike_of_one_service_is_told_once_with_its_money_and_owner() -> None:
    [hit] = found_in(estate(Database=SPIKE))
    assert (hit.scope, hit.level, hit.account, hit.service) == ("aws/1/Database", "service", "1", "Database")
    assert hit.start == hit.end == FIRST + timedelta(days=140)
    assert hit.impact == pytest.approx(500, abs=5)
    assert (hit.owner, hit.is_over, hit.status) == ("web", True, "open")
    assert hit.expression == "provider = 'aws' and account = '1' and service = 'Database'"


def test_the_resource_that_is_nearly_all_of_it_is_told_in_place_of_its_service() -> None:
    days = estate(Database=SPIKE)
    big = rows(costs(level=40, extra=SPIKE), ServiceName="Database").with_columns(ResourceId=pl.lit("db-1"))
    small = rows(costs(level=40, extra={140: 250.0}), ServiceName="Database").with_columns(ResourceId=pl.lit("db-2"))
    [hit] = found_in(days, big)
    assert (hit.scope, hit.level, hit.service) == ("aws/1/Database/db-1", "resource", "Database")
    # half of the rise is not what happened
    assert [one.scope for one in found_in(days, small)] == ["aws/1/Database"]


def test_a_machine_that_takes_anothers_place_is_no_news() -> None:
    gone = [cost if day < 140 else 0.0 for day, cost in enumerate(costs(level=50))]
    new = [0.0 if day < 140 else 50.0 for day in range(DAYS)]
    machines = [rows(gone).with_columns(ResourceId=pl.lit("i-old")), rows(new).with_columns(ResourceId=pl.lit("i-new"))]
    assert found_in(estate(), pl.concat(machines)) == []


def test_what_two_teams_services_share_is_told_at_the_node_they_have_in_common() -> None:
    # Every service of account 1 costs 12 more for two weeks: none stands out like the account.
    days = dict.fromkeys(range(130, 150), 12.0)
    found = found_in(estate(**dict.fromkeys(SERVICES, days)))
    assert len({one.scope for one in found}) == len(found)
    assert sum(one.impact for one in found) == pytest.approx(6 * 12 * 20, rel=0.25)


def test_an_account_whose_services_rise_on_one_day_is_told_in_their_place() -> None:
    # Each is large enough to be seen by itself, and none is 60 % of the 900.
    three = found_in(estate(Compute={140: 300.0}, Database={140: 300.0}, Queue={140: 300.0}))
    assert [(one.scope, one.level) for one in three] == [("aws/1/*", "account")]
    assert three[0].impact == pytest.approx(900, abs=30)
    # 800 of 1,100 are one thing, and the other 300 are another.
    apart = found_in(estate(Compute={140: 800.0}, Database={140: 300.0}))
    assert [one.scope for one in apart] == ["aws/1/Compute", "aws/1/Database"]
    # A week apart they have nothing to do with each other.
    later = found_in(estate(Compute={133: 300.0}, Database={140: 300.0}))
    assert {one.scope for one in later} == {"aws/1/Compute", "aws/1/Database"}


def test_a_drop_of_the_newest_day_waits_for_the_next_one() -> None:
    fell = {140: -90.0, 141: -90.0}
    days = estate(Database=fell)
    last = [FIRST + timedelta(days=140 + n) for n in range(2)]
    by_morning = [
        found_in(days.filter(pl.col("day") <= day).with_columns(complete_through=pl.lit(day))) for day in last
    ]
    assert by_morning[0] == []
    [hit] = by_morning[1]
    assert (hit.scope, hit.start, hit.end) == ("aws/1/Database", *last)
    assert hit.impact == pytest.approx(-180, abs=5)


def test_a_service_that_is_known_is_not_taken_back_for_its_account() -> None:
    days = estate(Compute={140: 300.0}, Database={140: 300.0}, Queue={140: 300.0})
    [known] = found_in(estate(Compute={140: 300.0}))
    assert known.scope in {one.scope for one in found_in(days, known=[known])}


def test_a_known_episode_keeps_its_place_and_id_while_it_grows() -> None:
    days = estate(Database={140: 500.0, 141: 500.0})
    begun = days.filter(pl.col("day") <= FIRST + timedelta(days=140)).with_columns(
        complete_through=FIRST + timedelta(days=140)
    )
    [before] = found_in(begun)
    resource = rows(costs(level=40, extra={140: 500.0, 141: 500.0}), ServiceName="Database")
    [after] = found_in(days, resource.with_columns(ResourceId=pl.lit("db-1")), known=[before])
    assert (after.anomaly_id, after.scope) == (before.anomaly_id, "aws/1/Database")
    assert after.end > before.end


@pytest.mark.parametrize("node", ["aws/1/Database", "aws/1/*", "aws/*"])
def test_what_is_announced_for_a_node_is_told_neither_there_nor_above(node: str) -> None:
    planned = [PlannedChange(node, FIRST + timedelta(days=139))]
    assert found_in(estate(Database=SPIKE), rules=replace(RULES, planned=planned)) == []


@pytest.mark.parametrize("node", ["aws/1/Queue", "aws/2/*", "gcp/*", "aws/team=web"])
def test_what_is_announced_elsewhere_silences_nothing(node: str) -> None:
    # A service may be paid for by several teams: what one of them announces is not the service's.
    planned = [PlannedChange(node, FIRST + timedelta(days=139))]
    [hit] = found_in(estate(Database=SPIKE), rules=replace(RULES, planned=planned))
    assert hit.scope == "aws/1/Database"


def test_a_false_positive_asks_for_more_where_it_was_and_only_there() -> None:
    days = estate(Database=SPIKE)
    [hit] = found_in(days)
    wrong = [Verdict(hit.scope, "USD", hit.test, hit.start - timedelta(days=1))] * 6
    again = found_in(days, rules=replace(RULES, verdicts=wrong))
    assert len(again) == (1 if hit.confidence >= 0.9 else 0)
    elsewhere = [replace(one, scope="aws/1/Queue") for one in wrong]
    assert [one.scope for one in found_in(days, rules=replace(RULES, verdicts=elsewhere))] == [hit.scope]


def test_little_money_and_old_episodes_are_left_out() -> None:
    days = estate(Database=SPIKE)
    assert found_in(days, rules=replace(RULES, least_impact=10_000.0)) == []
    assert found_in(days, rules=replace(RULES, since=FIRST + timedelta(days=145))) == []


def test_a_source_that_stopped_delivering_is_no_drop_of_its_provider() -> None:
    stopped = rows(costs()[:80], ServiceName="Gone", account_id="3")
    [cells] = cells_of(pl.concat([estate(), stopped]))
    assert cells.last_day == FIRST + timedelta(days=DAYS - 1)
    assert "Gone" not in cells.values["service"]


def test_currencies_and_providers_are_never_added() -> None:
    days = pl.concat([rows(costs()), rows(costs(), BillingCurrency="EUR"), rows(costs(), x_Provider="gcp")])
    assert {(one.provider, one.currency) for one in cells_of(days)} == {("aws", "USD"), ("aws", "EUR"), ("gcp", "USD")}
    assert cells_of(days.clear()) == []


def test_a_node_is_named_and_said_in_the_grammar_of_scopes() -> None:
    resource = Node(
        "resource", "aws", "USD", (("account", "1"), ("service", "EC2"), ("resource", "i-1")), (("team", "web"),)
    )
    assert resource.name == "aws/1/EC2/i-1"
    assert resource.names == {"aws/1/EC2/i-1", "aws/1/EC2", "aws/1/*", "aws/*", "aws/team=web"}
    assert resource.is_part_of(Node("team", "aws", "USD", (("team", "web"),)))
    assert not resource.is_part_of(Node("team", "gcp", "USD", (("team", "web"),)))
    quoted = Node("service", "aws", "USD", (("account", "1"), ("service", "O'Brien's")))
    assert quoted.expression == "provider = 'aws' and account = '1' and service = 'O''Brien''s'"


def test_the_cells_of_a_node_are_summed_to_the_cent() -> None:
    [cells] = cells_of(estate(Database=SPIKE))
    for level in ("service", "account", "team", "environment", "provider"):
        total = np.sum([cost for _, cost in cells.nodes(level)], axis=0)
        assert total == pytest.approx(cells.costs.sum(axis=0))
    assert cells.nodes("project") == []
    assert isinstance(cells, Cells)
