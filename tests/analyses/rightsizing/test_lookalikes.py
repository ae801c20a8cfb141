"""Which machines only look as if they were too large? Each differs in one thing from one that is advised."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from finops_lib.analyses.savings.resources import Resource
from tests.analyses.rightsizing.machines import estate, found_in, hours_row, machine, price_row, quiet, used


def test_the_machine_that_the_others_differ_from_is_advised() -> None:
    assert [hit.target for hit in found_in(estate([machine()]))] == ["m5.large"]


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("bound by its memory", machine(utilisation=quiet(memory=88.0))),
        ("memory just over the limit of the half", machine(utilisation=quiet(memory=40.5))),
        ("in an autoscaling group", machine(attributes={"autoscaling_group": "web"})),
        ("in an autoscaling group, by its tag", machine(tags={"aws:autoscaling:groupName": "web"})),
        ("a node of EKS", machine(attributes={"node_group": "default"})),
        ("a node of a cluster, by its tag", machine(tags={"kubernetes.io/cluster/prod": "owned"})),
        ("new", machine(created_at=datetime.fromisoformat("2026-12-20"))),
        ("a standby", machine(tags={"dr": "standby"})),
        ("spot", machine(attributes={"lifecycle": "spot"})),
        ("on a dedicated host, for its licences", machine(attributes={"tenancy": "host"})),
        ("bound by its licence, by its tag", machine(tags={"license-bound": "oracle"})),
        ("stopped", machine(state="stopped")),
        ("in reserved capacity", machine(attributes={"capacity_reservation_id": "cr-1"})),
        ("booted from its own disk", machine(attributes={"root_device_type": "instance-store"})),
        ("busy", machine(utilisation=quiet(mean=20.0))),
        ("busy at times", machine(utilisation=quiet(p95=30.0, p99_5=31.0))),
        # 8 hours of 32 days are 1 % of the points: P99.5 sees what P95 does not
        ("needed whole at the end of the month", machine(utilisation=quiet(p99=60.0, p99_5=97.0, maximum=100.0))),
        ("with three network interfaces too many", machine(attributes={"network_interfaces": "4"})),
        ("with more volumes than a smaller one takes", machine(attributes={"volumes": ",".join(["vol"] * 28)})),
        ("without metrics", machine(utilisation={})),
        ("with gaps in its metrics", machine(utilisation=quiet() | {"cpu": replace(used("cpu"), coverage=0.79)})),
        ("measured for a week", machine(utilisation=quiet() | {"cpu": used("cpu", days=7)})),
    ],
)
def test_a_look_alike_gets_no_advice(name: str, one: Resource) -> None:
    assert found_in(estate([one])) == [], name


def test_metrics_that_ended_last_month_say_nothing() -> None:
    old = {
        name: replace(one, last_hour=one.last_hour - timedelta(days=4), first_hour=one.first_hour - timedelta(days=4))
        for name, one in quiet().items()
    }
    assert found_in(estate([machine(utilisation=old)])) == []


def test_what_the_bill_calls_spot_is_spot() -> None:
    one = machine()
    row = hours_row(one, "m5.xlarge", 0.07, spot_hours=Decimal(10))
    assert found_in(estate([one], hours=[row])) == []


def test_a_machine_whose_type_was_changed_is_measured_again_first() -> None:
    one = machine()
    both = [hours_row(one, "m5.xlarge", 0.192), hours_row(one, "m5.2xlarge", 0.384)]
    assert found_in(estate([one], hours=both)) == []
    billed_as_another = [hours_row(one, "m5.2xlarge", 0.384)]
    assert found_in(estate([one], hours=billed_as_another)) == []


def test_a_machine_that_is_not_on_the_bill_saves_nothing() -> None:
    other = machine(resource_id="i-2")
    assert found_in(estate([machine()], hours=[hours_row(other, "m5.xlarge", 0.192)])) == []


def test_bare_metal_and_accelerators_are_left_alone() -> None:
    for machine_type in ("m5.metal", "g4dn.4xlarge", "inf1.2xlarge"):
        one = machine(machine_type)
        prices = [price_row(machine_type, 1.0, 1.0)]
        assert found_in(estate([one], hours=[hours_row(one, machine_type, 1.0)], prices=prices)) == []


def test_sql_server_keeps_the_four_cores_that_its_licence_counts() -> None:
    for machine_type, target in (("m5.2xlarge", "m5.xlarge"), ("m5.xlarge", "")):
        one = machine(machine_type)
        rows = [hours_row(one, machine_type, 1.0, platform="sql-server")]
        prices = [
            price_row(name, price, price, platform="sql-server")
            for name, price in (("m5.2xlarge", 1.0), ("m5.xlarge", 0.6), ("m5.large", 0.55))
        ]
        found = found_in(estate([one], hours=rows, prices=prices))
        assert [hit.target for hit in found] == ([target] if target else [])


def test_another_architecture_needs_the_word_of_its_owner() -> None:
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("m6g.large", 0.077, 0.077)]
    [stays] = found_in(estate([machine()], prices=prices))
    assert stays.target == "m5.large"
    [moves] = found_in(estate([machine(tags={"finops:portable": "arm64"})], prices=prices))
    # 730 x (0.192 - 0.077) = 83.95; another architecture: confidence 0.7, and the machine is made anew
    assert (moves.target, moves.monthly_savings) == ("m6g.large", Decimal("83.95"))
    assert (moves.confidence, moves.risk) == (0.7, "medium")


def test_windows_never_moves_to_another_architecture() -> None:
    one = machine(tags={"finops:portable": "arm64"})
    rows = [hours_row(one, "m5.xlarge", 0.376, platform="windows")]
    prices = [
        price_row("m5.xlarge", 0.376, 0.376, platform="windows"),
        price_row("m6g.large", 0.077, 0.077, platform="windows"),
    ]
    assert [hit.target for hit in found_in(estate([one], hours=rows, prices=prices))] == ["m5.large"]


def test_a_machine_of_the_old_hypervisor_moves_only_with_its_network_driver() -> None:
    for ena, targets in (("yes", ["m5.large"]), ("no", ["m4.large"])):
        one = machine("m4.xlarge", attributes={"ena_support": ena})
        prices = [price_row("m4.xlarge", 0.2, 0.2), price_row("m5.large", 0.096, 0.096)]
        found = found_in(estate([one], hours=[hours_row(one, "m4.xlarge", 0.2)], prices=prices))
        assert [hit.target for hit in found] == targets


def test_a_local_disk_is_not_taken_away() -> None:
    one = machine("m5d.xlarge")
    prices = [price_row("m5d.xlarge", 0.226, 0.226), price_row("m5.large", 0.096, 0.096)]
    found = found_in(estate([one], hours=[hours_row(one, "m5d.xlarge", 0.226)], prices=prices))
    assert [hit.target for hit in found] == ["m5d.large"]


def test_a_boot_mode_is_kept() -> None:
    # c1.xlarge-era images boot the old way, which Graviton and some new types do not know
    one = machine(attributes={"boot_mode": "legacy-bios"}, tags={"finops:portable": "yes"})
    prices = [price_row("m5.xlarge", 0.192, 0.192), price_row("m6g.large", 0.077, 0.077)]
    assert [hit.target for hit in found_in(estate([one], prices=prices))] == ["m5.large"]
