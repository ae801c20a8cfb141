"""What runs on Azure: services, price items and fleets. List prices, illustrative; eu-commerce pays in EUR."""

from __future__ import annotations

from finops_lib.sample.accounts import DATA, MOBILE
from finops_lib.sample.records import Fleet, Service, Sku

SERVICES = {
    "vm": Service("Virtual Machines", "Compute", "Virtual Machines", "Virtual Machines"),
    "storage": Service("Storage Accounts", "Storage", "Object Storage", "Storage"),
    "sql": Service("Azure SQL Database", "Databases", "Relational Databases", "SQL Database"),
    "app": Service("Azure App Service", "Web", "Application Platforms", "Azure App Service"),
    "cosmos": Service("Azure Cosmos DB", "Databases", "NoSQL Databases", "Azure Cosmos DB"),
    "redis": Service("Azure Cache for Redis", "Databases", "Caching", "Redis Cache"),
    "aks": Service("Azure Kubernetes Service", "Compute", "Containers", "Azure Kubernetes Service"),
    "network": Service("Virtual Network", "Networking", "Network Infrastructure", "Virtual Network"),
    "bandwidth": Service("Bandwidth", "Networking", "Network Infrastructure", "Bandwidth"),
    "monitor": Service("Azure Monitor", "Management and Governance", "Observability", "Log Analytics"),
    "openai": Service("Azure OpenAI Service", "AI and Machine Learning", "Generative AI", "Cognitive Services"),
    "saas": Service("Microsoft Marketplace", "Other", "Other (Other)", "SaaS"),
}

SKUS = {
    "vm-d8": Sku(
        "vm", "D{cores}s v5", "Virtual Machines Dsv5 Series - D{cores}s v5", "0.192", "1 Hour", "vm",
        "Virtual machine", discount=6,
    ),
    "vm-e4": Sku(
        "vm", "E{cores}s v5", "Virtual Machines Esv5 Series - E{cores}s v5", "0.252", "1 Hour", "vm",
        "Virtual machine", discount=6,
    ),
    "vm-b2": Sku(
        "vm", "B{cores}ms", "Virtual Machines BS Series - B{cores}ms", "0.166", "1 Hour", "vm", "Virtual machine",
        discount=6,
    ),
    "disk": Sku(
        "storage", "P20 LRS Disk", "Premium SSD Managed Disks - P20 LRS Disk", "73.22", "1/Month", "disk", "Disk",
    ),
    "blob": Sku(
        "storage", "Hot LRS Data Stored", "General Block Blob v2 - Hot LRS Data Stored", "0.0184", "1 GB/Month",
        "storage", "Storage account", discount=4,
    ),
    "blob-ops": Sku(
        "storage", "Hot Write Operations", "General Block Blob v2 - Hot LRS Write Operations", "0.05", "10K", "storage",
        "Storage account", discount=4,
    ),
    "sql": Sku(
        "sql", "vCore", "SQL Database Single/Elastic Pool General Purpose - Compute Gen5 - vCore", "0.252", "1 Hour",
        "sqldb", "SQL database", discount=8,
    ),
    "app": Sku(
        "app", "P1 v3 App", "Azure App Service Premium v3 Plan - Linux - P1 v3 App", "0.155", "1 Hour", "plan",
        "App Service plan", discount=5,
    ),
    "cosmos": Sku(
        "cosmos", "100 RU/s", "Azure Cosmos DB - 100 RU/s", "0.008", "1/Hour", "cosmos", "Azure Cosmos DB account",
        discount=5,
    ),
    "redis": Sku(
        "redis", "C3 Cache Instance", "Azure Redis Cache Standard - C3 Cache Instance", "0.225", "1 Hour", "redis",
        "Azure Cache for Redis", discount=5,
    ),
    "aks": Sku(
        "aks", "Standard Uptime SLA", "Azure Kubernetes Service - Uptime SLA", "0.1", "1 Hour", "aks",
        "Kubernetes service",
    ),
    "vpngw": Sku("network", "VpnGw2", "VPN Gateway - VpnGw2", "0.49", "1 Hour", "gateway", "Virtual network gateway"),
    "vpngw-bytes": Sku(
        "network", "VPN Data Transfer Out", "VPN Gateway - Inter-Virtual Network Data Transfer Out", "0.035", "1 GB",
        "gateway", "Virtual network gateway",
    ),
    "public-ip": Sku(
        "network", "Standard IPv4 Static Public IP", "IP Addresses - Standard IPv4 Static Public IP", "0.005",
        "1 Hour", "publicip", "Public IP address",
    ),
    "egress": Sku(
        "bandwidth", "Standard Data Transfer Out", "Rtn Preference: MGN - Standard Data Transfer Out", "0.08",
        "1 GB", discount=10,
    ),
    "logs": Sku(
        "monitor", "Pay-as-you-go Data Ingestion", "Log Analytics - Analytics Logs Data Ingestion", "2.3", "1 GB",
        "workspace", "Log Analytics workspace",
    ),
    "openai": Sku(
        "openai", "gpt-4o Input Tokens", "Azure OpenAI - gpt-4o Input global Tokens", "0.0025", "1K", "cognitive",
        "Azure AI services",
    ),
}  # fmt: skip

