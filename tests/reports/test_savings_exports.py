"""What the owner's pipeline gets: tickets, policies and hints, each for what it can do, with hostile names harmless."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from finops_lib.errors import ConfigError
from finops_lib.findings import Approval, KeptRecommendation, Recommendation
from finops_lib.reports.savings_custodian import policies
from finops_lib.reports.savings_resource import resource_named
from finops_lib.reports.savings_terraform import hints, quoted
from finops_lib.reports.savings_ticket import markdown_ticket, ticket

HOSTILE = 'x`; rm -rf / #\n${file("/etc/passwd")} <script>*\x1b[31m'
AZURE = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/shop/providers/microsoft."
# One of each kind that is read, and what the tools call it.
KNOWN = [
    ("aws", "i-0abc12345678", "aws.ec2", "aws_instance"),
    ("aws", "arn:aws:ec2:eu-west-1:111122223333:volume/vol-0abc12345678", "aws.ebs", "aws_ebs_volume"),
    ("aws", "snap-0abc12345678", "aws.ebs-snapshot", "aws_ebs_snapshot"),
    ("aws", "eipalloc-0abc12345678", "aws.elastic-ip", "aws_eip"),
    ("aws", "nat-0abc12345678", "aws.nat-gateway", "aws_nat_gateway"),
    ("aws", "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/web/50dc", "aws.app-elb", "aws_lb"),
    ("aws", "arn:aws:rds:eu-west-1:111122223333:db:orders", "aws.rds", "aws_db_instance"),
    ("azure", AZURE + "compute/disks/data-1", "azure.disk", "azurerm_managed_disk"),
    ("azure", AZURE + "network/publicipaddresses/ip-1", "azure.publicip", "azurerm_public_ip"),
    ("gcp", "//compute.googleapis.com/projects/shop-1/zones/a/disks/data-1", "gcp.disk", "google_compute_disk"),
    ("gcp", "projects/shop-1/zones/a/instances/web-1", "gcp.instance", "google_compute_instance"),
]


def kept(resource_id: str = "vol-0abc12345678", provider: str = "aws", **values: Any) -> KeptRecommendation:
    usual: dict[str, Any] = {
        "type": "gp2-volume",
        "account": "111",
        "action": "change the type to gp3",
        "evidence": "200 GB of gp2",
        "monthly_savings": Decimal(4),
        "current_monthly_cost": Decimal(20),
        "currency": "USD",
        "confidence": 0.8,
        "priority": "low",
        "owner": "shop",
        "target": "gp3",
        "step": "rightsize",
    }
    found = Recommendation(provider=provider, resource_id=resource_id, **{**usual, **values})
    at = datetime(2026, 5, 20, tzinfo=UTC)
    approval = Approval("ann", at, found.evidence_hash, found.monthly_savings, found.current_monthly_cost)
    return KeptRecommendation(
        "abc123", found, "approved", 1, "cron", date(2026, 5, 1), date(2026, 5, 19), approvals=(approval,)
    )


def policies_of(*given: KeptRecommendation) -> list[dict[str, Any]]:
    read: dict[str, list[dict[str, Any]]] = yaml.safe_load(policies(given))
    for policy in read["policies"]:
        assert list(policy) == ["name", "resource", "description", "filters", "actions"]
        # Custodian's own rule for names.
        assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*", policy["name"])
        # The first filter is always the one resource that was approved.
        assert policy["filters"][0]["type"] == "value"
    return read["policies"]


def test_a_ticket_says_what_why_how_much_and_how_it_will_be_checked() -> None:
    text = ticket(kept(facts={"size_gb": "200"}, one_time_cost=Decimal(3)))
    assert text.startswith("change the type to gp3: vol-0abc12345678\n=====")
    for part in ("becomes: gp3", "size_gb: 200", "4.00 USD a month, 48.00 USD a year", "it costs 3.00 USD once"):
        assert part in text
    for part in ("confidence 80%", "to go back: change it back", "approved by: ann", "owner: shop"):
        assert part in text
    assert "finops savings implement abc123 --reference THIS-TICKET" in text


@pytest.mark.parametrize("write", [ticket, markdown_ticket])
def test_names_from_a_bill_do_nothing_in_a_ticket(write: Any) -> None:
    text = write(kept(HOSTILE, resource_name=HOSTILE, action=HOSTILE, facts={HOSTILE: HOSTILE}, owner=HOSTILE))
    assert "\x1b" not in text
    assert len(text.splitlines()) < 60
    if write is markdown_ticket:
        assert "<script>" not in text
        assert "@" not in text
        assert "://" not in text
        assert not re.search(r"(?<!\\)`", text)


@pytest.mark.parametrize(("provider", "resource_id", "custodian", "terraform"), KNOWN)
def test_what_goes_away_has_a_policy_and_a_hint(
    provider: str, resource_id: str, custodian: str, terraform: str
) -> None:
    gone = kept(resource_id, provider, step="terminate", target="")
    found = policies_of(gone)
    assert {policy["resource"] for policy in found} == {custodian}
    assert f"to = {terraform}.this" in hints([gone])


def test_a_volume_is_marked_first_and_deleted_thirty_days_later_if_it_is_still_unused() -> None:
    mark, delete = policies_of(kept(step="terminate", target=""))
    operation = {"tag": "finops-savings", "op": "delete"}
    assert mark["actions"] == [{"type": "mark-for-op", **operation, "days": 30}]
    assert delete["filters"][1:] == [{"Attachments": []}, {"type": "marked-for-op", **operation}]
    assert delete["actions"] == ["snapshot", "delete"]
    address = policies_of(kept("eipalloc-0abc12345678", step="terminate", target=""))
    assert (address[0]["actions"][0]["op"], address[0]["actions"][0]["days"]) == ("release", 7)
    assert address[1]["actions"] == ["release"]


def test_a_change_of_kind_or_size_is_one_action() -> None:
    [volume] = policies_of(kept())
    assert volume["filters"][1] == "modifyable"
    assert volume["actions"] == [{"type": "modify", "volume-type": "gp3"}]
    [machine] = policies_of(kept("i-0abc12345678", target="m5.large"))
    assert machine["actions"] == [{"type": "resize", "restart": True, "default": "m5.large"}]
    [database] = policies_of(kept("arn:aws:rds:eu-west-1:111122223333:db:orders", target="db.r6g.large"))
    assert database["actions"][0]["update"] == [{"property": "DBInstanceClass", "value": "db.r6g.large"}]
    [bucket] = policies_of(kept("arn:aws:s3:::logs-1", step="tier", target="glacier_ir"))
    assert bucket["actions"][0]["rules"][0]["Transitions"] == [{"Days": 30, "StorageClass": "GLACIER_IR"}]


def test_office_hours_are_two_policies() -> None:
    off, on = policies_of(kept("i-0abc12345678", step="schedule", target="office-hours"))
    assert (off["filters"][1]["type"], off["actions"]) == ("offhour", ["stop"])
    assert (on["filters"][1]["type"], on["actions"]) == ("onhour", ["start"])


@pytest.mark.parametrize(
    "given",
    [
        kept(HOSTILE),
        kept("vol-0abc12345678\n- name: evil"),
        kept(target="gp3'\n- delete"),
        kept("i-0abc12345678", target="${x}"),
        kept("i-0abc12345678", step="commit", target="plan"),
        kept("vpce-0abc12345678", step="terminate", target=""),
        kept("", step="terminate"),
    ],
)
def test_what_no_policy_can_do_or_nobody_can_name_is_refused(given: KeptRecommendation) -> None:
    with pytest.raises(ConfigError, match=r"abc123 has no Cloud Custodian policy: .*--as ticket"):
        policies([given])


def test_a_hint_names_the_block_and_the_argument() -> None:
    text = hints([kept()])
    assert 'resource "aws_ebs_volume" "this" { # the block whose id is vol-0abc12345678\n  type = "gp3"\n}' in text
    gone = hints([kept("vpce-0abc12345678", step="terminate", target="")])
    assert 'import {\n  to = aws_vpc_endpoint.this\n  id = "vpce-0abc12345678"\n}' in gone
    with pytest.raises(ConfigError, match="no Terraform hint"):
        hints([kept(step="schedule")])
    with pytest.raises(ConfigError, match="no Terraform hint"):
        hints([kept(HOSTILE)])


def test_a_target_is_no_template_and_a_comment_has_one_line() -> None:
    assert quoted('a"${b}%{c}\\\nd') == '"a\\"$${b}%%{c}\\\\ d"'
    text = hints([kept(target=HOSTILE, action=HOSTILE, evidence=HOSTILE)])
    code = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(code) == 3
    assert "$${file" in code[1]


def test_ids_are_read_only_in_a_known_form() -> None:
    for provider, resource_id, *_ in KNOWN:
        assert resource_named(provider, resource_id) is not None
        assert resource_named(provider, resource_id + "\n") is None
        assert resource_named(provider, resource_id + ";x{account_id}") is None
    assert resource_named("oracle", "i-0abc12345678") is None
