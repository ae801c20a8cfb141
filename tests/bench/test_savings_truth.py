"""The judge of savings, by hand: what is found, what was missed, and what stands on a look-alike."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from finops_lib.findings import Recommendation
from tests.bench.savings_truth import judge, table


def waste(kind: str, resource: str, **facts: Any) -> dict[str, Any]:
    return {
        "kind": kind,
        "check": "A08",
        "also": [],
        "provider": "aws",
        "resource_id": resource,
        "billed_as": [resource],
        "related": [],
        "monthly_saving": "10.00",
        **facts,
    }


def said(kind: str, resource: str, saving: str = "8") -> Recommendation:
    return Recommendation(
        type=kind,
        provider="aws",
        account="1",
        resource_id=resource,
        action="delete",
        evidence="unused",
        monthly_savings=Decimal(saving),
        current_monthly_cost=Decimal(20),
        currency="USD",
        confidence=0.5,
        priority="low",
        owner="",
    )


LOOK_ALIKES = [
    {"looks_like": "unused-image", "resource_id": "ami-used", "billed_as": "snap-used", "reason": "launched"}
]


def truth(*planted: dict[str, Any]) -> dict[str, Any]:
    return {"waste": list(planted), "look_alikes": LOOK_ALIKES}


def test_waste_is_found_under_any_of_its_names_and_kinds() -> None:
    image = waste("unused-image", "ami-1", billed_as=["SNAP-1"], also=["old-snapshot"])
    for recommendation in (said("unused-image", "AMI-1"), said("old-snapshot", "snap-1")):
        verdict = judge([recommendation], truth(image, waste("unused-image", "ami-2")))
        score = verdict.scores["aws", "A08"]
        # One of two; 8 of 20 a month.
        assert (score.recall, score.precision, score.found_saving, score.planted_saving) == (0.5, 1.0, 8.0, 20.0)
        assert [one["resource_id"] for one in verdict.missed] == ["ami-2"]
        assert (verdict.on_look_alikes, verdict.unlabelled) == ((), ())


def test_another_kind_on_the_same_resource_is_not_what_was_planted() -> None:
    verdict = judge([said("idle-ec2", "ami-1")], truth(waste("unused-image", "ami-1")))
    assert (verdict.scores["aws", "A08"].recall, len(verdict.unlabelled)) == (0.0, 1)


def test_a_recommendation_on_a_look_alike_is_named_with_the_reason() -> None:
    verdict = judge([said("unused-image", "snap-used")], truth(waste("unused-image", "ami-1")))
    [(recommendation, reason)] = verdict.on_look_alikes
    assert (recommendation.resource_id, reason) == ("snap-used", "launched")
    assert verdict.scores["aws", "A08"].precision == 0.0
    assert any(line.startswith("LOOK-ALIKE") and "launched" in line for line in table(verdict))


def test_two_answers_to_one_waste_count_its_saving_once() -> None:
    image = waste("unused-image", "ami-1", also=["old-snapshot"])
    verdict = judge([said("unused-image", "ami-1", "7"), said("old-snapshot", "ami-1", "9")], truth(image))
    score = verdict.scores["aws", "A08"]
    assert (score.said, score.right, score.found, score.found_saving) == (2, 2, 1, 9.0)


def test_a_check_that_says_nothing_has_no_precision() -> None:
    verdict = judge([], truth(waste("unused-image", "ami-1")))
    assert verdict.scores["aws", "A08"].precision is None
    lines = list(table(verdict))
    assert "in all: recall 0/1, precision 0/0, on look-alikes 0" in lines
