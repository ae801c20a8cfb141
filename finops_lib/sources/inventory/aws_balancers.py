"""Load balancers of both generations, with how many targets they have and how many of those are healthy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Measure, Need, kind
from finops_lib.sources.inventory.aws_place import Place, is_answer, tags_of, texts, utc

_TYPE, _CLASSIC = "aws-load-balancer", "aws-classic-load-balancer"
# DescribeTags takes no more at once.
_TAGS_AT_ONCE = 20
_REQUESTS = {
    "application": ("AWS/ApplicationELB", "RequestCount"),
    # No requests at this level: connections that were opened.
    "network": ("AWS/NetworkELB", "NewFlowCount"),
    "gateway": ("AWS/GatewayELB", "NewFlowCount"),
}


def _requests(namespace: str, name: str, dimension: str, value: str) -> Measure:
    """Give how many there were in five minutes; CloudWatch has no point where there were none."""
    return Measure("requests", "count", namespace, name, ((dimension, value),), mean="Sum", maximum="")


def _measures(balancer: Resource) -> tuple[Measure, ...]:
    namespace, name = _REQUESTS.get(balancer.attributes.get("kind", ""), ("", ""))
    path = balancer.resource_id.partition(":loadbalancer/")[2]
    return (_requests(namespace, name, "LoadBalancer", path),) if namespace else ()


def _classic_measures(balancer: Resource) -> tuple[Measure, ...]:
    return (_requests("AWS/ELB", "RequestCount", "LoadBalancerName", balancer.name),)


def _need(action: str, needed_for: str, service: str, operation: str, *codes: str, **arguments: Any) -> Need:
    """Give a need; `codes`: what AWS answers when it let us ask for something that is not there."""
    name = f"elasticloadbalancing:{action}"
    return Need(
        Permission(name, needed_for),
        lambda place: is_answer(lambda: place.ask(service, operation, **arguments), *codes),
    )


# Not an ARN of anything, but of the right form; AWS checks the permission before it looks for it.
_NO_GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/none/0000000000000000"


@kind(
    _TYPE,
    _need("DescribeLoadBalancers", "load balancers", "elbv2", "describe_load_balancers", PageSize=1),
    _need("DescribeTargetGroups", "what load balancers send to", "elbv2", "describe_target_groups", PageSize=1),
    _need(
        "DescribeTargetHealth",
        "whether anything answers behind a load balancer",
        *("elbv2", "describe_target_health", "TargetGroupNotFound", "ValidationError"),
        TargetGroupArn=_NO_GROUP,
    ),
    measures=_measures,
    metrics=("requests",),
)
def load_balancers(place: Place) -> Iterator[Resource]:
    """Find all application, network and gateway load balancers."""
    groups: dict[str, list[str]] = {}
    for group in place.pages("elbv2", "describe_target_groups", "TargetGroups"):
        for balancer in group.get("LoadBalancerArns", ()):
            groups.setdefault(balancer, []).append(group["TargetGroupArn"])
    balancers = list(place.pages("elbv2", "describe_load_balancers", "LoadBalancers"))
    tags = _tags(place, [balancer["LoadBalancerArn"] for balancer in balancers])
    for balancer in balancers:
        arn = balancer["LoadBalancerArn"]
        health = [state for group in groups.get(arn, ()) for state in _health(place, group)]
        yield Resource(
            type=_TYPE,
            resource_id=arn,
            account=place.account,
            region=place.region,
            name=balancer.get("LoadBalancerName", ""),
            state=balancer.get("State", {}).get("Code", "").lower(),
            created_at=utc(balancer.get("CreatedTime")),
            attributes=texts(
                kind=balancer.get("Type"),
                scheme=balancer.get("Scheme"),
                vpc_id=balancer.get("VpcId"),
                target_groups=len(groups.get(arn, ())),
                targets=len(health),
                healthy_targets=health.count("healthy"),
                # A target that nothing asks, or whose health is not checked, is not known to be unhealthy.
                targets_of_unknown_health=sum(state in ("unavailable", "initial", "unused") for state in health),
            ),
            tags=tags.get(arn, {}),
        )


def _health(place: Place, group: str) -> list[str]:
    found = place.ask("elbv2", "describe_target_health", TargetGroupArn=group).get("TargetHealthDescriptions", ())
    return [target.get("TargetHealth", {}).get("State", "") for target in found]


def _tags(place: Place, arns: list[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for start in range(0, len(arns), _TAGS_AT_ONCE):
        answer = place.ask("elbv2", "describe_tags", ResourceArns=arns[start : start + _TAGS_AT_ONCE])
        found |= {item["ResourceArn"]: tags_of(item) for item in answer.get("TagDescriptions", ())}
    return found


@kind(
    _CLASSIC,
    _need("DescribeLoadBalancers", "load balancers", "elb", "describe_load_balancers", PageSize=1),
    _need(
        "DescribeInstanceHealth",
        "whether anything answers behind a classic load balancer",
        *("elb", "describe_instance_health", "LoadBalancerNotFound"),
        LoadBalancerName="none",
    ),
    _need(
        "DescribeTags",
        "tags of load balancers",
        "elb",
        "describe_tags",
        "LoadBalancerNotFound",
        LoadBalancerNames=["none"],
    ),
    measures=_classic_measures,
    metrics=("requests",),
)
def classic_load_balancers(place: Place) -> Iterator[Resource]:
    """Find all load balancers of the first generation."""
    balancers = list(place.pages("elb", "describe_load_balancers", "LoadBalancerDescriptions"))
    names = [balancer["LoadBalancerName"] for balancer in balancers]
    tags: dict[str, dict[str, str]] = {}
    for start in range(0, len(names), _TAGS_AT_ONCE):
        answer = place.ask("elb", "describe_tags", LoadBalancerNames=names[start : start + _TAGS_AT_ONCE])
        tags |= {item["LoadBalancerName"]: tags_of(item) for item in answer.get("TagDescriptions", ())}
    for balancer in balancers:
        name = balancer["LoadBalancerName"]
        instances = balancer.get("Instances", ())
        states: list[dict[str, Any]] = []
        if instances:
            states = place.ask("elb", "describe_instance_health", LoadBalancerName=name).get("InstanceStates", [])
        yield Resource(
            type=_CLASSIC,
            resource_id=place.arn("elasticloadbalancing", f"loadbalancer/{name}"),
            account=place.account,
            region=place.region,
            name=name,
            created_at=utc(balancer.get("CreatedTime")),
            attributes=texts(
                kind="classic",
                scheme=balancer.get("Scheme"),
                vpc_id=balancer.get("VPCId"),
                targets=len(instances),
                healthy_targets=sum(state.get("State") == "InService" for state in states),
            ),
            tags=tags.get(name, {}),
        )
