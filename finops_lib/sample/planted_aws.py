"""What is planted on AWS beside catalogue_aws.py: waste that inventory and metrics show, and what looks like it."""

from __future__ import annotations

from finops_lib.sample.accounts import PAYMENTS, PAYMENTS_DEV
from finops_lib.sample.records import Becomes, Fleet, Sku


def _sized(family: str, price: str, *, system: str = "Linux", operation: str = "RunInstances") -> Sku:
    return Sku(
        "ec2", f"BoxUsage:{family}.{{size}}", f"${{price}} per On Demand {system} {family}.{{size}} Instance Hour",
        price, "Hrs", "instance", "Instance", operation,
    )  # fmt: skip


def _storage(kind: str, price: str) -> Sku:
    return Sku(
        "ec2", f"EBS:VolumeUsage.{kind}", f"${price} per GB-month of {kind} provisioned storage", price, "GB-Mo",
        "volume", "Volume", "CreateVolume",
    )  # fmt: skip


SKUS = {
    "c5": _sized("c5", "0.17"),
    "m5-sql": _sized("m5", "0.856", system="Windows with SQL Server Standard", operation="RunInstances:0006"),
    "t3-large": Sku(
        "ec2", "BoxUsage:t3.large", "$0.0832 per On Demand Linux t3.large Instance Hour", "0.0832", "Hrs",
        "instance", "Instance", "RunInstances",
    ),
    "io2": _storage("io2", "0.125"),
    "io2-iops": Sku(
        "ec2", "EBS:VolumeP-IOPS.io2", "$0.065 per IOPS-month provisioned (io2)", "0.065", "IOPS-Mo", "volume",
        "Volume", "CreateVolume-P-IOPS",
    ),
    "sc1": _storage("sc1", "0.015"),
    "s3-glacier": Sku(
        "s3", "TimedStorage-GlacierByteHrs", "$0.0036 per GB-Month of storage used in Amazon Glacier", "0.0036",
        "GB-Mo", "bucket", "Bucket", "GlacierStorage",
    ),
}  # fmt: skip

_PORTABLE = (("finops:portable", "arm64"),)
_OFFICE = Becomes(share=60 / 168, target="12 x 5", office_hours=True)


def _clock(name: str, account: str, sku: str, units: int, slots: int = 1, **more: object) -> Fleet:
    """Give machines that run every hour, of a fixed size."""
    return Fleet(name, account, sku, slots=slots, shape="clock", grows=False, units=units, **more)  # type: ignore[arg-type]


def _fixed(name: str, account: str, sku: str, monthly: float, slots: int = 1, **more: object) -> Fleet:
    return Fleet(name, account, sku, monthly, slots, "fixed", grows=False, **more)  # type: ignore[arg-type]


FLEETS = (
    # machines
    _clock(
        "waste-aws-orders", "payments-prod", "m5", 4, 2, waste="rightsize-ec2",
        becomes=Becomes("m5", units=2, target="m5.2xlarge"),
    ),
    _clock("waste-aws-relay", "data-platform", "m5", 1, 2, waste="idle-ec2"),
    _clock(
        "waste-aws-workbench", "payments-dev", "m5", 2, 2, waste="off-hours-schedule", becomes=_OFFICE,
        owner=PAYMENTS_DEV,
    ),
    _clock(
        "waste-aws-render", "search-prod", "c5", 2, 2, waste="graviton-eligible", tags=_PORTABLE,
        becomes=Becomes("c6g", units=2, target="c6g.2xlarge"),
    ),
    _clock("aws-pay-standby", "payments-prod", "m5", 2, tags=(("dr", "standby"),)),
    _clock("aws-search-heap", "search-prod", "r6i", 2),
    _clock("aws-data-newcomer", "data-platform", "m5", 1, starts=6),
    _clock("aws-shared-erp", "shared", "m5-sql", 2, owner=PAYMENTS),
    _clock("aws-dev-burst", "payments-dev", "t3", 2),
    _clock("aws-pay-closing", "payments-prod", "m5", 2),
    _clock("aws-data-kept", "data-platform", "m5", 1, tags=(("finops:keep-until", "{as_of+60}"),)),
    # volumes, snapshots, images
    _fixed("waste-aws-scratch", "data-platform", "gp3", 300, 3, waste="unattached-volume"),
    _fixed(
        "waste-aws-queue-log", "payments-prod", "io2", 125, 2, waste="io-volume-overprovisioned",
        becomes=Becomes("gp3", target="gp3"),
    ),
    _fixed(
        "waste-aws-queue-log-iops", "payments-prod", "io2-iops", 1040, 2, waste="io-volume-overprovisioned",
        group="waste-aws-queue-log",
    ),
    _fixed("aws-pay-journal", "payments-prod", "io2", 62.5),
    _fixed("aws-pay-journal-iops", "payments-prod", "io2-iops", 1300, group="aws-pay-journal"),
    _fixed(
        "waste-aws-cold-log", "data-platform", "gp3", 320, 2, waste="low-io-volume",
        becomes=Becomes("sc1", target="sc1"),
    ),
    _fixed("aws-search-swap", "search-prod", "gp3", 45),
    _fixed("aws-shared-vault", "shared", "snapshot", 240, 2, owner=PAYMENTS),
    _fixed("waste-aws-golden", "search-prod", "snapshot", 90, 2, waste="unused-image"),
    _fixed("aws-pay-base", "payments-prod", "snapshot", 40),
    # databases
    _clock(
        "waste-aws-catalog-db", "search-prod", "rds", 2, waste="rightsize-rds",
        becomes=Becomes("rds", units=1, target="db.r6g.xlarge"),
    ),
    _clock("waste-aws-legacy-db", "data-platform", "rds", 1, waste="idle-rds"),
    _fixed(
        "waste-aws-legacy-db-storage", "data-platform", "rds-storage", 57.5, waste="idle-rds",
        group="waste-aws-legacy-db",
    ),
    _clock("aws-pay-replica", "payments-prod", "rds", 1),
    # buckets
    _fixed("waste-aws-raw", "data-platform", "s3", 2400, waste="bucket-without-lifecycle"),
    _fixed(
        "waste-aws-raw-requests", "data-platform", "s3-requests", 60, group="waste-aws-raw",
        waste="bucket-without-lifecycle",
    ),
    _fixed("waste-aws-dropzone", "data-platform", "s3", 300, waste="incomplete-uploads"),
    _fixed(
        "waste-aws-dropzone-requests", "data-platform", "s3-requests", 25, group="waste-aws-dropzone",
        waste="incomplete-uploads",
    ),
    _fixed("waste-aws-documents", "payments-prod", "s3", 500, waste="noncurrent-versions"),
    _fixed(
        "waste-aws-documents-requests", "payments-prod", "s3-requests", 35, group="waste-aws-documents",
        waste="noncurrent-versions",
    ),
    _fixed(
        "waste-aws-campaign-2019", "search-prod", "s3", 360, 2, waste="abandoned-bucket",
        becomes=Becomes("s3-glacier", target="GLACIER"),
    ),
    _fixed("aws-search-thumbs", "search-prod", "s3", 23.55),
    _fixed("aws-search-thumbs-requests", "search-prod", "s3-requests", 100, group="aws-search-thumbs"),
    _fixed("aws-search-media", "search-prod", "s3", 900),
    _fixed("aws-search-media-requests", "search-prod", "s3-requests", 400, group="aws-search-media"),
    # clusters
    _clock("waste-aws-eks-trial", "payments-dev", "eks", 0, waste="cluster-without-nodes"),
)  # fmt: skip
