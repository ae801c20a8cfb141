"""The savings page: net before gross, ranges with it, and what was not looked at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.reports import savings as page
from finops_lib.reports import savings_details as details


@dataclass(frozen=True)
class Total:
    currency: str = "USD"
    low: Decimal = Decimal(0)
    base: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    counted: tuple[Recommendation, ...] = ()
    reviews: tuple[Recommendation, ...] = ()


@dataclass(frozen=True)
class Evaluation:
    check: str = "A14"
    rule: str = "idle-ec2"
    provider: str = "aws"
    status: str = "not evaluated"
    needs: str = "cpu metrics of aws-ec2-instance"
    permission: str = "cloudwatch:GetMetricData"
    said: str = "AccessDenied"
    accounts: tuple[str, ...] = ("111",)


@dataclass(frozen=True)
class Banked:
    type: str = "gp2-volume"
    currency: str = "USD"
    count: int = 2
    verified: int = 1
    claimed: Decimal = Decimal(300)
    banked: Decimal = Decimal(140)
    unverified: Decimal = Decimal(150)
    rate: float | None = 140 / 150


@dataclass(frozen=True)
class Rank:
    recommendation: Recommendation
    per_hour: Decimal


def advice(**values: Any) -> Recommendation:
    usual: dict[str, Any] = {
        "type": "gp2-volume",
        "provider": "aws",
        "account": "111",
        "resource_id": "vol-1",
        "action": "change the type to gp3",
        "evidence": "400 GB of gp2",
        "monthly_savings": Decimal(100),
        "current_monthly_cost": Decimal(500),
        "currency": "USD",
        "confidence": 0.8,
        "priority": "low",
        "owner": "shop",
    }
    return Recommendation(**{**usual, **values})


IDLE = advice(type="idle-nat-gateway", resource_id="nat-1", monthly_savings=Decimal(30), confidence=0.9, owner="")
FOUND = Total(low=Decimal(107), base=Decimal(107), high=Decimal(130), counted=(advice(), IDLE))


def plain(element: Any) -> str:
    text: str = element.text()
    return text.replace("\u00a0", " ")


def test_the_answer_is_where_most_lies_and_the_net_total_with_its_range() -> None:
    said = plain(page.savings_answer(FOUND, read=5))
    assert "Most is in 1 gp2 volume: up to 100 USD a month." in said
    assert "107 USD a month (range 107 to 130), net" in said
    assert page.headline(Total()) == "none found"


def test_an_unread_bill_is_not_called_clean() -> None:
    assert "Nothing can be told" in plain(page.savings_answer(Total(), read=0))
    assert page.NOTHING in plain(page.savings_answer(Total(), read=5))


def test_the_list_adds_up_to_what_all_of_it_would_bring() -> None:
    said = plain(page.savings_table(FOUND))
    assert "2 findings can be expected to save 107 USD a month" in said
    # 100 + 30 if all works out
    assert "130" in said.splitlines()[-1]
    assert "no team named" in said
    assert "1 of 2 findings; all can be expected" in plain(page.savings_table(FOUND, limit=1))


def test_a_line_says_what_it_brings_for_the_work_how_it_stands_and_can_be_copied() -> None:
    day = date(2026, 11, 20)
    kept = (KeptRecommendation("abc", IDLE, "approved", 1, "ann", day, day),)
    ranked = [Rank(IDLE, Decimal(162)), Rank(advice(), Decimal(20))]
    element = page.savings_table(FOUND, ranked=ranked, kept=kept)
    lines = plain(element).splitlines()
    assert "idle NAT gateway" in lines[2]
    assert "approved" in lines[2]
    assert "162" in lines[2]
    assert "found today" in lines[3]
    assert 'data-copy="change the type to gp3: nat-1 (111). 400 GB of gp2; saves up to 30.00' in element.html()
    assert "finops savings show abc" in element.html()


def test_the_figures_hold_what_was_claimed_apart_from_what_was_banked() -> None:
    day = date(2026, 11, 20)
    kept = (KeptRecommendation("abc", IDLE, "approved", 1, "ann", day, day),)
    said = plain(page.savings_figures(FOUND, kept, [Banked()]))
    assert "Approved, to be done: 30.0 USD" in said
    assert "Realised this year: 140 USD (by later bills; 300 USD was claimed; 150 of it waits for bills)" in said
    assert "140 USD banked of 300 USD claimed this year" in plain(details.realised_table([Banked()], "USD"))


def test_charts_say_where_it_lies_and_whose_it_is() -> None:
    assert "Most can be expected from gp2 volume" in plain(page.savings_by_type(FOUND))
    assert "Team shop can save most" in plain(page.savings_by_owner(FOUND))


def test_actions_gather_what_is_done_alike() -> None:
    total = Total(counted=(advice(), advice(resource_id="vol-2", owner="web", monthly_savings=Decimal(10))))
    said = plain(page.savings_actions(total, as_of=date(2026, 11, 20)))
    head, rest = "1. 2 gp2 volumes: change the type to gp3", "up to 110 USD a month; team shop and 1 more"
    assert said == f"{head}; {rest}; by 4 Dec 2026"


def test_reviews_carry_no_number_and_an_unknown_rule_still_reads() -> None:
    review = advice(type="previous-generation", monthly_savings=Decimal(0), resource_id="i-1")
    assert "1 resource to review, costing 500 USD a month" in plain(details.reviews_table(Total(reviews=(review,))))
    assert "1 own rule" in plain(
        page.savings_actions(Total(counted=(advice(type="own-rule"),)), as_of=date(2026, 11, 20))
    )


def test_without_a_find_every_part_of_the_page_is_a_sentence() -> None:
    nothing = Total()
    for element in (
        page.savings_table(nothing),
        page.savings_by_type(nothing),
        page.savings_by_owner(nothing),
        details.reviews_table(nothing),
        details.storage_table(nothing),
        details.realised_table((), "USD"),
        details.alternatives_table((), Decimal(0), nothing),
        page.savings_actions(nothing, as_of=date(2026, 11, 20)),
    ):
        assert plain(element).strip().endswith(".")


def test_names_of_a_bill_are_escaped_and_long_ids_stay_readable() -> None:
    hostile = advice(resource_id="arn:aws:ec2:eu-west-1:111122223333:volume/<script>", owner="<i>x</i>")
    html = page.savings_table(Total(counted=(hostile,), base=Decimal(1))).html()
    assert "<script>" not in html
    assert "<i>x" not in html
    assert "volume/&lt;script&gt;" in html


def test_what_was_not_looked_at_is_listed_with_the_permission_that_would_change_it() -> None:
    said = plain(details.not_evaluated([Evaluation(), Evaluation(status="evaluated")]))
    assert "1 checks looked everywhere; 1 did not, which is not the same as nothing found" in said
    assert "cloudwatch:GetMetricData" in said
    assert "All 1 checks had what they need." in plain(details.not_evaluated([Evaluation(status="evaluated")]))
