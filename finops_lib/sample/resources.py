"""What is a resource called in its provider's bill? Ids follow from names alone, so they never change between runs."""

from __future__ import annotations

from hashlib import blake2b

from finops_lib.sample.accounts import PROJECT_NUMBERS
from finops_lib.sample.records import Account

# AWS bills mix bare ids and ARNs; so do these.
_AWS = {
    "instance": "i-{hex17}",
    "volume": "vol-{hex17}",
    "snapshot": "arn:aws:ec2:{region}:{account}:snapshot/snap-{hex17}",
    "image": "ami-{hex17}",
    "capacity": "arn:aws:ec2:{region}:{account}:capacity-reservation/cr-{hex17}",
    "nat": "arn:aws:ec2:{region}:{account}:natgateway/nat-{hex17}",
    "address": "arn:aws:ec2:{region}:{account}:elastic-ip/eipalloc-{hex17}",
    "vpn": "arn:aws:ec2:{region}:{account}:vpn-connection/vpn-{hex17}",
    "endpoint": "arn:aws:ec2:{region}:{account}:vpc-endpoint/vpce-{hex17}",
    "balancer": "arn:aws:elasticloadbalancing:{region}:{account}:loadbalancer/app/{name}/{hex17}",
    "cluster": "arn:aws:eks:{region}:{account}:cluster/{name}",
    "function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "bucket": "{name}-{hex6}",
    "database": "arn:aws:rds:{region}:{account}:db:{name}",
    "table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "cache": "arn:aws:elasticache:{region}:{account}:cluster:{name}",
    "warehouse": "arn:aws:redshift:{region}:{account}:cluster:{name}",
    "domain": "arn:aws:es:{region}:{account}:domain/{name}",
    "emr": "arn:aws:elasticmapreduce:{region}:{account}:cluster/j-{HEX13}",
    "job": "arn:aws:glue:{region}:{account}:job/{name}",
    "workgroup": "arn:aws:athena:{region}:{account}:workgroup/{name}",
    "stream": "arn:aws:kinesis:{region}:{account}:stream/{name}",
    "distribution": "arn:aws:cloudfront::{account}:distribution/E{HEX13}",
    "loggroup": "arn:aws:logs:{region}:{account}:log-group:/meridian/{name}",
    "queue": "arn:aws:sqs:{region}:{account}:{name}",
    "model": "arn:aws:bedrock:{region}:{account}:inference-profile/{name}",
}

_AZURE = {
    "vm": "Microsoft.Compute/virtualMachines",
    "disk": "Microsoft.Compute/disks",
    "storage": "Microsoft.Storage/storageAccounts",
    "sqldb": "Microsoft.Sql/servers/sql-meridian/databases",
    "plan": "Microsoft.Web/serverFarms",
    "cosmos": "Microsoft.DocumentDB/databaseAccounts",
    "redis": "Microsoft.Cache/Redis",
    "aks": "Microsoft.ContainerService/managedClusters",
    "gateway": "Microsoft.Network/virtualNetworkGateways",
    "publicip": "Microsoft.Network/publicIPAddresses",
    "workspace": "Microsoft.OperationalInsights/workspaces",
    "cognitive": "Microsoft.CognitiveServices/accounts",
    "azsnapshot": "Microsoft.Compute/snapshots",
    "lb": "Microsoft.Network/loadBalancers",
    "aznat": "Microsoft.Network/natGateways",
    "sqlpool": "Microsoft.Sql/servers/sql-meridian/elasticPools",
    "nic": "Microsoft.Network/networkInterfaces",
    "connection": "Microsoft.Network/connections",
    "vmss": "Microsoft.Compute/virtualMachineScaleSets",
}

_GCP = {
    "gce": "//compute.googleapis.com/projects/{number}/zones/{region}-b/instances/{digits}",
    "pd": "//compute.googleapis.com/projects/{number}/zones/{region}-b/disk/{digits}",
    "gip": "//compute.googleapis.com/projects/{number}/regions/{region}/addresses/{digits}",
    "router": "//compute.googleapis.com/projects/{number}/regions/{region}/routers/{digits}",
    "rule": "//compute.googleapis.com/projects/{number}/regions/{region}/forwardingRules/{digits}",
    "gsnapshot": "//compute.googleapis.com/projects/{number}/global/snapshots/{digits}",
    "gimage": "//compute.googleapis.com/projects/{number}/global/images/{digits}",
    "dataset": "//bigquery.googleapis.com/projects/{account}/datasets/{name}",
    "gbucket": "//storage.googleapis.com/projects/_/buckets/{name}-{hex6}",
    "cloudsql": "//cloudsql.googleapis.com/projects/{account}/instances/{name}",
    "gke": "//container.googleapis.com/projects/{account}/locations/{region}/clusters/{name}",
    "logbucket": "//logging.googleapis.com/projects/{account}/locations/{region}/buckets/{name}",
    "topic": "//pubsub.googleapis.com/projects/{account}/topics/{name}",
    "service": "//run.googleapis.com/projects/{account}/locations/{region}/services/{name}",
    "pipeline": "//aiplatform.googleapis.com/projects/{account}/locations/{region}/customJobs/{name}",
}


def digest(text: str) -> str:
    """Give 32 hexadecimal digits that follow from the text alone."""
    return blake2b(text.encode(), digest_size=16).hexdigest()


def resource_group(account: Account, kind: str) -> str:
    """Give the Azure resource group of a kind of resource, in the letter case of its creator."""
    use = "Data" if kind in {"sqldb", "sqlpool", "cosmos", "storage"} else "Run"
    return f"RG-{account.name.removeprefix('sub-').title()}-{use}"


def resource_id(account: Account, kind: str, name: str) -> str:
    """Write the id of the resource `name` of one kind as the provider writes it in its bill."""
    mark = digest(f"{account.id}/{kind}/{name}")
    if account.provider == "azure":
        group = resource_group(account, kind)
        return f"{account.id}/resourceGroups/{group}/providers/{_AZURE[kind]}/{name}"
    template = (_AWS if account.provider == "aws" else _GCP)[kind]
    return template.format(
        region=account.region,
        account=account.id,
        name=name,
        hex17=mark[:17],
        hex6=mark[:6],
        HEX13=mark[:13].upper(),
        number=PROJECT_NUMBERS.get(account.id, ""),
        digits=numeric_id(account, kind, name),
    )


def numeric_id(account: Account, kind: str, name: str) -> str:
    """Give the 19 digits by which Compute Engine knows a resource."""
    return str(10**18 + int(digest(f"{account.id}/{kind}/{name}")[:14], 16) * 17 % (8 * 10**18))
