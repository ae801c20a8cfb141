"""Claimed against banked, and what the past of a type of advice says of the next one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from finops_lib.analyses.savings.realised import calibrated, feedback, p_accept, realised
from finops_lib.findings import Approval, KeptRecommendation, Verification
from tests.analyses.advice import advice

JANUARY = date(2026, 1, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def kept(status: Any = "pending", saving: str = "100", **values: Any) -> KeptRecommendation:
    found = advice(saving, "500", **{key: values.pop(key) for key in ("type", "currency") if key in values})
    return KeptRecommendation("abc", found, status, 1, "cron", JANUARY, JANUARY, **values)


def done(share: str, status: Any = "verified", *, on: date = date(2026, 6, 1), **values: Any) -> KeptRecommendation:
    """Give one that was approved at 100 a month and brought a share of it."""
    amount = 100 * Decimal(share)
    said = Verification(
        "deleted", status, Decimal(100), amount, amount, amount, JANUARY, JANUARY, on, date(2026, 6, 20),
        banked={"2025-12": Decimal(7), "2026-06": amount, "2026-07": amount},
    )  # fmt: skip
    approval = Approval("ann", NOON, "hash", Decimal(100), Decimal(500))
    # The saving it shows now is another one than was approved.
    return kept(status, "130", implemented_on=on, approvals=(approval,), verification=said, **values)


def test_the_first_advice_of_a_type_is_taken_at_its_word() -> None:
    assert feedback([]) == {}
    one = feedback([kept()])["rightsize-instance"]
    assert (one.p_accept, one.bias) == (1.0, 1.0)


def test_advice_that_owners_refuse_and_that_brings_half_counts_for_less() -> None:
    past = [
        done("0.5"),
        done("0.5"),
        done("0.5", "partially_verified"),
        kept("rejected"),
        kept("rejected"),
        kept("expired"),
    ]
    known = feedback(past)
    # 3 taken of 5, beside 5 imagined: 8 of 10; realised 1.5 of 3, beside 5: 6.5 of 8
    assert p_accept(known) == {"rightsize-instance": 0.8}
    assert known["rightsize-instance"].bias == 0.8125
    [new, other] = calibrated([advice("1000", confidence=0.8), advice("1000", type="other", confidence=0.8)], known)
    assert (new.confidence, new.priority, other.confidence) == (0.65, "high", 0.8)
    # 1000 x 0.65 is high and no longer critical; the money itself is what the rule says.
    assert new.monthly_savings == 1000


def test_what_brings_more_than_it_said_or_costs_makes_nothing_surer_than_it_is() -> None:
    assert feedback([done("9")])["rightsize-instance"].bias == 1.0
    assert feedback([done("-3", "not_realised")])["rightsize-instance"].bias == 5 / 6


def test_claims_are_by_day_from_the_change_and_only_bills_are_banked() -> None:
    waiting = kept("implemented", implemented_on=date(2026, 6, 1))
    [row] = realised([done("0.5"), waiting, kept("approved")], since=JANUARY, through=date(2026, 7, 30))
    # 60 days of 100 a month for each: 100 x 60 / (365/12) = 197.260274
    assert (row.count, row.verified, row.claimed, row.unverified) == (
        2,
        1,
        Decimal("394.520548"),
        Decimal("197.260274"),
    )
    # June and July; December was another year.
    assert row.banked == 100
    assert row.rate == float(Decimal(100) / Decimal("197.260274"))


def test_claims_end_after_a_year_with_a_regression_and_with_the_page() -> None:
    old = done("1", on=date(2025, 3, 1))
    [row] = realised([old], since=JANUARY, through=date(2026, 12, 31))
    # 1 January to 28 February: 59 days
    assert row.claimed == (Decimal(100) * 59 * 12 / 365).quantize(Decimal("0.000001"))
    back = replace(done("1"), status="regressed")
    [row] = realised([back], since=JANUARY, through=date(2026, 12, 31))
    # 1 to 20 June
    assert row.claimed == (Decimal(100) * 20 * 12 / 365).quantize(Decimal("0.000001"))
    assert realised([done("1")], since=JANUARY, through=date(2026, 5, 31)) == []


def test_currencies_and_types_stay_apart() -> None:
    rows = realised(
        [done("1"), done("1", type="other"), done("1", currency="EUR")], since=JANUARY, through=date(2026, 6, 30)
    )
    assert [(row.currency, row.type) for row in rows] == [
        ("EUR", "rightsize-instance"),
        ("USD", "other"),
        ("USD", "rightsize-instance"),
    ]
