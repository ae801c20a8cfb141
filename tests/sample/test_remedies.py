"""An estate that is looked at again: what was acted on is gone or smaller from its day on, and nothing else changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import ConfigError
from finops_lib.sample import Estate, write_estate
from tests.sample.conftest import reader

FIRST, LATER, ACTED = date(2026, 3, 17), date(2026, 5, 1), date(2026, 3, 24)
ROWS = 10_000
# One kind of each remedy on each provider, and one that has several lines on the bill.
KINDS = {
    "rightsize-ec2", "off-hours-schedule", "unattached-volume", "io-volume-overprovisioned", "rightsize-rds",
    "rightsize-azure-vm", "azure-premium-snapshot", "rightsize-gce", "gcp-idle-vm", "gcp-blank-disk",
}  # fmt: skip


def told(estate: Estate) -> dict[str, Any]:
    truth: dict[str, Any] = json.loads(estate.truth.read_text(encoding="utf-8"))
    return truth


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return write_estate(tmp_path_factory.mktemp("first"), as_of=FIRST, rows=ROWS)


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return write_estate(tmp_path_factory.mktemp("untouched"), as_of=LATER, labelled_as_of=FIRST, rows=ROWS)


@pytest.fixture(scope="module")
def chosen(first: Estate) -> dict[str, dict[str, Any]]:
    """The first resource of each kind, by its id in lower case."""
    found: dict[str, dict[str, Any]] = {}
    for one in told(first)["waste"]:
        if one["kind"] in KINDS and one["kind"] not in {other["kind"] for other in found.values()}:
            found[one["resource_id"].lower()] = one
    assert {one["kind"] for one in found.values()} == KINDS
    return found


@pytest.fixture(scope="module")
def acted(tmp_path_factory: pytest.TempPathFactory, chosen: Mapping[str, Any]) -> Estate:
    return write_estate(
        tmp_path_factory.mktemp("acted"),
        as_of=LATER,
        labelled_as_of=FIRST,
        rows=ROWS,
        implemented=dict.fromkeys(chosen, ACTED),
    )


def costs(con: duckdb.DuckDBPyConnection, estate: Estate, provider: str, *, since: date, until: date) -> dict[Any, Any]:
    """Give the usage of each resource, meter and day, to the last digit."""
    rows = con.execute(
        f"""
        select lower(ResourceId), SkuMeter, cast(cast(ChargePeriodStart as timestamp) as date),
            sum(cast(EffectiveCost as decimal(28,12)))
        from {reader(estate.files_of(provider))}
        where ChargeCategory = 'Usage' and cast(cast(ChargePeriodStart as timestamp) as date) between ? and ?
        group by all
        """,
        [since, until],
    ).fetchall()
    return {row[:3]: row[3] for row in rows}


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_what_nobody_acted_on_costs_what_it_cost(
    provider: str, untouched: Estate, acted: Estate, chosen: Mapping[str, Any], con: duckdb.DuckDBPyConnection
) -> None:
    before, after = (costs(con, estate, provider, since=date(2025, 3, 1), until=LATER) for estate in (untouched, acted))
    assert {key: cost for key, cost in before.items() if key[0] not in chosen} == {
        key: cost for key, cost in after.items() if key[0] not in chosen
    }
    touched = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert touched
    assert all(day >= ACTED for _, _, day in touched)


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp"])
def test_a_later_look_sees_the_days_of_the_first_one_as_they_were(
    provider: str, first: Estate, untouched: Estate, con: duckdb.DuckDBPyConnection
) -> None:
    # The last three days had not arrived then. Before the last three weeks a charge may cover more than a day.
    since, until = FIRST - timedelta(days=14), FIRST - timedelta(days=4)
    now, then = (costs(con, estate, provider, since=since, until=until) for estate in (untouched, first))
    # What was bought from both commitments' sides is told by its own rows; a refund may have come since.
    assert then
    assert {key: cost for key, cost in now.items() if key[0] is not None} == {
        key: cost for key, cost in then.items() if key[0] is not None
    }


def test_each_action_saved_per_day_what_the_truth_says(
    untouched: Estate, acted: Estate, chosen: Mapping[str, Any], con: duckdb.DuckDBPyConnection
) -> None:
    saved = {one["resource_id"].lower(): one for one in told(acted)["implemented"]}
    assert saved.keys() == chosen.keys()
    for resource, one in saved.items():
        days = [date.fromisoformat(day) for day in one["days"]]
        assert days == [ACTED + timedelta(days=n) for n in range(len(days))]
        assert LATER - days[-1] <= timedelta(days=3)
        sums = []
        for estate in (untouched, acted):
            found = costs(con, estate, one["provider"], since=days[0], until=days[-1])
            sums.append(sum(cost for key, cost in found.items() if key[0] == resource))
        assert float(sums[0] - sums[1]) == pytest.approx(sum(map(float, one["days"].values())), abs=0.01), one["kind"]
        # A resize saves every day the same; a schedule nothing on the hours that stay.
        month = sum(map(float, one["days"].values())) / len(days) * 365 / 12
        assert month == pytest.approx(float(chosen[resource]["monthly_saving"]), rel=0.04, abs=0.02), one["kind"]


def test_what_was_removed_is_gone_from_the_inventory_and_what_was_resized_is_smaller(
    untouched: Estate, acted: Estate, chosen: Mapping[str, Any]
) -> None:
    def inventory(estate: Estate) -> dict[str, dict[str, Any]]:
        lines = (estate.folder / "inventory" / "aws" / "resources.jsonl").read_text(encoding="utf-8").splitlines()
        return {one["resource_id"]: one for one in map(json.loads, lines)}

    before, after = inventory(untouched), inventory(acted)
    ids = {one["kind"]: one["resource_id"] for one in chosen.values() if one["provider"] == "aws"}
    assert before.keys() - after.keys() == {ids["unattached-volume"]}
    assert before[ids["rightsize-ec2"]]["attributes"]["instance_type"] == "m5.4xlarge"
    assert after[ids["rightsize-ec2"]]["attributes"]["instance_type"] == "m5.2xlarge"
    assert after[ids["rightsize-rds"]]["attributes"]["instance_class"] == "db.r6g.xlarge"
    assert after[ids["io-volume-overprovisioned"]]["attributes"]["volume_type"] == "gp3"


def test_the_truth_keeps_the_waste_as_it_was_found(first: Estate, acted: Estate) -> None:
    found, later = (
        {(w["kind"], w["resource_id"]): w["monthly_cost"] for w in told(e)["waste"]} for e in (first, acted)
    )
    steady = {key for key in found if key[0] not in {"unused-commitment", "regional-transfer"}}
    # A month's mean of floats may round to another cent.
    assert all(abs(Decimal(found[key]) - Decimal(later[key])) <= Decimal("0.01") for key in steady)
    assert found.keys() == later.keys()


def test_labels_of_a_later_day_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="labels of 2026-05-01 cannot be in bills through 2026-03-17"):
        write_estate(tmp_path, as_of=FIRST, labelled_as_of=LATER, rows=ROWS)
