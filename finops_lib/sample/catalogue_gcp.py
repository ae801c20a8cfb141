"""What runs on Google Cloud: services, price items and fleets. Prices are list prices, illustrative."""

from __future__ import annotations

from finops_lib.sample.accounts import DATA, ML, PLATFORM, SEARCH
from finops_lib.sample.records import Fleet, Service, Sku

SERVICES = {
    "gce": Service("Compute Engine", "Compute", "Virtual Machines", "6F81-5844-456A"),
    "bigquery": Service("BigQuery", "Analytics", "Analytics Platforms", "24E6-581D-38E5"),
    "gcs": Service("Cloud Storage", "Storage", "Object Storage", "95FF-2EF5-5EA1"),
    "cloudsql": Service("Cloud SQL", "Databases", "Relational Databases", "9662-B51E-5089"),
    "gke": Service("Kubernetes Engine", "Compute", "Containers", "CCD8-9BF1-090E"),
    "networking": Service("Networking", "Networking", "Network Infrastructure", "E505-1604-58F8"),
    "logging": Service("Cloud Logging", "Management and Governance", "Observability", "5490-F7B7-8DF6"),
    "pubsub": Service("Cloud Pub/Sub", "Integration", "Messaging", "A1E8-BE35-7EBC"),
    "run": Service("Cloud Run", "Compute", "Serverless Compute", "152E-C115-5142"),
    "vertex": Service("Vertex AI", "AI and Machine Learning", "Machine Learning", "C7E2-9256-1C43"),
}

SKUS = {
    "a100": Sku(
        "gce", "Nvidia Tesla A100 GPU running in Americas", "Nvidia Tesla A100 GPU running in Americas", "2.933908",
        "hour", "gce", "Instance", discount=5,
    ),
    "n2": Sku(
        "gce", "N2 Instance Core running in Americas", "N2 Instance Core running in Americas", "0.031611", "hour",
        "gce", "Instance", discount=5,
    ),
    "pd": Sku("gce", "Balanced PD Capacity", "Balanced PD Capacity in Iowa", "0.1", "gibibyte month", "pd", "Disk"),
    "static-ip": Sku("gce", "Static Ip Charge", "Static Ip Charge", "0.01", "hour", "gip", "Address"),
    "bq-analysis": Sku(
        "bigquery", "Analysis (eu)", "Analysis (eu)", "6.25", "tebibyte", "dataset", "Dataset", discount=5,
    ),
    "bq-storage": Sku(
        "bigquery", "Active Logical Storage (eu)", "Active Logical Storage (eu)", "0.02", "gibibyte month",
        "dataset", "Dataset",
    ),
    "gcs": Sku(
        "gcs", "Standard Storage Belgium", "Standard Storage Belgium", "0.02", "gibibyte month", "gbucket", "Bucket",
    ),
    "gcs-ops": Sku(
        "gcs", "Regional Standard Class A Operations", "Regional Standard Class A Operations", "0.005", "1k count",
        "gbucket", "Bucket",
    ),
    "cloudsql": Sku(
        "cloudsql", "Cloud SQL for PostgreSQL: Zonal - vCPU in Belgium",
        "Cloud SQL for PostgreSQL: Zonal - vCPU in Belgium", "0.0454", "hour", "cloudsql", "Instance", discount=5,
    ),
    "gke": Sku("gke", "Zonal Kubernetes Clusters", "Zonal Kubernetes Clusters", "0.1", "hour", "gke", "Cluster"),
    "gke-nodes": Sku(
        "gke", "Autopilot Pod mCPU Requests (europe-west1)", "Autopilot Pod mCPU Requests (europe-west1)", "0.0573",
        "hour", "gke", "Cluster", discount=5,
    ),
    "nat-hours": Sku(
        "networking", "Cloud Nat Gateway: Uptime", "Networking Cloud Nat Gateway: Uptime", "0.0014", "hour",
        "router", "NatGateway",
    ),
    "nat-bytes": Sku(
        "networking", "Cloud Nat Gateway: Data Processing", "Networking Cloud Nat Gateway: Data Processing", "0.045",
        "gibibyte", "router", "NatGateway",
    ),
    "forwarding": Sku(
        "networking", "Cloud Load Balancer Forwarding Rule Minimum",
        "Cloud Load Balancer Forwarding Rule Minimum Service Charge", "0.025", "hour", "rule", "ForwardingRule",
    ),
    "forwarding-bytes": Sku(
        "networking", "Cloud Load Balancer Inbound Data Processing",
        "Cloud Load Balancer Inbound Data Processing Charge", "0.008", "gibibyte", "rule", "ForwardingRule",
    ),
    "egress": Sku(
        "networking", "Network Internet Data Transfer Out",
        "Network Internet Data Transfer Out from Belgium to Americas", "0.085", "gibibyte",
    ),
    "logging": Sku("logging", "Log Storage cost", "Log Storage cost", "0.5", "gibibyte", "logbucket", "LogBucket"),
    "pubsub": Sku("pubsub", "Message Delivery Basic", "Message Delivery Basic", "0.039", "gibibyte", "topic", "Topic"),
    "run": Sku(
        "run", "CPU Allocation Time", "CPU Allocation Time (1K vCPU-seconds)", "0.024", "1k second", "service",
        "Service", discount=5,
    ),
    "vertex": Sku(
        "vertex", "Vertex AI: Training/Pipelines", "Vertex AI: Training/Pipelines on n1-highmem-16", "1.0889",
        "hour", "pipeline", "CustomJob", discount=5,
    ),
}  # fmt: skip

