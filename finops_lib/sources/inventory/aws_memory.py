"""How much memory an EC2 instance uses: only the CloudWatch agent inside it knows, under dimensions of its choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_cloudwatch import dimensions_of
from finops_lib.sources.inventory.aws_instances import MEMORY
from finops_lib.sources.inventory.aws_kinds import Measure
from finops_lib.sources.inventory.aws_place import Place

_NAMESPACE = "CWAgent"
# Of Linux and of Windows.
_NAMES = ("mem_used_percent", "Memory % Committed Bytes In Use")


def memory_measures(place: Place, instances: Sequence[Resource]) -> Iterator[tuple[Resource, Measure]]:
    """Say under which dimensions the agents of some instances report; an instance without an agent gives nothing.

    Raises:
        NotAllowed, SourceError: CloudWatch does not say which metrics there are.
    """
    known = {instance.resource_id: instance for instance in instances}
    chosen: dict[str, tuple[tuple[bool, int], Measure]] = {}
    for name in _NAMES if instances else ():
        for dimensions in dimensions_of(place, _NAMESPACE, name):
            instance = known.get(dimensions.get("InstanceId", ""))
            if instance is None:
                continue
            # What an instance reported before its type was changed ends then; the fewest parts are the plainest.
            was_other = dimensions.get("InstanceType") not in (None, instance.attributes.get("instance_type"))
            rank = (was_other, len(dimensions))
            before = chosen.get(instance.resource_id)
            if before is None or rank < before[0]:
                measure = Measure(MEMORY, "percent", _NAMESPACE, name, tuple(dimensions.items()))
                chosen[instance.resource_id] = (rank, measure)
    for resource_id, (_, measure) in chosen.items():
        yield known[resource_id], measure
