"""What runs on AWS: services, price items and fleets. Prices are list prices of us-east-1, illustrative."""

from __future__ import annotations

from finops_lib.sample.accounts import DATA, PAYMENTS, PLATFORM, PLATFORM_TEST, SEARCH
from finops_lib.sample.records import Becomes, Fleet, Service, Sku

_COMPUTE, _STORAGE, _NETWORK, _DATABASES = "Compute", "Storage", "Networking", "Databases"

SERVICES = {
    "ec2": Service("Amazon Elastic Compute Cloud", _COMPUTE, "Virtual Machines", "AmazonEC2"),
    "vpc": Service("Amazon Virtual Private Cloud", _NETWORK, "Network Infrastructure", "AmazonVPC"),
    "elb": Service("Elastic Load Balancing", _NETWORK, "Network Routing", "AWSELB"),
    "eks": Service("Amazon Elastic Kubernetes Service", _COMPUTE, "Containers", "AmazonEKS"),
    "lambda": Service("AWS Lambda", _COMPUTE, "Serverless Compute", "AWSLambda"),
    "s3": Service("Amazon Simple Storage Service", _STORAGE, "Object Storage", "AmazonS3"),
    "rds": Service("Amazon Relational Database Service", _DATABASES, "Relational Databases", "AmazonRDS"),
    "dynamodb": Service("Amazon DynamoDB", _DATABASES, "NoSQL Databases", "AmazonDynamoDB"),
    "elasticache": Service("Amazon ElastiCache", _DATABASES, "Caching", "AmazonElastiCache"),
    "redshift": Service("Amazon Redshift", "Analytics", "Data Processing", "AmazonRedshift"),
    "opensearch": Service("Amazon OpenSearch Service", "Analytics", "Search", "AmazonES"),
    "emr": Service("Amazon Elastic MapReduce", "Analytics", "Data Processing", "ElasticMapReduce"),
    "glue": Service("AWS Glue", "Analytics", "Data Processing", "AWSGlue"),
    "athena": Service("Amazon Athena", "Analytics", "Analytics Platforms", "AmazonAthena"),
    "kinesis": Service("Amazon Kinesis", "Analytics", "Streaming Analytics", "AmazonKinesis"),
    "cloudfront": Service("Amazon CloudFront", _NETWORK, "Content Delivery", "AmazonCloudFront"),
    "cloudwatch": Service("AmazonCloudWatch", "Management and Governance", "Observability", "AmazonCloudWatch"),
    "kms": Service("AWS Key Management Service", "Security", "Secret Management", "awskms"),
    "sqs": Service("Amazon Simple Queue Service", "Integration", "Messaging", "AWSQueueService"),
    "bedrock": Service("Amazon Bedrock", "AI and Machine Learning", "Generative AI", "AmazonBedrock"),
    "support": Service("AWS Support (Business)", "Management and Governance", "Support", "AWSSupportBusiness"),
    "marketplace": Service("Datadog Pro", "Management and Governance", "Observability", "datadog-pro"),
}


def _instance(size: str, price: str) -> Sku:
    text = f"${'{price}' if '{' in size else price} per On Demand Linux {size} Instance Hour"
    return Sku("ec2", f"BoxUsage:{size}", text, price, "Hrs", "instance", "Instance", "RunInstances")


def _volume(kind: str, price: str) -> Sku:
    text = f"${price} per GB-month of {kind or 'magnetic'} provisioned storage"
    meter = f"EBS:VolumeUsage.{kind}" if kind else "EBS:VolumeUsage"
    return Sku(
        "ec2", meter, text, price, "GB-Mo", "volume", "Volume", "CreateVolume-Gp3" if kind == "gp3" else "CreateVolume"
    )


