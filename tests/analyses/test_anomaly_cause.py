"""Where a change happened and why, in words: few names, new and gone resources, moves that cancel, owners."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.anomalies import (
    Investigation,
    NodeValues,
    chosen,
    compared_days,
    explain,
    identified,
    investigate,
    node_of,
    related,
    walk,
)
from finops_lib.errors import ConfigError
from tests.analyses.anomaly_rows import DAY, NO_TAGS, anomaly, charges, row


def looked_into(rows: list[dict[str, object]], *, impact: float, tags: pl.DataFrame = NO_TAGS) -> Investigation:
    [episode] = identified([anomaly(impact=impact)])
    # One week of bills: the sums of both sides are the amounts themselves.
    comparison = compared_days(DAY, DAY, first_day=date(2026, 10, 7))
    return investigate(episode, node_of(episode), comparison, charges(rows), tags)


def test_one_resource_that_moved_is_named_with_place_share_owner_and_check() -> None:
    found = looked_into(
        [
            row(resource="i-big", cost=(50, 240), quantity=(50, 240)),
            row(resource="i-same", cost=(51, 61), quantity=(51, 61), team="data"),
        ],
        impact=200,
    )
    # 190 of 200 that moved; 240 / 50 = 4.8 times
    assert found.cause.sentence == (
        "i-big (m5) in eu-west-1: 4.8 times the usual quantity, +190 USD, 95 % of the rise; "
        "team web: check what uses more of it"
    )
    assert [mover.id for mover in found.walk.suspects] == ["i-big", "i-same"]


def test_the_smallest_set_that_makes_four_fifths_is_found() -> None:
    rows = [row(resource=f"i-{n}", cost=(10, 10 + rise)) for n, rise in enumerate((50, 32, 10, 8))]
    found = walk(charges(rows), parts=1)
    last = found.steps[-1]
    # 50 alone is half; 50 + 32 of 100 is enough
    assert ([mover.id for mover in last.movers], last.values, last.is_narrowed) == (["i-0", "i-1"], 4, True)
    assert found.share(last.moved) == Decimal("0.82")


def test_the_walk_goes_on_only_inside_what_explains_the_change() -> None:
    rows = [
        row(service="Compute", region="eu-west-1", sku="m5", cost=(100, 300)),
        row(service="Compute", region="us-east-1", sku="m5", cost=(100, 101)),
        row(service="Storage", region="eu-west-1", sku="gp3", cost=(500, 505)),
    ]
    found = walk(charges(rows), parts=1)
    assert [(s.level, [m.id for m in s.movers]) for s in found.steps[:4]] == [
        ("account", ["111"]),
        ("service", ["Compute"]),
        ("region", ["eu-west-1"]),
        ("sku", ["m5"]),
    ]
    assert found.charges.height == 1


def test_a_rise_spread_over_many_says_so_and_names_the_largest() -> None:
    rows = [row(service=f"service {n}", resource=f"i-{n}", cost=(100, 110 + (n == 3))) for n in range(9)]
    episode = anomaly(impact=91, service="*")
    comparison = compared_days(DAY, DAY, first_day=date(2026, 10, 7))
    found = investigate(episode, node_of(episode), comparison, charges(rows), NO_TAGS)
    # 11 of 91 is 12 %; eight services are needed for four fifths of it: 11 + 6 x 10 = 71 < 73
    assert "spread over 8 services, most i-3 with 12 %" in found.cause.what
    assert found.cause.what.startswith("account 111 in eu-west-1")


def test_new_and_gone_resources_are_told_from_those_that_rest_on_some_weekdays() -> None:
    new = looked_into([row(resource="i-new", cost=(0, 100), quantity=(0, 10))], impact=100)
    assert "i-new (m5) in eu-west-1: new, +100 USD" in new.cause.what
    assert new.resources[0].is_new
    rests = looked_into([row(resource="i-weekly", cost=(0, 100), quantity=(0, 10), earlier=3)], impact=100)
    assert "charged on days on which it usually rests" in rests.cause.what
    gone = looked_into([row(resource="i-gone", cost=(100, 0), quantity=(10, 0))], impact=-100)
    assert "i-gone (m5) in eu-west-1: gone, -100 USD, 100 % of the drop" in gone.cause.what
    assert gone.resources[0].is_gone


def test_resources_that_were_exchanged_are_no_cause_but_their_price_item_is() -> None:
    rows = [row(resource=f"old-{n}", cost=(100, 0), quantity=(10, 0)) for n in range(4)]
    rows += [row(resource=f"new-{n}", cost=(0, 150), quantity=(0, 15)) for n in range(4)]
    found = looked_into(rows, impact=200)
    assert found.walk.replaced == 4
    assert [(mover.level, mover.id) for mover in found.walk.suspects] == [("sku", "m5")]
    # 40 hours became 60
    assert "m5 in eu-west-1: quantity +50 %, +200 USD, 100 % of the rise, 4 resources were replaced" in found.cause.what


def test_moves_that_cancel_in_the_total_are_found_and_told() -> None:
    rows = [
        row(service="Compute", resource="i-up", cost=(100, 500), quantity=(10, 50)),
        row(service="Storage", resource="v-down", cost=(400, 100), quantity=(40, 10)),
    ]
    found = looked_into(rows, impact=100)
    assert [(mover.id, mover.change) for mover in found.walk.against] == [("Storage", -300)]
    assert "meanwhile Storage went -300 USD the other way" in found.cause.what
    assert found.decomposition.change == 100


def test_moves_that_cancel_to_nothing_are_named() -> None:
    rows = [
        row(service="Compute", cost=(100, 400), quantity=(10, 40)),
        row(service="Storage", cost=(400, 100), quantity=(40, 10)),
    ]
    found = looked_into(rows, impact=200)
    assert found.decomposition.change == 0
    assert found.cause.what.endswith("Compute +300 USD and Storage -300 USD cancel")


def test_a_price_that_rose_is_told_as_a_price() -> None:
    rows = [row(resource="i-1", cost=(70, 100), quantity=(100, 100), listed=(100, 100), contracted=(100, 100))]
    found = looked_into(rows, impact=30)
    assert "i-1 (m5) in eu-west-1: price per Hrs +43 %" in found.cause.what
    assert found.cause.check == "whether a commitment ended or is used elsewhere"


def test_a_fee_that_jumped_is_told_from_and_to() -> None:
    rows = [row(resource="seats", sku="host subscription", region="", cost=(5400, 9150), charge_kind="fee", team="")]
    found = looked_into(rows, impact=3750)
    assert found.cause.sentence == (
        "seats (host subscription): fee from 5,400 to 9,150, +3,750 USD, 100 % of the rise; "
        "no team is tagged: check the order or contract behind the fee"
    )


def test_a_refund_on_the_day_of_an_outage_is_no_part_of_it() -> None:
    rows = [
        row(resource="cdn", cost=(1000, 400), quantity=(100, 40)),
        row(resource="", cost=(0, -350), quantity=(0, 0), charge_kind="refund"),
    ]
    found = looked_into(rows, impact=-590)
    assert "cdn (m5) in eu-west-1: quantity -60 %, -600 USD, 100 % of the drop" in found.cause.what
    assert {effect.kind: effect.amount for effect in found.decomposition.effects} == {"quantity": -600, "refund": -350}


def test_what_the_charges_do_not_show_is_not_explained_away() -> None:
    found = looked_into([row(resource="i-1", cost=(100, 101))], impact=500)
    assert found.cause.what.startswith("the charges hardly differ from the weeks before (+1 USD)")
    nothing = looked_into([], impact=500)
    assert nothing.cause.what == "the lake holds no charges of these days and of the weeks before"
    assert nothing.cause.owner == ""
    assert nothing.walk.suspects == ()


def test_charges_that_name_no_resource_are_told_by_their_price_item() -> None:
    found = looked_into([row(resource="", sku="transfer", cost=(10, 110), quantity=(1, 11))], impact=100)
    assert found.cause.what == (
        "transfer in eu-west-1: 11 times the usual quantity, +100 USD, 100 % of the rise, the bill names no resource"
    )


def test_a_tag_is_told_only_if_it_sets_the_change_apart() -> None:
    rows = [row(resource=f"i-{n}", cost=(50, 75)) for n in range(4)]
    values = [("app", "checkout", 20, 110), ("env", "prod", 200, 300)]
    tags = pl.DataFrame([(k, v, Decimal(b), Decimal(a)) for k, v, b, a in values], schema=NO_TAGS.schema, orient="row")
    found = looked_into(rows, impact=100, tags=tags)
    # checkout: 90 of 100 that moved, 20 of 200 before; prod: all of both
    assert found.tag is not None
    assert (found.tag.key, found.tag.value, found.tag.change) == ("app", "checkout", 90)


def test_a_first_week_says_that_there_was_nothing_to_compare_with() -> None:
    episode = anomaly(impact=100)
    comparison = compared_days(DAY, DAY, first_day=date(2026, 10, 10))
    rows = [row(resource="i-1", cost=(0, 100), quantity=(0, 1))]
    found = investigate(episode, node_of(episode), comparison, charges(rows), NO_TAGS)
    assert found.cause.what.endswith("the bills do not go back a week before it")


def test_an_id_follows_from_node_day_and_direction_alone() -> None:
    rise, larger, drop, elsewhere = identified(
        [anomaly(), anomaly(impact=7), anomaly(impact=-1), anomaly(service="Storage")]
    )
    assert rise.anomaly_id == larger.anomaly_id
    assert len({rise.anomaly_id, drop.anomaly_id, elsewhere.anomaly_id}) == 3
    assert len(rise.anomaly_id) == 12


def test_the_asked_episode_is_chosen_or_all_of_them() -> None:
    found = identified([anomaly(service=name) for name in ("A", "B", "C", "D")])
    assert chosen(found, "") == found
    assert chosen(found, found[3].anomaly_id) == [found[3]]
    with pytest.raises(ConfigError, match="0123456789ab is none of the 4 anomalies"):
        chosen(found, "0123456789ab")


def test_a_node_is_read_from_its_expression_where_it_has_one() -> None:
    of_team = replace(anomaly(), account="", service="", expression="provider = 'aws' and team = 'web'")
    assert node_of(of_team) == NodeValues("aws", team="web")
    of_resource = replace(anomaly(), expression="account = '111' and service = 'Compute' and ResourceId = 'i-1'")
    assert node_of(of_resource) == NodeValues("aws", "111", "Compute", resource="i-1")
    assert node_of(anomaly(service="*")) == NodeValues("aws", "111")
    with pytest.raises(ConfigError, match="no cause can be looked for"):
        node_of(replace(anomaly(), expression="team != 'web'"))


def test_related_episodes_share_an_account_a_service_or_their_first_day() -> None:
    early = date(2026, 9, 1)
    one, sister, elsewhere, stranger = identified(
        [
            anomaly(),
            anomaly(service="Storage"),
            anomaly(account="222", start=early),
            anomaly(account="222", service="Storage", start=early),
        ]
    )
    comparison = compared_days(DAY, DAY, first_day=date(2026, 10, 7))
    looked_at = investigate(one, node_of(one), comparison, charges([row(cost=(1, 101))]), NO_TAGS)
    assert related([], [one]) == []
    assert related([looked_at], [stranger, elsewhere, one, sister]) == [
        (sister, "same account and began within a day"),
        (elsewhere, "same service"),
    ]


def test_the_causes_are_written_into_the_episodes() -> None:
    found = looked_into([row(resource="i-big", cost=(50, 240))], impact=200)
    [other] = identified([anomaly(service="Storage")])
    told = explain([found.anomaly, other], [found])
    assert told[0].cause == found.cause.sentence
    assert told[1] == other
