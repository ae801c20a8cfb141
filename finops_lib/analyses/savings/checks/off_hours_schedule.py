"""Machines of test and development that run all week and work in office hours (A16).

Twelve hours on five days leave 60 of 168: 64.3 % of the compute is saved. Disks and addresses stay, and hours that a
commitment pays for save nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import WEEK_HOURS, Estate
from finops_lib.analyses.savings.machines import left_alone, observed
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.resources import GRACE_DAYS, PRODUCTION, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.week import SLOTS, WORKING_DAYS, WORKING_HOURS, working_hours
from finops_lib.findings import Recommendation

_INSTANCE = "aws-ec2-instance"
_HOURS = ("instance-hours", "old-instance-hours")
# A machine that ran for less of the week has a schedule, or somebody who switches it off.
ALL_WEEK = Decimal("0.95")
_ON = WORKING_DAYS * WORKING_HOURS


@rule(
    "off-hours-schedule",
    check="A16",
    providers=("aws",),
    needs=(
        bill(),
        inventory(_INSTANCE),
        metrics(_INSTANCE, "cpu"),
        metrics(_INSTANCE, "network_in"),
        metrics(_INSTANCE, "network_out"),
    ),
    step="schedule",
    grace_days=GRACE_DAYS,
)
def off_hours_schedule(estate: Estate) -> Iterator[Recommendation]:
    weeks = estate.frames.get(WEEK_HOURS)
    for key, hours in working_hours(weeks) if weeks is not None else ():
        found = estate.resources.get(key)
        if found is None or found.described is None or found.described.type != _INSTANCE:
            continue
        kind = next((kind for kind in _HOURS if found.has_now(kind)), "")
        environment = found.environment.lower()
        if not kind or not environment or environment in PRODUCTION or left_alone(found):
            continue
        ran = found.meters[kind].quantity / (24 * found.days)
        if ran < ALL_WEEK or observed(found, "cpu", "network_in", "network_out") is None:
            continue
        saving = found.on_demand_of(kind) * (SLOTS - _ON) / SLOTS
        yield recommend(
            "off-hours-schedule",
            found,
            action=f"run it from Monday to Friday, {hours.words}, and stop it otherwise",
            evidence=f"{environment}, on all week; outside of {hours.words} on working days CPU stayed below 5 % and "
            f"traffic below 1 kB a second in each of four weeks",
            monthly_savings=saving,
            confidence=0.8,
            change="config",
            target=f"{WORKING_HOURS} x {WORKING_DAYS}",
            facts={
                "starts_at_utc": hours.first,
                "hours_kept": f"{_ON} of {SLOTS}",
                "share_of_hours_run": f"{ran:.2f}",
                "busy_hours_a_week": hours.busy_hours,
                "committed_monthly_cost": f"{found.monthly_of(kind) - found.on_demand_of(kind):.2f}",
            },
        )
