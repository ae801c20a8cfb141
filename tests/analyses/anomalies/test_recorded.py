"""Which episodes a page lists: those written down where there are any, whatever their level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from finops_lib.analyses.anomalies import bands, chosen, episodes_of_page, explain
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from tests.analyses.anomalies.judgements import anomaly

AS_OF = date(2026, 6, 30)
FEW = pl.DataFrame()


def kept(anomaly_id: str, **changes: object) -> Anomaly:
    return replace(anomaly(anomaly_id=anomaly_id), **changes)  # type: ignore[arg-type]


def page(recorded: Sequence[Anomaly], *, method: str = "recorded", days: int = 30, provider: str = "") -> list[str]:
    found = episodes_of_page(
        FEW, recorded, as_of=AS_OF, method=method, lookback_days=days, currency="USD", provider=provider
    )
    return [one.anomaly_id for one in found]


def test_what_is_written_down_is_listed_at_every_level_the_largest_money_first() -> None:
    team = kept("a1", scope="aws/team=web", account="", service="", level="team", impact=50.0)
    drop = kept("b2", impact=-400.0)
    # 5 USD and 1 % are less than a method must find, but they were recorded.
    small = kept("c3", impact=5.0, deviation_pct=1.0)
    assert page([small, team, drop]) == ["b2", "a1", "c3"]


def test_other_days_currencies_and_providers_are_other_pages_and_what_is_withdrawn_is_none() -> None:
    # The look-back of 30 days begins on 1 June.
    over = kept("a1", start=date(2026, 5, 20), end=date(2026, 5, 31))
    touches = kept("b2", start=date(2026, 5, 20), end=date(2026, 6, 1))
    later = kept("c3", start=date(2026, 7, 1), end=date(2026, 7, 2))
    euro, azure = kept("d4", currency="EUR"), kept("e5", provider="azure")
    gone = kept("f6", status="withdrawn")
    assert page([over, touches, later, euro, azure, gone]) == ["b2", "e5"]
    assert page([touches, azure], provider="azure") == ["e5"]


def test_a_method_that_is_asked_for_and_a_state_without_anomalies_look_for_themselves() -> None:
    # Without days nothing can be found; the recorded one would be.
    assert page([kept("a1")], method="zscore") == []
    assert page([]) == []
    with pytest.raises(ConfigError, match="unknown method"):
        page([], method="guess")


def test_an_id_or_its_beginning_is_found_among_all_that_is_written_down() -> None:
    listed, elsewhere = kept("abc1"), kept("abd2", currency="EUR")
    recorded = [listed, elsewhere]
    assert chosen([listed], "abd", recorded) == [elsewhere]
    assert chosen([listed], "abc1", recorded) == [listed]
    with pytest.raises(ConfigError, match="several anomalies begin with 'ab'"):
        chosen([listed], "ab", recorded)
    with pytest.raises(ConfigError, match="ff is none of the 2 recorded anomalies; next: finops anomalies list"):
        chosen([listed], "ff", recorded)


def test_what_a_person_said_it_was_stays() -> None:
    said = kept("a1", status="resolved", cause="a load test")
    assert explain([said], []) == [said]


def test_a_recorded_node_has_the_band_of_its_own_days() -> None:
    first = AS_OF - timedelta(days=139)
    costs = [100.0] * 130 + [300.0] * 10
    days = pl.DataFrame(
        {
            "day": [first + timedelta(days=n) for n in range(140)],
            "effective_cost": costs,
            "source_first_day": [first] * 140,
            "complete_through": [AS_OF] * 140,
        }
    )
    team = kept("a1", scope="aws/team=web", start=first + timedelta(days=130), end=AS_OF)
    [(of, band)] = bands(FEW, [team], {"a1": days}).items()
    assert of == team
    during = band.filter(pl.col("day") >= team.start)
    # The level before was 100. Of the first days the detector's own expectation is kept, which has begun to learn.
    assert during["expected"].to_list() == pytest.approx([100.0] * 10, rel=0.05)
    assert during["actual"].to_list() == [300.0] * 10
    new = replace(team, test="new+")
    assert set(bands(FEW, [new], {"a1": days})[new]["expected"]) == {0.0}
    assert bands(FEW, [replace(team, start=AS_OF + timedelta(days=3))], {"a1": days}) == {}
    assert bands(FEW, [team], {"a1": days.clear()}) == {}
