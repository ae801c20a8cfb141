"""EC2 instances that run and do nothing (A14): for two weeks not one busy moment, and hardly a byte."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.machines import MACHINE_HOURS, left_alone, observed
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.resources import GRACE_DAYS, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

# Peak CPU in percent, and bytes a day in both directions together (5 MB).
IDLE_CPU, IDLE_BYTES_A_DAY = 5, 5 * 1024 * 1024
_INSTANCE = "aws-ec2-instance"
_SECONDS_A_DAY = 86_400


@rule(
    "idle-ec2",
    check="A14",
    providers=("aws",),
    needs=(
        bill(),
        inventory(_INSTANCE),
        metrics(_INSTANCE, "cpu"),
        metrics(_INSTANCE, "network_in"),
        metrics(_INSTANCE, "network_out"),
    ),
    step="terminate",
    grace_days=GRACE_DAYS,
)
def idle_ec2(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_INSTANCE):
        seen = observed(found, "cpu", "network_in", "network_out")
        runs = any(found.has_now(kind) for kind in MACHINE_HOURS)
        if seen is None or not runs or left_alone(found) or found.described is None:
            continue
        cpu, received, sent = seen
        bytes_a_day = (received.mean + sent.mean) * _SECONDS_A_DAY
        if found.described.state != "running" or cpu.maximum >= IDLE_CPU or bytes_a_day >= IDLE_BYTES_A_DAY:
            continue
        saving = found.on_demand_of(*MACHINE_HOURS)
        covered = "" if saving > 0 else "; a commitment pays for it, which ends later"
        yield recommend(
            "idle-ec2",
            found,
            action="stop it, and terminate it when nobody misses it",
            evidence=f"in {cpu.hours // 24} days CPU stayed below {cpu.maximum:.1f} %, "
            f"{bytes_a_day / 1024 / 1024:.1f} MB a day over the network{covered}",
            monthly_savings=saving,
            confidence=0.9,
            facts={
                "cpu_peak_percent": f"{cpu.maximum:.2f}",
                "network_bytes_a_day": f"{bytes_a_day:.0f}",
                "hours_observed": min(metric.hours for metric in seen),
                "coverage": f"{min(metric.coverage for metric in seen):.2f}",
                "instance_type": found.described.attributes.get("instance_type", ""),
            },
        )
