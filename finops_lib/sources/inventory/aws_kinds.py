"""Kinds of AWS resources by name: one file each, which says how they are found and what is measured of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from finops_lib.registry import Registry
from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_place import Place

# Finds all resources of a kind in one place.
Find = Callable[[Place], Iterator[Resource]]


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of one resource, as CloudWatch knows it.

    Args:
        name: the metric's name in CloudWatch.
        mean, maximum: statistics of five minutes; "" = none that means anything.
        per_second: the statistic is a sum of five minutes.
    """

    metric: str
    unit: str
    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    mean: str = "Average"
    maximum: str = "Maximum"
    per_second: bool = False


@dataclass(frozen=True, slots=True)
class Need:
    """A permission, and the smallest call that it allows."""

    permission: Permission
    ask: Callable[[Place], object]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of resource.

    Args:
        api: the first thing that `find` asks.
        needs: all permissions that `find` uses.
        measures: what CloudWatch has of one resource.
        metrics: the names of those measures, whatever the resource.
        aspects: what `find` adds to each resource and may be refused without the others, see Place.refused.
        everywhere: `find` gives the resources of all regions at once.
    """

    type: str
    api: str
    find: Find
    needs: tuple[Need, ...]
    measures: Callable[[Resource], tuple[Measure, ...]]
    metrics: tuple[str, ...]
    aspects: tuple[str, ...]
    everywhere: bool


AWS_KINDS: Registry[Kind] = Registry("kind of AWS resource", "finops_lib.sources.inventory")


def _nothing(resource: Resource) -> tuple[Measure, ...]:
    return ()


def kind(
    type: str,
    *needs: Need,
    measures: Callable[[Resource], tuple[Measure, ...]] = _nothing,
    metrics: tuple[str, ...] = (),
    aspects: tuple[str, ...] = (),
    everywhere: bool = False,
) -> Callable[[Find], Find]:
    """Register a function as the way to find one kind of resource; the first of `needs` is what it asks first."""

    def enter(find: Find) -> Find:
        api = needs[0].permission.name
        AWS_KINDS.register(type)(Kind(type, api, find, needs, measures, metrics, aspects, everywhere))
        return find

    return enter


def dry_run(name: str, operation: str, needed_for: str) -> Need:
    """Give the need for an EC2 permission: EC2 says whether a call would be allowed without making it."""
    from finops_lib.sources.inventory.aws_place import is_answer

    def ask(place: Place) -> object:
        return is_answer(lambda: place.ask("ec2", operation, DryRun=True), "DryRunOperation")

    return Need(Permission(name, needed_for), ask)


def summed(metric: str, unit: str, namespace: str, name: str, dimensions: tuple[tuple[str, str], ...]) -> Measure:
    """Give a measure of what CloudWatch adds up, as a rate per second.

    A maximum would be that of single samples, which are of one or of five minutes, and CloudWatch does not say which.
    """
    return Measure(metric, unit, namespace, name, dimensions, mean="Sum", maximum="", per_second=True)
