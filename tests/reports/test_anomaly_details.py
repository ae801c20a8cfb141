"""The investigation on paper: what a change is made of adds up, names are escaped, silence is a sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl

from finops_lib.analyses.anomalies import Investigation, compared_days, identified, investigate, node_of
from finops_lib.reports import anomalies as page
from finops_lib.reports import anomaly_details as look
from tests.analyses.anomaly_rows import DAY, NO_TAGS, anomaly, charges, row

ROWS = [
    row(resource="i-big", cost=(50, 240), quantity=(50, 240)),
    row(resource="i-small", cost=(100, 105), quantity=(100, 105)),
    row(resource="i-old", cost=(40, 0), quantity=(40, 0)),
    row(cost=(-40, -10), quantity=(0, 0), charge_kind="credit"),
]


def looked_into(rows: list[dict[str, object]] = ROWS, *, impact: float = 155.0) -> Investigation:
    [episode] = identified([anomaly(impact=impact)])
    comparison = compared_days(DAY, DAY, first_day=date(2026, 10, 7))
    return investigate(episode, node_of(episode), comparison, charges(rows), NO_TAGS)


def said(element: page.Element) -> str:
    return element.text().replace("\u00a0", " ")


def test_the_waterfall_goes_from_the_cost_before_to_the_cost_during() -> None:
    words = said(look.anomaly_decompositions([looked_into()]))
    # 190 - 40 usage as far as items go: one item of 190 hours became 345, and credits shrank by 30
    assert "+185 USD, most of it quantity: Compute, 14 Oct 2026" in words


def test_the_proof_bridges_the_detector_and_the_charges_to_the_cent() -> None:
    words = said(look.anomaly_proof([looked_into()]))
    assert "The effects add up to the change in 1 of 1 episode" in words
    # expected 50, compared days 150 = 100 more; effects 185; during 335, the detector saw 205
    for amount in ("50.00", "+100.00", "150.00", "+185.00", "0.00", "335.00", "+130.00"):
        assert amount in words


def test_the_walk_shows_what_explains_most_and_what_moved_the_other_way() -> None:
    words = said(look.anomaly_steps([looked_into()]))
    assert "Resource" in words
    assert "i-big" in words
    assert "i-old" in words
    # 190 of 155, hidden by 40 that went
    assert "+190" in words
    assert "\u221240" in words
    assert "Account" not in words


def test_items_and_resources_are_told_before_and_after() -> None:
    found = looked_into()
    items, resources = said(look.anomaly_items([found])), said(look.anomaly_resources([found]))
    # 190 hours at 1 became 345
    for word in ("m5", "190.00", "345.00", "+155.00", "Hrs"):
        assert word in items
    assert "1 gone" in resources
    assert "i-big" in resources
    assert "gone" in resources
    other = replace(found, anomaly=replace(found.anomaly, service="Storage"))
    assert "Storage, 14 Oct 2026" in said(look.anomaly_resources([found, other]))
    assert "Storage" not in said(look.anomaly_resources([other]))


def test_the_list_gives_cause_owner_and_check_columns_of_their_own() -> None:
    found = looked_into()
    series = pl.DataFrame(
        {
            "x_Provider": ["aws"],
            "account_id": ["111"],
            "account_name": ["shop"],
            "ServiceName": ["Compute"],
            "team": [""],
            "day": [DAY],
            "effective_cost": [1.0],
        }
    )
    band = pl.DataFrame({"day": [DAY], "actual": [205.0], "expected": [50.0], "low": [40.0], "high": [60.0]})
    table = page.anomaly_table([found.anomaly], series, as_of=DAY, looked_into=[found], bands={found.anomaly: band})
    words = said(table)
    for word in ("Compute in shop", "i-big (m5) in eu-west-1", "web", "what uses more of it", found.anomaly.anomaly_id):
        assert word in words
    assert "40.0 \u2013 60.0" in words
    # The sentence is read whole, however long it is.
    assert found.cause.what in words
    act = said(page.anomaly_actions([found.anomaly], series, as_of=DAY, looked_into=[found]))
    assert "check what uses more of it; +155 USD; web" in act


def test_the_page_of_one_anomaly_answers_for_it_alone() -> None:
    found = looked_into()
    told = replace(found.anomaly, cause=found.cause.sentence)
    answer = page.anomaly_answer(
        [told], (4, 5), as_of=DAY, lookback_days=30, currency="USD", anomaly_id=told.anomaly_id
    )
    assert "Compute rose since 14 Oct, +155 USD against the usual. i-big (m5) in eu-west-1" in said(answer)


def test_names_of_a_bill_are_escaped_everywhere() -> None:
    hostile = "<script>alert(1)</script>"
    found = looked_into([row(resource=hostile, sku=hostile, region=hostile, cost=(50, 240), quantity=(5, 24))])
    details = [found]
    for element in (
        look.anomaly_decompositions(details),
        look.anomaly_steps(details),
        look.anomaly_items(details),
        look.anomaly_resources(details),
        page.anomaly_table([found.anomaly], looked_into=details),
    ):
        assert "<script>alert" not in element.html()


def test_without_an_episode_every_part_is_a_sentence() -> None:
    empty = pl.DataFrame()
    for element in (
        look.anomaly_decompositions([]),
        look.anomaly_proof([]),
        look.anomaly_steps([]),
        look.anomaly_items([]),
        look.anomaly_resources([]),
        look.anomaly_charges(empty, []),
        look.anomaly_related([]),
        look.anomaly_same_day(empty, []),
    ):
        assert element.text().endswith(".")


def test_an_unchanged_episode_is_a_sentence_too() -> None:
    still = looked_into([row(cost=(10, 10))])
    assert "the charges did not change" in said(look.anomaly_decompositions([still]))
    assert still.decomposition.change == Decimal(0)
