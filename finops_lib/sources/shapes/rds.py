"""RDS classes: `db.` before the EC2 type that a database runs on, in the families that RDS offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from finops_lib.sources.shapes import ShapeRow

# What RDS offers of the families of EC2, as its user guide names them; a family that is missing is never advised.
_OFFERED = frozenset(
    (
        *("t2", "t3", "t4g", "m4", "m5", "m5d", "m6g", "m6gd", "m6i", "m6id", "m7g", "m7i", "m8g"),
        *("r4", "r5", "r5b", "r5d", "r6g", "r6gd", "r6i", "r6id", "r7g", "r7i", "r8g"),
        *("x1", "x1e", "x2g", "x2idn", "x2iedn", "x2iezn", "z1d"),
    )
)


def rows(of_ec2: Iterable[ShapeRow]) -> Iterator[ShapeRow]:
    """Derive the classes from instance types; the disks of a database are a service, so they set no limit here."""
    for one in of_ec2:
        if one.family in _OFFERED and not one.bare_metal:
            yield replace(
                one,
                service="rds",
                machine_type=f"db.{one.machine_type}",
                family=f"db.{one.family}",
                volumes=None,
                interfaces=None,
                source=f"derived from {one.source}: db. and the type",
            )
