"""The providers' own advice: at what is paid here, never twice, and less sure than what was found here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings import find_in
from finops_lib.analyses.savings.advice import settled, step_of
from finops_lib.analyses.savings.needs import Look
from finops_lib.analyses.savings.resources import Resource
from finops_lib.findings import Recommendation
from tests.analyses.savings.described import SUBSCRIPTION, estate, found, meter, resource

WEB = "arn:aws:ec2:eu-west-1:111:instance/i-1"
NAME = "//compute.googleapis.com/projects/shop/zones/z/instances/web"


def machine(team: str = "shop") -> Resource:
    """Give a machine that costs 36.50 a month here."""
    return resource("aws-ec2-instance", "i-1", meter("instance-hours", "1.2"), team=team)


def advice(id: str = "r-1", **more: str) -> Resource:
    usual = {
        "service": "AWS Compute Optimizer",
        "advised_resource": WEB,
        "resource_kind": "Ec2Instance",
        "action": "Rightsize",
        "target": "m5.large",
        "monthly_saving": "35",
        "monthly_cost": "70",
        "currency": "USD",
        "lookback_days": "14",
        "effort": "High",
    }
    return resource("aws-advice", id, **{**usual, **more})


def test_their_share_is_taken_of_what_is_paid_here() -> None:
    [hit] = found("aws-advice", machine(), advice())
    # 35 of 70 at their prices is half of 36.50.
    assert (hit.monthly_savings, hit.current_monthly_cost, hit.price_grade) == (Decimal("18.25"), Decimal("36.5"), "B")
    assert (hit.source, hit.resource_id, hit.owner, hit.step, hit.effort) == (
        "AWS Compute Optimizer", "i-1", "shop", "rightsize", "High",
    )  # fmt: skip
    assert (hit.target, hit.confidence, hit.facts["their_saving"]) == ("m5.large", 0.6, "35")
    assert hit.evidence == (
        "AWS Compute Optimizer says so after 14 days: 35.00 USD a month, 18.25 USD at what is paid here"
    )


@pytest.mark.parametrize(
    ("more", "saving", "grade"),
    [
        ({"monthly_cost": ""}, "35", "C"),
        ({"monthly_cost": "", "monthly_saving": "50"}, "36.5", "C"),
        # A share needs no exchange rate, an amount does.
        ({"currency": "EUR"}, "18.25", "B"),
        ({"currency": "EUR", "monthly_cost": ""}, "0", ""),
        ({"monthly_saving": ""}, "0", ""),
        ({"monthly_saving": "1e400"}, "0", ""),
        ({"monthly_cost": "NaN"}, "35", "C"),
        ({"monthly_saving": "-5"}, "0", ""),
        ({"monthly_saving": "", "annual_saving": "120", "monthly_cost": ""}, "10", "C"),
        ({"advised_resource": "i-2"}, "35", "D"),
        ({"advised_resource": "i-2", "currency": "EUR"}, "0", ""),
    ],
)
def test_a_saving_is_never_more_than_the_resource_costs_and_never_of_another_currency(
    more: dict[str, str], saving: str, grade: str
) -> None:
    [hit] = found("aws-advice", machine(), advice(**more))
    assert (hit.monthly_savings, hit.price_grade) == (Decimal(saving), grade)
    assert hit.monthly_savings <= hit.current_monthly_cost


def test_what_nobody_owns_or_the_bill_does_not_show_is_less_sure() -> None:
    assert [found("aws-advice", machine(team), advice())[0].confidence for team in ("shop", "")] == [0.6, 0.54]
    # 0.4 without an owner
    assert found("aws-advice", advice())[0].confidence == 0.36


def test_google_names_a_resource_and_the_bill_its_number() -> None:
    numbered = resource("gcp-instance", "//compute/1/2", meter("instance-hours", "1.2"), full_name=NAME)
    said = {"advised_resource": NAME, "action": "STOP_VM", "monthly_saving": "20", "currency": "USD"}
    row = resource("gcp-advice", "g-1", **said)
    [hit] = found("gcp-advice", numbered, row)
    assert (hit.resource_id, hit.action, hit.step, hit.monthly_savings) == (
        "//compute/1/2", "stop vm", "terminate", Decimal(20),
    )  # fmt: skip


def test_what_somebody_postponed_there_is_not_brought_up_here() -> None:
    vm = "/subscriptions/s1/vm"
    billed = resource("azure-virtual-machine", vm, meter("instance-hours", "1.2"))
    said = {"advised_resource": vm, "monthly_saving": "5", "currency": "USD"}
    rows = [resource("azure-advice", f"a{number}", suppressions=number, **said) for number in ("0", "1")]
    assert [hit.facts["their_id"] for hit in found("azure-advice", billed, *rows)] == ["a0"]


def test_commitments_are_shown_and_counted_in_no_sum() -> None:
    [hit] = found("aws-advice", advice(action="PurchaseSavingsPlans", advised_resource="", resource_kind="x"))
    assert (hit.step, hit.is_headline, hit.resource_id, hit.price_grade) == ("commit", False, "r-1", "D")


# Actions are AWS's enumeration, Google's subtypes and sentences of Azure Advisor.
@pytest.mark.parametrize(
    ("action", "says", "step"),
    [
        ("Rightsize", "", "rightsize"),
        ("Stop", "", "terminate"),
        ("Delete", "", "terminate"),
        ("ScaleIn", "", "rightsize"),
        ("Upgrade", "", "rightsize"),
        ("MigrateToGraviton", "", "rightsize"),
        ("PurchaseSavingsPlans", "", "commit"),
        ("PurchaseReservedInstances", "", "commit"),
        ("STOP_VM", "", "terminate"),
        ("SNAPSHOT_AND_DELETE_DISK", "", "terminate"),
        ("CHANGE_MACHINE_TYPE", "", "rightsize"),
        ("Shutdown", "Right-size or shutdown underutilized virtual machines", "terminate"),
        ("SkuChange", "Right-size or shutdown underutilized virtual machines", "rightsize"),
        ("", "Consider virtual machine reserved instances to save over your on-demand costs", "commit"),
        ("", "Use Azure Hybrid Benefit", "licence"),
        ("", "You have disks that have not been attached to a VM; delete them", "terminate"),
        ("", "something new", "rightsize"),
    ],
)
def test_a_piece_of_advice_has_its_place_in_the_chain(action: str, says: str, step: str) -> None:
    assert step_of(action, says) == step


def ours(step: str = "rightsize") -> Recommendation:
    return Recommendation(
        type="rightsize-ec2", provider="aws", account="111", resource_id="i-1", action="resize", evidence="",
        monthly_savings=Decimal(15), current_monthly_cost=Decimal("36.5"), currency="USD", confidence=0.9,
        priority="low", owner="shop", step=step,  # type: ignore[arg-type]
    )  # fmt: skip


def test_what_we_found_ourselves_is_listed_once_and_says_who_else_advises_it() -> None:
    [theirs] = found("aws-advice", machine(), advice())
    [hit] = settled([theirs, ours()])
    assert (hit.type, hit.monthly_savings) == ("rightsize-ec2", 15)
    assert hit.facts == {"also_advised_by": "AWS Compute Optimizer: Rightsize"}
    # Deleting it is another matter than making it smaller.
    assert {hit.type for hit in settled([theirs, ours("terminate")])} == {"aws-advice", "rightsize-ec2"}


def test_alternatives_of_one_provider_are_one_line() -> None:
    smaller = found("aws-advice", machine(), advice(), advice("r-2", target="t3.micro", monthly_saving="49"))
    [hit] = settled(smaller)
    # 49 of 70 is 70 % of 36.50.
    assert (hit.target, hit.monthly_savings) == ("t3.micro", Decimal("25.55"))


def test_all_checks_together_list_a_disk_once() -> None:
    id = "/subscriptions/s1/resourcegroups/run/providers/microsoft.compute/disks/d"
    disk = resource("azure-disk", id, meter("volume", "3"), state="unattached", size_gb="512", sku="Premium_LRS")
    row = resource("azure-advice", "a", advised_resource=id, says="delete it", monthly_saving="90", currency="USD")
    looks = tuple(Look("azure", SUBSCRIPTION, "", type_, 1, "", "") for type_ in ("azure-disk", "azure-advice"))
    hits = find_in(estate(disk, row, looks=looks))
    assert [(hit.type, hit.facts.get("also_advised_by")) for hit in hits] == [
        ("azure-unattached-disk", "Azure Advisor: delete it")
    ]
