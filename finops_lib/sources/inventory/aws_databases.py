"""RDS and Aurora instances."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_kinds import Measure, Need, kind
from finops_lib.sources.inventory.aws_place import Place, tags_of, texts, utc

_TYPE = "aws-rds-instance"


def _measures(database: Resource) -> tuple[Measure, ...]:
    mine = (("DBInstanceIdentifier", database.name),)
    return (
        Measure("cpu", "percent", "AWS/RDS", "CPUUtilization", mine),
        Measure("connections", "count", "AWS/RDS", "DatabaseConnections", mine),
        # Short of memory is who has little of it free, so the largest of five minutes would say nothing.
        Measure("memory_free", "bytes", "AWS/RDS", "FreeableMemory", mine, mean="Minimum", maximum=""),
    )


@kind(
    _TYPE,
    Need(
        Permission("rds:DescribeDBInstances", "databases, their class and status"),
        lambda place: place.ask("rds", "describe_db_instances", MaxRecords=20),
    ),
    measures=_measures,
    metrics=("cpu", "connections", "memory_free"),
)
def databases(place: Place) -> Iterator[Resource]:
    """Find all database instances."""
    for database in place.pages("rds", "describe_db_instances", "DBInstances"):
        yield Resource(
            type=_TYPE,
            resource_id=database["DBInstanceArn"],
            account=place.account,
            region=place.region,
            name=database["DBInstanceIdentifier"],
            state=database.get("DBInstanceStatus", "").lower(),
            created_at=utc(database.get("InstanceCreateTime")),
            attributes=texts(
                instance_class=database.get("DBInstanceClass"),
                engine=database.get("Engine"),
                engine_version=database.get("EngineVersion"),
                license_model=database.get("LicenseModel"),
                multi_az=database.get("MultiAZ"),
                storage_type=database.get("StorageType"),
                size_gb=database.get("AllocatedStorage"),
                max_size_gb=database.get("MaxAllocatedStorage"),
                iops=database.get("Iops"),
                throughput_mbps=database.get("StorageThroughput"),
                replica_of=database.get("ReadReplicaSourceDBInstanceIdentifier"),
                replicas=database.get("ReadReplicaDBInstanceIdentifiers"),
                cluster=database.get("DBClusterIdentifier"),
                backup_days=database.get("BackupRetentionPeriod"),
                zone=database.get("AvailabilityZone"),
            ),
            tags=tags_of(database, "TagList"),
        )