FLEETS = (
    # mobile-prod
    Fleet("az-mobile-vm", "mobile-prod", "vm-d8", 3900, 2, "shop", hourly=True, grows=False),
    Fleet("az-mobile-vmss", "mobile-prod", "vm-e4", 10600, 12, "weekend", life=13),
    Fleet("az-mobile-covered", "mobile-prod", "vm-d8", slots=4, commitment="azr", grows=False, hourly=True),
    Fleet("az-mobile-sql", "mobile-prod", "sql", 9600, 4, "flat"),
    Fleet("az-mobile-app", "mobile-prod", "app", 6400, 5, "weekend"),
    Fleet("az-mobile-cosmos", "mobile-prod", "cosmos", 7400, 4, "shop"),
    Fleet("az-mobile-blob", "mobile-prod", "blob", 3100, 5, "drift"),
    Fleet("az-mobile-blob-ops", "mobile-prod", "blob-ops", 800, 5, "shop", group="az-mobile-blob"),
    Fleet("az-mobile-disk", "mobile-prod", "disk", 1800, 6, "constant"),
    Fleet("az-mobile-egress", "mobile-prod", "egress", 3000, 1, "weekend", grows=False),
    Fleet("az-mobile-redis", "mobile-prod", "redis", 1900, 2, "flat"),
    Fleet("az-mobile-logs", "mobile-prod", "logs", 1700, 2, "shop"),
    # mobile-test
    Fleet("az-test-vm", "mobile-test", "vm-b2", 2600, 4, "office", life=20),
    Fleet("az-test-app", "mobile-test", "app", 900, 2, "office"),
    Fleet("az-test-blob", "mobile-test", "blob", 400, 2, "constant"),
    Fleet("az-test-blob-ops", "mobile-test", "blob-ops", 25, 2, "flat", group="az-test-blob"),
    Fleet("az-test-public-ip", "mobile-test", "public-ip", slots=3, shape="clock", grows=False),
    # corp-it: many owners
    Fleet("az-corp-vm", "corp-it", "vm-e4", 6800, 8, "office"),
    Fleet("az-corp-vm-data", "corp-it", "vm-d8", 2900, 3, "office", owner=DATA),
    Fleet("az-corp-aks", "corp-it", "aks", slots=2, shape="clock", grows=False),
    Fleet("az-corp-aks-nodes", "corp-it", "vm-d8", 4600, 6, "flat", life=17, owner=MOBILE),
    Fleet("az-corp-files", "corp-it", "blob", 4300, 5, "constant"),
    Fleet("az-corp-files-ops", "corp-it", "blob-ops", 160, 5, "office", group="az-corp-files"),
    Fleet("az-corp-sql", "corp-it", "sql", 2600, 2, "office"),
    Fleet("az-corp-gateway", "corp-it", "vpngw", slots=1, shape="clock", grows=False),
    Fleet("az-corp-gateway-bytes", "corp-it", "vpngw-bytes", 260, 1, "office", group="az-corp-gateway", grows=False),
    Fleet("az-corp-openai", "corp-it", "openai", 2800, 2, "office"),
    Fleet("az-corp-logs", "corp-it", "logs", 1500, 2, "flat"),
    Fleet("az-corp-backup", "corp-it", "blob-ops", 650, 1, "sundays", grows=False),
    Fleet("az-corp-key-events", "corp-it", "egress", 500, 1, "office", grows=False),
    # eu-commerce, billed in EUR
    Fleet("az-eu-vm", "eu-commerce", "vm-d8", 6900, 8, "shop", life=15),
    Fleet("az-eu-sql", "eu-commerce", "sql", 5600, 3, "flat"),
    Fleet("az-eu-app", "eu-commerce", "app", 3700, 4, "weekend"),
    Fleet("az-eu-blob", "eu-commerce", "blob", 1900, 3, "constant"),
    Fleet("az-eu-blob-ops", "eu-commerce", "blob-ops", 90, 3, "shop", group="az-eu-blob"),
    Fleet("az-eu-egress", "eu-commerce", "egress", 1400, 1, "weekend", grows=False),
    Fleet("az-eu-month-end", "eu-commerce", "vm-e4", 800, 5, "month_end", life=2),
    # waste
    Fleet("waste-az-gateway", "mobile-test", "vpngw", slots=1, shape="clock", grows=False, waste="idle-vpn"),
    Fleet("az-deallocated-vm", "corp-it", "vm-e4", slots=3, shape="clock", stops=64, group="intranet-old", grows=False),
    Fleet(
        "waste-az-disks", "corp-it", "disk", 440, 3, "fixed", group="intranet-old", grows=False,
        waste="stopped-instance-disk",
    ),
)  # fmt: skip