SKUS = {
    "m5": _instance("m5.{size}", "0.192"),
    "c6g": _instance("c6g.{size}", "0.136"),
    "r6i": _instance("r6i.{size}", "0.252"),
    "t3": _instance("t3.{size}", "0.1664"),
    "p4d": _instance("p4d.24xlarge", "32.7726"),
    "m4": _instance("m4.2xlarge", "0.4"),
    "t2": _instance("t2.large", "0.0928"),
    "spot": Sku(
        "ec2", "SpotUsage:r5.{size}", "r5.{size} Linux/UNIX Spot Instance-hour", "0.0928", "Hrs",
        "instance", "Instance", "RunInstances:SV", "Dynamic",
    ),
    "unused-box": Sku(
        "ec2", "UnusedBox:m5.xlarge", "$0.192 per Unused Reservation Linux m5.xlarge Instance Hour", "0.192", "Hrs",
        "capacity", "CapacityReservation", "RunInstances",
    ),
    "gp3": _volume("gp3", "0.08"),
    "gp2": _volume("gp2", "0.1"),
    "magnetic": _volume("", "0.05"),
    "magnetic-io": Sku(
        "ec2", "EBS:VolumeIOUsage", "$0.05 per 1 million I/O requests", "0.05", "1M IOs", "volume", "Volume",
        "CreateVolume",
    ),
    "snapshot": Sku(
        "ec2", "EBS:SnapshotUsage", "$0.05 per GB-Month of snapshot data stored", "0.05", "GB-Mo",
        "snapshot", "Snapshot", "CreateSnapshot",
    ),
    "transfer": Sku(
        "ec2", "DataTransfer-Out-Bytes", "$0.090 per GB - data transfer out", "0.09", "GB", operation="RunInstances",
    ),
    "regional": Sku(
        "ec2", "DataTransfer-Regional-Bytes", "$0.010 per GB - regional data transfer", "0.01", "GB", "instance",
        "Instance", "InterZone-In",
    ),
    "nat-hours": Sku(
        "vpc", "NatGateway-Hours", "$0.045 per NAT Gateway Hour", "0.045", "Hrs", "nat", "NatGateway", "NatGateway"
    ),
    "nat-bytes": Sku(
        "vpc", "NatGateway-Bytes", "$0.045 per GB Data Processed by NAT Gateways", "0.045", "GB", "nat",
        "NatGateway", "NatGateway",
    ),
    "ip-idle": Sku(
        "vpc", "PublicIPv4:IdleAddress", "$0.005 per Idle public IPv4 address per hour", "0.005", "Hrs",
        "address", "ElasticIP", "AllocateAddressVPC",
    ),
    "ip-used": Sku(
        "vpc", "PublicIPv4:InUseAddress", "$0.005 per In-use public IPv4 address per hour", "0.005", "Hrs",
        "address", "ElasticIP", "AssociateAddressVPC",
    ),
    "vpn": Sku(
        "vpc", "VPN-Usage-Hours:ipsec.1", "$0.05 per VPN Connection-Hour", "0.05", "Hrs", "vpn", "VPNConnection",
        "CreateVpnConnection",
    ),
    "vpn-bytes": Sku(
        "vpc", "VPN-DataTransfer-Out-Bytes", "$0.09 per GB - VPN data transfer out", "0.09", "GB", "vpn",
        "VPNConnection", "CreateVpnConnection",
    ),
    "endpoint": Sku(
        "vpc", "VpcEndpoint-Hours", "$0.01 per VPC Endpoint Hour", "0.01", "Hrs", "endpoint", "VpcEndpoint",
        "VpcEndpoint",
    ),
    "endpoint-bytes": Sku(
        "vpc", "VpcEndpoint-Bytes", "$0.01 per GB Data Processed by VPC Endpoints", "0.01", "GB", "endpoint",
        "VpcEndpoint", "VpcEndpoint",
    ),
    "lb": Sku(
        "elb", "LoadBalancerUsage", "$0.0225 per Application LoadBalancer-hour", "0.0225", "Hrs",
        "balancer", "LoadBalancer", "LoadBalancing:Application",
    ),
    "lcu": Sku(
        "elb", "LCUUsage", "$0.008 per Application load balancer capacity unit-hour", "0.008", "LCU-Hrs",
        "balancer", "LoadBalancer", "LoadBalancing:Application",
    ),
    "eks": Sku(
        "eks", "AmazonEKS-Hours:perCluster", "Amazon EKS cluster usage", "0.1", "Hrs", "cluster", "Cluster",
        "CreateOperation",
    ),
    "eks-extended": Sku(
        "eks", "AmazonEKS-Hours:extendedSupport", "Amazon EKS extended support surcharge", "0.5", "Hrs", "cluster",
        "Cluster", "ExtendedSupport",
    ),
    "lambda": Sku(
        "lambda", "Lambda-GB-Second", "AWS Lambda - 1,000 GB-Seconds of compute", "0.016667", "1K GB-Second",
        "function", "Function", "Invoke",
    ),
    "s3": Sku(
        "s3", "TimedStorage-ByteHrs", "$0.023 per GB - first 50 TB / month of storage used", "0.023", "GB-Mo",
        "bucket", "Bucket", "StandardStorage",
    ),
    "s3-requests": Sku(
        "s3", "Requests-Tier1", "$0.005 per 1,000 PUT, COPY, POST, or LIST requests", "0.005", "1K Requests",
        "bucket", "Bucket", "PutObject",
    ),
    "rds": Sku(
        "rds", "InstanceUsage:db.r6g.{size}",
        "${price} per RDS db.r6g.{size} Single-AZ instance hour running PostgreSQL", "0.478",
        "Hrs", "database", "DBInstance", "CreateDBInstance:0014",
    ),
    "rds-storage": Sku(
        "rds", "RDS:GP3-Storage", "$0.115 per GB-month of provisioned GP3 storage", "0.115", "GB-Mo",
        "database", "DBInstance", "CreateDBInstance:0014",
    ),
    "rds-extended": Sku(
        "rds", "ExtendedSupport:Yr1-Yr2:PostgreSQL11", "$0.10 per vCPU-hour RDS Extended Support PostgreSQL 11", "0.1",
        "vCPU-Hrs", "database", "DBInstance", "CreateDBInstance:0014",
    ),
    "dynamodb": Sku(
        "dynamodb", "WriteRequestUnits", "$0.625 per million write request units", "0.625", "1M WriteRequestUnits",
        "table", "Table", "PayPerRequestThroughput",
    ),
    "elasticache": Sku(
        "elasticache", "NodeUsage:cache.r6g.large", "$0.206 per r6g.large node hour running Redis", "0.206", "Hrs",
        "cache", "CacheCluster", "CreateCacheCluster:0002",
    ),
    "redshift": Sku(
        "redshift", "Node:ra3.4xlarge", "$3.26 per Redshift RA3.4XLARGE Compute Node-hour", "3.26", "Hrs",
        "warehouse", "Cluster", "RunComputeNode:0001",
    ),
    "opensearch": Sku(
        "opensearch", "ESInstance:r6g.2xlarge", "$0.669 per r6g.2xlarge.search instance hour", "0.669", "Hrs",
        "domain", "Domain", "ESDomain",
    ),
    "emr": Sku(
        "emr", "BoxUsage:r5.4xlarge", "$0.252 per hour for EMR r5.4xlarge", "0.252", "Hrs", "emr", "Cluster",
        "RunInstances",
    ),
    "glue": Sku(
        "glue", "ETL-DPU-Hour", "$0.44 per Data Processing Unit-Hour for AWS Glue ETL job", "0.44", "DPU-Hour",
        "job", "Job", "Jobrun",
    ),
    "athena": Sku(
        "athena", "DataScannedInTB", "$5.00 per Terabyte for DataScannedInTB", "5", "TB", "workgroup", "WorkGroup",
        "ExecuteQuery",
    ),
    "kinesis": Sku(
        "kinesis", "Storage-ShardHour", "$0.015 per shard-hour", "0.015", "ShardHour", "stream", "Stream",
        "shardHourStorage",
    ),
    "cloudfront": Sku(
        "cloudfront", "DataTransfer-Out-Bytes", "$0.085 per GB - first 10 TB / month data transfer out", "0.085", "GB",
        "distribution", "Distribution", "GET",
    ),
    "logs": Sku(
        "cloudwatch", "DataProcessing-Bytes", "$0.50 per GB log data ingested", "0.5", "GB", "loggroup", "LogGroup",
        "PutLogEvents",
    ),
    "metrics": Sku(
        "cloudwatch", "CW:MetricMonitorUsage", "$0.30 per metric-month", "0.3", "Metrics", operation="MetricStorage",
    ),
    "kms": Sku("kms", "KMS-Requests", "$0.03 per 10,000 KMS requests", "0.03", "10K Requests", operation="Decrypt"),
    "sqs": Sku(
        "sqs", "Requests-Tier1", "$0.40 per million Amazon SQS standard requests", "0.4", "1M Requests", "queue",
        "Queue", "SendMessage",
    ),
    "bedrock": Sku(
        "bedrock", "InputTokenCount", "$0.003 per 1K input tokens", "0.003", "1K tokens", "model", "Model",
        "InvokeModelInference",
    ),
}  # fmt: skip


