"""Looking into episodes through a lake: which queries are asked and kept, and the rows that are printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from finops_lib.analyses.anomalies import identified
from finops_lib.findings import Anomaly
from finops_lib.runs.anomaly_cause import (
    asking,
    investigate_all,
    investigate_listed,
    largest_charges,
    rows_of,
    same_day,
)
from tests.analyses.anomaly_rows import DAY, anomaly
from tests.marts.conftest import MemoryLake

if TYPE_CHECKING:
    import polars as pl


@pytest.fixture
def lake() -> Iterator[MemoryLake]:
    lake = MemoryLake()
    for weeks in (4, 3, 2, 1):
        lake.charge(str(DAY - timedelta(weeks=weeks)), 50, ResourceId="i-1", SkuId="m5", PricingQuantity=50)
    lake.charge(str(DAY), 240, ResourceId="i-1", SkuId="m5", PricingQuantity=240)
    # the first load makes the source known from its first charge on
    lake.charge("2026-08-01", 1)
    lake.load(6, 441, x_BillingMonth=date(2026, 10, 1), delivered_at="2026-10-20 06:00:00")
    lake.build()
    yield lake
    lake.con.close()


def episodes(count: int) -> list[Anomaly]:
    [first, *rest] = identified([replace(anomaly(impact=190.0), score=float(number)) for number in range(count)])
    return [first, *rest]


def test_an_episode_is_explained_from_the_lake(lake: MemoryLake) -> None:
    [found] = investigate_all(asking(lake), episodes(1))
    # the mean of four Wednesdays is 50
    assert (found.comparison.weeks, found.decomposition.before, found.decomposition.actual) == (4, 50, 240)
    assert found.walk.suspects[0].id == "i-1"
    assert investigate_all(asking(lake), []) == []


def test_a_source_that_just_began_is_compared_with_what_there_is(lake: MemoryLake) -> None:
    early = replace(anomaly(impact=49.0, start=date(2026, 8, 3)), end=date(2026, 8, 3))
    [found] = investigate_all(asking(lake), [early])
    assert (found.comparison.weeks, found.decomposition.before) == (0, 0)


def test_the_day_a_page_is_about_cuts_an_episode_that_goes_on(lake: MemoryLake) -> None:
    [going_on] = [replace(episode, end=DAY + timedelta(days=9)) for episode in episodes(1)]
    [found] = investigate_all(asking(lake), [going_on], as_of=DAY + timedelta(days=2))
    assert found.comparison.end == DAY + timedelta(days=2)


def test_the_queries_of_the_first_episodes_are_kept_and_of_the_others_not(lake: MemoryLake) -> None:
    kept: list[str] = []

    def query(name: str, **values: object) -> pl.DataFrame:
        kept.append(name)
        return asking(lake)(name, **values)

    found = investigate_listed(lake, query, episodes(5), as_of=DAY)
    assert len(found) == 5
    assert (kept.count("anomaly_charges"), kept.count("anomaly_tags")) == (3, 3)


def test_the_charges_and_the_day_around_an_episode_can_be_asked_for(lake: MemoryLake) -> None:
    found = investigate_all(asking(lake), episodes(1))
    charges = largest_charges(asking(lake), found)
    assert charges["effective_cost"].to_list() == [Decimal(240)]
    assert same_day(asking(lake), found, as_of=DAY).is_empty()
    assert largest_charges(asking(lake), []).is_empty()


def test_the_printed_rows_add_up(lake: MemoryLake) -> None:
    [found] = investigate_all(asking(lake), episodes(1))
    rows = rows_of(found)
    effects = {str(row["name"]): row["change"] for row in rows if row["part"] == "effect"}
    # 190 hours more at a price of 1
    assert effects == {"quantity": 190, "all together": 190, "residual": 0}
    assert [(row["part"], row["name"], row["share"]) for row in rows if row["part"] in ("resource", "suspect")] == [
        ("resource", "i-1", 1.0),
        ("suspect", "i-1", 1.0),
    ]