FLEETS = (
    # ml-training
    Fleet("gcp-ml-gpu", "ml-training", "a100", 15500, 2, "flat", hourly=True, grows=False),
    Fleet("gcp-ml-gpu-jobs", "ml-training", "a100", 6200, 6, "weekdays", life=2),
    Fleet("gcp-ml-vertex", "ml-training", "vertex", 7200, 5, "bursts", life=3),
    Fleet("gcp-ml-bucket", "ml-training", "gcs", 3900, 5, "drift"),
    Fleet("gcp-ml-bucket-ops", "ml-training", "gcs-ops", 400, 5, "weekdays", group="gcp-ml-bucket"),
    Fleet("gcp-ml-disks", "ml-training", "pd", 1500, 4, "constant"),
    # ml-sandbox
    Fleet("gcp-sandbox-vm", "ml-sandbox", "n2", 2700, 5, "office", life=12),
    Fleet("gcp-sandbox-vertex", "ml-sandbox", "vertex", 1100, 2, "office", life=4),
    Fleet("gcp-sandbox-disks", "ml-sandbox", "pd", 300, 2, "constant"),
    # web-analytics: many owners
    Fleet("gcp-web-analysis", "web-analytics", "bq-analysis", 9800, 8, "office", owner=DATA),
    Fleet("gcp-web-analysis-search", "web-analytics", "bq-analysis", 3600, 3, "office", owner=SEARCH),
    Fleet("gcp-web-bq-storage", "web-analytics", "bq-storage", 3200, 6, "drift"),
    Fleet("gcp-web-sql", "web-analytics", "cloudsql", 4800, 4, "flat"),
    Fleet("gcp-web-gke", "web-analytics", "gke", slots=2, shape="clock", grows=False, owner=PLATFORM),
    Fleet("gcp-web-gke-nodes", "web-analytics", "gke-nodes", 6300, 9, "shop", life=10, owner=PLATFORM),
    Fleet("gcp-web-covered", "web-analytics", "n2", slots=3, commitment="cud", grows=False, hourly=True),
    Fleet("gcp-web-bucket", "web-analytics", "gcs", 2500, 5, "constant"),
    Fleet("gcp-web-bucket-ops", "web-analytics", "gcs-ops", 140, 5, "shop", group="gcp-web-bucket"),
    Fleet("gcp-web-logging", "web-analytics", "logging", 2600, 2, "flat", grows=False),
    Fleet("gcp-web-pubsub", "web-analytics", "pubsub", 2400, 5, "shop"),
    Fleet("gcp-web-run", "web-analytics", "run", 2100, 7, "weekend", owner=ML),
    Fleet("gcp-web-nat", "web-analytics", "nat-hours", slots=1, shape="clock", grows=False),
    Fleet("gcp-web-nat-bytes", "web-analytics", "nat-bytes", 700, 1, "shop", group="gcp-web-nat", grows=False),
    Fleet("gcp-web-rule", "web-analytics", "forwarding", slots=2, shape="clock", grows=False),
    Fleet("gcp-web-rule-bytes", "web-analytics", "forwarding-bytes", 350, 2, "shop", group="gcp-web-rule", grows=False),
    Fleet("gcp-web-egress", "web-analytics", "egress", 1700, 1, "weekend", grows=False),
    Fleet("gcp-web-reports", "web-analytics", "n2", 700, 2, "month_end", life=2),
    # waste
    Fleet("waste-gcp-ip", "ml-sandbox", "static-ip", slots=3, shape="clock", grows=False, waste="idle-public-ipv4"),
    Fleet("waste-gcp-nat", "ml-sandbox", "nat-hours", slots=1, shape="clock", grows=False, waste="idle-nat-gateway"),
    Fleet(
        "waste-gcp-rule", "ml-sandbox", "forwarding", slots=2, shape="clock", grows=False,
        waste="idle-load-balancer",
    ),
    Fleet("gcp-stopped-vm", "ml-training", "n2", slots=2, shape="clock", stops=58, group="train-old", grows=False),
    Fleet(
        "waste-gcp-disks", "ml-training", "pd", 380, 2, "fixed", group="train-old", grows=False,
        waste="stopped-instance-disk",
    ),
)  # fmt: skip