def _node_of(cluster: str) -> tuple[tuple[str, str], ...]:
    return (("aws:eks:cluster-name", cluster),)


FLEETS = (
    # payments-prod
    Fleet("aws-pay-web", "payments-prod", "m5", 4300, 2, "shop", hourly=True, grows=False),
    Fleet("aws-pay-workers", "payments-prod", "m5", 10100, 14, "shop", life=11),
    Fleet("aws-pay-covered", "payments-prod", "m5", slots=4, commitment="sp", grows=False, hourly=True),
    Fleet("aws-pay-disks", "payments-prod", "gp3", 4100, 8, "constant"),
    Fleet("aws-pay-rds", "payments-prod", "rds", 11500, 3, "flat", hourly=True),
    Fleet(
        "aws-pay-rds-before", "payments-prod", "rds", slots=2, shape="clock", group="ledger", stops=260, grows=False,
        units=2,
    ),
    Fleet(
        "aws-pay-rds-reserved", "payments-prod", "rds", slots=2, group="ledger", commitment="ri", grows=False,
        units=2, hourly=True,
    ),
    Fleet("aws-pay-rds-storage", "payments-prod", "rds-storage", 3600, 3, "constant", group="aws-pay-rds"),
    Fleet("aws-pay-dynamodb", "payments-prod", "dynamodb", 6300, 7, "shop"),
    Fleet("aws-pay-cache", "payments-prod", "elasticache", 3100, 3, "flat"),
    Fleet("aws-pay-lambda", "payments-prod", "lambda", 2600, 12, "shop"),
    Fleet("aws-pay-lb", "payments-prod", "lb", slots=4, shape="clock", grows=False),
    Fleet("aws-pay-lcu", "payments-prod", "lcu", 900, 4, "shop", group="aws-pay-lb", grows=False),
    Fleet("aws-pay-ip", "payments-prod", "ip-used", slots=4, shape="clock", grows=False),
    Fleet("aws-pay-transfer", "payments-prod", "transfer", 3000, 1, "shop", grows=False),
    Fleet("aws-pay-kms", "payments-prod", "kms", 330, 1, "shop", grows=False),
    Fleet("aws-pay-sqs", "payments-prod", "sqs", 410, 4, "shop"),
    Fleet("aws-pay-month-end", "payments-prod", "c6g", 1900, 24, "month_end", life=2),
    # payments-dev
    Fleet("aws-dev-vm", "payments-dev", "t3", 2600, 5, "office", life=18),
    Fleet("aws-dev-load-test", "payments-dev", "p4d", 700, 1, "office", grows=False),
    Fleet("aws-dev-rds", "payments-dev", "rds", 1300, 2, "office"),
    Fleet("aws-dev-disks", "payments-dev", "gp3", 500, 3, "constant"),
    # search-prod
    Fleet("aws-search-domain", "search-prod", "opensearch", 13800, 6, "flat"),
    Fleet("aws-search-indexers", "search-prod", "c6g", 12400, 16, "shop", life=9),
    Fleet("aws-search-covered", "search-prod", "c6g", slots=3, commitment="sp", grows=False, hourly=True),
    Fleet("aws-search-cdn", "search-prod", "cloudfront", 9000, 3, "weekend"),
    Fleet("aws-search-s3", "search-prod", "s3", 3800, 6, "constant"),
    Fleet("aws-search-s3-requests", "search-prod", "s3-requests", 700, 6, "shop", group="aws-search-s3"),
    Fleet("aws-search-logs", "search-prod", "logs", 1500, 4, "shop"),
    Fleet("aws-search-lb", "search-prod", "lb", slots=2, shape="clock", grows=False),
    Fleet("aws-search-lcu", "search-prod", "lcu", 600, 2, "shop", group="aws-search-lb", grows=False),
    Fleet(
        "aws-search-bedrock", "search-prod", "bedrock", 19500, 2, "office", starts=13, grows=False,
        
    ),
    # data-platform
    Fleet("aws-data-redshift", "data-platform", "redshift", 21500, 3, "flat"),
    Fleet("aws-data-emr", "data-platform", "emr", 8700, 8, "weekdays", life=4),
    Fleet("aws-data-spot", "data-platform", "spot", 6800, 20, "weekdays", life=5),
    Fleet(
        "aws-data-ingest-before", "data-platform", "m5", slots=3, shape="clock", stops=305, group="ingest",
        grows=False, units=2,
    ),
    Fleet(
        "aws-data-ingest", "data-platform", "m5", slots=3, group="ingest", commitment="ec2", grows=False, units=2,
        hourly=True,
    ),
    Fleet("aws-data-glue", "data-platform", "glue", 3100, 3, "mondays"),
    Fleet("aws-data-athena", "data-platform", "athena", 2400, 2, "office", grows=False),
    Fleet("aws-data-s3", "data-platform", "s3", 12600, 9, "drift"),
    Fleet("aws-data-s3-requests", "data-platform", "s3-requests", 900, 9, "flat", group="aws-data-s3"),
    Fleet("aws-data-kinesis", "data-platform", "kinesis", 3900, 4, "shop"),
    # shared-services: many owners, so only tags can tell them apart
    Fleet(
        "aws-shared-nodes", "shared", "r6i", 5200, 2, "flat", hourly=True, grows=False, owner=PLATFORM,
        tags=_node_of("shared-eks-01"),
    ),
    Fleet(
        "aws-shared-nodes-search", "shared", "r6i", 7900, 5, "shop", life=21, owner=SEARCH,
        tags=_node_of("shared-eks-02"),
    ),
    Fleet(
        "aws-shared-nodes-data", "shared", "r6i", 6100, 5, "office", life=21, owner=DATA,
        tags=_node_of("shared-eks-03"),
    ),
    Fleet("aws-shared-eks", "shared", "eks", slots=3, shape="clock", grows=False),
    Fleet("aws-shared-nat", "shared", "nat-hours", slots=3, shape="clock", grows=False),
    Fleet("aws-shared-nat-bytes", "shared", "nat-bytes", 4600, 3, "shop", group="aws-shared-nat", grows=False),
    Fleet("aws-shared-endpoint", "shared", "endpoint", slots=3, shape="clock", grows=False),
    Fleet(
        "aws-shared-endpoint-bytes", "shared", "endpoint-bytes", 300, 3, "flat", group="aws-shared-endpoint",
        grows=False,
    ),
    Fleet("aws-shared-vpn", "shared", "vpn", slots=1, shape="clock", grows=False),
    Fleet("aws-shared-vpn-bytes", "shared", "vpn-bytes", 90, 1, "office", group="aws-shared-vpn", grows=False),
    Fleet("aws-shared-logs", "shared", "logs", 3700, 7, "flat"),
    Fleet("aws-shared-metrics", "shared", "metrics", 1400, 1, "constant", grows=False),
    Fleet(
        "aws-shared-regional", "shared", "regional", 1300, 1, "shop", grows=False, group="aws-shared-nodes",
        waste="regional-transfer",
    ),
    Fleet("aws-shared-snapshots", "shared", "snapshot", 900, 6, "constant", life=35),
    Fleet("aws-shared-magnetic", "shared", "magnetic", 260, 1, "constant", grows=False),
    Fleet("aws-shared-magnetic-io", "shared", "magnetic-io", 45, 1, "flat", group="aws-shared-magnetic", grows=False),
    # waste that the bill alone shows; beside each kind stands a look-alike above
    Fleet("waste-aws-ip", "shared", "ip-idle", slots=5, shape="clock", grows=False, waste="idle-public-ipv4"),
    Fleet("waste-aws-nat", "payments-dev", "nat-hours", slots=2, shape="clock", grows=False, waste="idle-nat-gateway"),
    Fleet("waste-aws-vpn", "shared", "vpn", slots=1, shape="clock", grows=False, waste="idle-vpn", owner=PLATFORM_TEST),
    Fleet(
        "waste-aws-endpoint", "data-platform", "endpoint", slots=2, shape="clock", grows=False,
        waste="idle-vpc-endpoint",
    ),
    Fleet("waste-aws-lb", "payments-dev", "lb", slots=2, shape="clock", grows=False, waste="idle-load-balancer"),
    Fleet("waste-aws-magnetic", "data-platform", "magnetic", 420, 2, "fixed", grows=False, waste="unattached-volume"),
    Fleet(
        "waste-aws-gp2", "payments-prod", "gp2", 2300, 4, "fixed", grows=False, waste="gp2-volume",
        becomes=Becomes("gp3", target="gp3"),
    ),
    Fleet(
        "waste-aws-gp2-shared", "shared", "gp2", 900, 2, "fixed", grows=False, waste="gp2-volume", owner=PAYMENTS,
        becomes=Becomes("gp3", target="gp3"),
    ),
    Fleet("waste-aws-snapshots", "data-platform", "snapshot", 1150, 4, "fixed", grows=False, waste="old-snapshot"),
    Fleet("waste-aws-m4", "search-prod", "m4", slots=3, shape="clock", grows=False, waste="previous-generation"),
    Fleet("waste-aws-t2", "payments-dev", "t2", slots=3, shape="clock", grows=False, waste="previous-generation"),
    Fleet(
        "aws-stopped-vm", "data-platform", "m5", slots=2, shape="clock", stops=71, group="batch-legacy", grows=False,
        units=2,
    ),
    Fleet(
        "waste-aws-stopped-disks", "data-platform", "gp3", 640, 2, "fixed", group="batch-legacy", grows=False,
        waste="stopped-instance-disk",
    ),
    Fleet(
        "waste-aws-capacity", "payments-prod", "unused-box", slots=1, shape="clock", starts=50, grows=False,
        waste="idle-capacity-reservation",
    ),
    Fleet(
        "waste-aws-eks", "shared", "eks-extended", slots=1, shape="clock", starts=90, group="aws-shared-eks",
        grows=False, waste="extended-support",
    ),
    Fleet(
        "waste-aws-rds", "payments-dev", "rds-extended", 280, 1, "fixed", starts=120, group="aws-dev-rds",
        grows=False, waste="extended-support",
    ),
)  # fmt: skip
