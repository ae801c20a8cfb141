"""A recommendation as a Cloud Custodian policy for the owner's pipeline; the workbench never runs it.

What goes away is marked first, told to its owner by their own means, and deleted days later only if it is still
unused then: 7 days for an address, 14 for balancers and databases, 30 for volumes.
Source: policy schema of Cloud Custodian (c7n): name, resource, filters, actions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.reports.savings_resource import Named, ResourceKind, resource_named

TAG = "finops-savings"
# What must still be true on the day it is deleted, so that what is in use again is left alone.
_STILL_UNUSED: dict[str, list[dict[str, Any]]] = {
    "aws.ebs": [{"Attachments": []}],
    "aws.elastic-ip": [{"AssociationId": "absent"}],
    "azure.disk": [{"type": "value", "key": "properties.diskState", "value": "Unattached"}],
    "azure.publicip": [{"type": "value", "key": "properties.ipConfiguration", "value": "absent"}],
}
_DELETE: dict[str, list[Any]] = {
    "aws.ebs": ["snapshot", "delete"],
    "aws.elastic-ip": ["release"],
    "aws.ec2": [{"type": "terminate"}],
    "aws.rds": [{"type": "delete", "skip-snapshot": False}],
    "gcp.disk": ["snapshot", "delete"],
}
_VOLUME_TYPES = ("gp3", "gp2", "io2", "io1", "st1", "sc1")
_INSTANCE_TYPE = re.compile(r"[a-z][a-z0-9-]{1,15}\.[a-z0-9-]{2,15}")
_STORAGE_CLASSES = ("INTELLIGENT_TIERING", "STANDARD_IA", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_SCHEDULED = ("aws.ec2", "aws.rds", "azure.vm", "gcp.instance")


def policies(kept: Sequence[KeptRecommendation]) -> str:
    """Write the policies of recommendations as one YAML file.

    Raises:
        ConfigError: a resource or an action that no policy can do; its ticket can still be exported.
    """
    found = [policy for one in kept for policy in _policies(one)]
    return yaml.safe_dump({"policies": found}, sort_keys=False, allow_unicode=False, width=120)


def _policies(kept: KeptRecommendation) -> list[dict[str, Any]]:
    found = kept.recommendation
    named = resource_named(found.provider, found.resource_id)
    if named is None or not named.kind.custodian:
        raise _no_policy(kept, "its resource is of no kind that a policy is written for")
    which = {"type": "value", "key": named.kind.key, "value": named.id}
    name = f"finops-{re.sub('[^a-z0-9]+', '-', kept.recommendation_id.lower())}"
    if found.step == "terminate":
        return _gone_in_two_steps(name, named, which)
    if found.step == "schedule" and named.kind.custodian in _SCHEDULED:
        return _office_hours(name, named.kind, which)
    actions = _changes(found, named)
    if not actions:
        raise _no_policy(kept, f"no policy can {found.step} it to {found.target!r}")
    # Custodian refuses to modify a volume that it has not been told to look at first.
    looked_at = ["modifyable"] if named.kind.custodian == "aws.ebs" else []
    return [_policy(name, named.kind, "Change what it is.", [which, *looked_at], actions)]


def _gone_in_two_steps(name: str, named: Named, which: dict[str, Any]) -> list[dict[str, Any]]:
    kind = named.kind
    unused = _STILL_UNUSED.get(kind.custodian, [])
    delete = _DELETE.get(kind.custodian, ["delete"])
    if kind.custodian.startswith("gcp."):
        # Google's disks cannot all be marked: their owner runs this after the days of grace.
        description = f"Run this {kind.grace_days} days after its owner was told."
        return [_policy(name, kind, description, [which, *unused], delete)]
    last = delete[-1]
    operation = last if isinstance(last, str) else last["type"]
    marked = {"type": "marked-for-op", "tag": TAG, "op": operation}
    mark = {"type": "mark-for-op", "tag": TAG, "op": operation, "days": kind.grace_days}
    first = f"Mark it and tell its owner; it is deleted {kind.grace_days} days later."
    return [
        _policy(f"{name}-mark", kind, first, [which, *unused, {f"tag:{TAG}": "absent"}], [mark]),
        _policy(
            f"{name}-delete", kind, "Delete what was marked and is still unused.", [which, *unused, marked], delete
        ),
    ]


def _office_hours(name: str, kind: ResourceKind, which: dict[str, Any]) -> list[dict[str, Any]]:
    stop = {"type": "poweroff"} if kind.custodian == "azure.vm" else "stop"
    hours = {"default_tz": "utc", "weekends": True}
    return [
        _policy(f"{name}-off", kind, "Off at night.", [which, {"type": "offhour", "offhour": 19, **hours}], [stop]),
        _policy(f"{name}-on", kind, "On in the morning.", [which, {"type": "onhour", "onhour": 7, **hours}], ["start"]),
    ]


def _changes(found: Recommendation, named: Named) -> list[Any]:
    """Give the actions that make a resource what it should become; none = no policy can."""
    resource, target = named.kind.custodian, found.target
    if resource == "aws.ebs" and target in _VOLUME_TYPES:
        return [{"type": "modify", "volume-type": target}]
    if resource == "aws.ec2" and _INSTANCE_TYPE.fullmatch(target):
        return [{"type": "resize", "restart": True, "default": target}]
    if resource == "aws.rds" and target.startswith("db.") and _INSTANCE_TYPE.fullmatch(target.removeprefix("db.")):
        update = [{"property": "DBInstanceClass", "value": target}]
        return [{"type": "modify-db", "immediate": False, "update": update}]
    if resource == "aws.s3" and target.upper() in _STORAGE_CLASSES:
        moved = {"Days": 30, "StorageClass": target.upper()}
        rule = {"ID": TAG, "Status": "Enabled", "Filter": {"Prefix": ""}, "Transitions": [moved]}
        return [{"type": "configure-lifecycle", "rules": [rule]}]
    return []


def _policy(name: str, kind: ResourceKind, description: str, filters: list[Any], actions: list[Any]) -> dict[str, Any]:
    return {
        "name": name,
        "resource": kind.custodian,
        "description": description,
        "filters": filters,
        "actions": actions,
    }


def _no_policy(kept: KeptRecommendation, why: str) -> ConfigError:
    return ConfigError(
        f"recommendation {kept.recommendation_id} has no Cloud Custodian policy: {why}",
        next_step=f"finops savings export {kept.recommendation_id} --as ticket",
        recommendation_id=kept.recommendation_id,
    )
