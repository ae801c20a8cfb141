"""Machines that compute and send next to nothing (G01).

Source: the thresholds of Google's idle machine recommender: below 0.03 virtual CPUs for 97 % of the time, received
below 2,000 and sent below 1,000 bytes per second for 95 %. The lake's histogram has bins of 1 % of the machine, so for
a large one the mean must be below, and all but 1 % of the time in the lowest bin; this finds less, never more.
A machine with accelerators or local disks is left alone: the first are busy while the CPU waits, the second are lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member, is_spot
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.observed import age_days, is_watched
from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, Utilisation, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

IDLE_CPUS, IDLE_RECEIVED, IDLE_SENT = 0.03, 2000, 1000
_TYPE = "gcp-instance"
_LOWEST_BIN = 1.0


@rule(
    "gcp-idle-vm",
    check="G01",
    providers=("gcp",),
    needs=(bill(), inventory(_TYPE), *(metrics(_TYPE, name) for name in ("cpu", "network_in", "network_out"))),
)
def gcp_idle_vm(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_TYPE):
        if found.described is None or found.described.state != "running" or is_member(found) or is_spot(found):
            continue
        attributes = found.described.attributes
        if attributes.get("accelerators") or attributes.get("local_ssds", "0") != "0":
            continue
        if age_days(found, estate.as_of) < GRACE_DAYS or found.monthly_cost <= 0:
            continue
        cpus = virtual_cpus(attributes.get("instance_type", ""))
        cpu = found.utilisation.get("cpu")
        if cpus is None or not is_watched(cpu) or not _computes_nothing(cpu, cpus) or not _is_silent(found):
            continue
        yield recommend(
            "gcp-idle-vm",
            found,
            action="stop, and delete after a month if nobody asks",
            evidence=f"{cpus * cpu.mean / 100:.3f} of {cpus:g} CPUs used in {cpu.hours} hours, and hardly a byte sent",
            monthly_savings=found.monthly_cost,
            confidence=0.85,
            facts={
                "cpu_mean_percent": round(cpu.mean, 3),
                "cpu_p99_percent": cpu.p99,
                "hours_watched": cpu.hours,
                "instance_type": attributes.get("instance_type", ""),
            },
        )


def virtual_cpus(instance_type: str) -> float | None:
    """Read how many virtual CPUs a machine type has, e.g. 4 of `n2-standard-4`; None where the name does not say."""
    if instance_type in ("e2-micro", "e2-small", "e2-medium"):
        return 2
    if instance_type in ("f1-micro", "g1-small"):
        return 1
    custom = re.search(r"(?:^|-)custom-(?:[a-z]+-)?(\d+)", instance_type)
    sized = custom or re.search(r"^[a-z]\w*-[a-z]+-(\d+)(?:-|$)", instance_type)
    return float(sized[1]) if sized else None


def _computes_nothing(cpu: Utilisation, cpus: float) -> bool:
    least = 100 * IDLE_CPUS / cpus
    return cpu.mean <= least and cpu.p99 <= max(least, _LOWEST_BIN)


def _is_silent(machine: Resource) -> bool:
    received, sent = machine.utilisation.get("network_in"), machine.utilisation.get("network_out")
    return is_watched(received) and is_watched(sent) and received.p95 <= IDLE_RECEIVED and sent.p95 <= IDLE_SENT
