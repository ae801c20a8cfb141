"""Resources of Azure as Azure Resource Manager gives them, in the letter case in which they come."""

from __future__ import annotations

from typing import Any

SHOP, LABS = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
GROUP = f"/subscriptions/{SHOP}/resourceGroups/RG-Shop/providers"
SHOP_ACCOUNT, LABS_ACCOUNT = f"/subscriptions/{SHOP}", f"/subscriptions/{LABS}"


def document(type: str, name: str, *, location: str = "westeurope", **parts: Any) -> dict[str, Any]:
    """Give one resource of the subscription SHOP."""
    provider, *kinds = type.split("/")
    # Microsoft.Sql/servers/databases named srv/db is servers/srv/databases/db.
    path = "/".join(part for pair in zip(kinds, name.split("/"), strict=True) for part in pair)
    return {
        "id": f"{GROUP}/{provider}/{path}",
        "name": name.split("/")[-1],
        "type": type,
        "location": location,
        "subscriptionId": SHOP,
        **parts,
    }


WEB = document(
    "Microsoft.Compute/virtualMachines",
    "Web-1",
    tags={"team": "shop", "empty": None},
    zones=["2"],
    properties={
        "hardwareProfile": {"vmSize": "Standard_D4s_v5"},
        "storageProfile": {
            "osDisk": {"osType": "Windows", "managedDisk": {"id": f"{GROUP}/Microsoft.Compute/disks/Web-1-os"}},
            "imageReference": {"publisher": "MicrosoftWindowsServer", "offer": "WindowsServer"},
        },
        "licenseType": "Windows_Server",
        "priority": "Spot",
        "virtualMachineScaleSet": {"id": f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/Web"},
        "timeCreated": "2026-03-01T08:00:00.1234567Z",
        "extended": {"instanceView": {"powerState": {"code": "PowerState/running"}}},
    },
)
OLD = document(
    "Microsoft.Compute/virtualMachines",
    "old-1",
    location="northeurope",
    properties={
        "hardwareProfile": {"vmSize": "Standard_B2s"},
        "storageProfile": {"osDisk": {"osType": "Linux", "vhd": {"uri": "https://acct.blob.example/vhds/old.vhd"}}},
        "extended": {"instanceView": {"powerState": {"code": "PowerState/deallocated"}}},
    },
)
ESTATE = [
    WEB,
    OLD,
    document(
        "Microsoft.Compute/disks",
        "Web-1-os",
        managedBy=WEB["id"],
        sku={"name": "Premium_LRS"},
        properties={"diskSizeGB": 128, "diskState": "Attached", "diskIOPSReadWrite": 500, "tier": "P10"},
    ),
    document(
        "Microsoft.Compute/disks",
        "lost",
        sku={"name": "StandardSSD_LRS"},
        properties={
            "diskSizeGB": 64,
            "diskState": "Unattached",
            "timeCreated": "2025-01-02T03:04:05+02:00",
            "LastOwnershipUpdateTime": "2026-04-05T06:07:08Z",
        },
    ),
    document(
        "Microsoft.Compute/disks",
        "asrseeddisk-web-1",
        sku={"name": "Standard_LRS"},
        properties={"diskSizeGB": 32, "diskState": "ActiveSAS"},
    ),
    document(
        "Microsoft.Compute/snapshots",
        "nightly",
        sku={"name": "Premium_LRS"},
        properties={
            "diskSizeGB": 64,
            "incremental": False,
            "creationData": {"sourceResourceId": f"{GROUP}/Microsoft.Compute/disks/lost"},
        },
    ),
    document(
        "Microsoft.Network/publicIPAddresses",
        "nobody",
        sku={"name": "Standard"},
        properties={"publicIPAllocationMethod": "Static"},
    ),
    document(
        "Microsoft.Network/publicIPAddresses",
        "web",
        sku={"name": "Standard"},
        properties={
            "ipConfiguration": {"id": f"{GROUP}/Microsoft.Network/networkInterfaces/Web-1-nic/ipConfigurations/a"}
        },
    ),
    document(
        "Microsoft.Network/networkInterfaces",
        "Web-1-nic",
        properties={"virtualMachine": {"id": WEB["id"]}, "hostedWorkloads": []},
    ),
    document(
        "Microsoft.Network/loadBalancers",
        "front",
        sku={"name": "Standard"},
        properties={
            "backendAddressPools": [
                {"properties": {"backendIPConfigurations": [{"id": "a"}, {"id": "b"}]}},
                {"properties": {"loadBalancerBackendAddresses": [{"name": "c"}], "backendIPConfigurations": []}},
            ],
            "loadBalancingRules": [{"name": "https"}],
        },
    ),
    document(
        "Microsoft.Network/loadBalancers",
        "empty",
        sku={"name": "Standard"},
        properties={"backendAddressPools": [{"properties": {}}]},
    ),
    document("Microsoft.Network/natGateways", "nat", sku={"name": "Standard"}, properties={"subnets": [{"id": "s"}]}),
    document(
        "Microsoft.Network/virtualNetworkGateways",
        "vpn",
        properties={"sku": {"name": "VpnGw1"}, "gatewayType": "Vpn", "activeActive": False},
    ),
    document(
        "Microsoft.Network/connections",
        "office",
        properties={
            "connectionStatus": "NotConnected",
            "virtualNetworkGateway1": {"id": f"{GROUP}/Microsoft.Network/virtualNetworkGateways/vpn"},
        },
    ),
    document(
        "Microsoft.Web/serverfarms",
        "plan",
        kind="linux",
        sku={"name": "P1v3", "tier": "PremiumV3", "capacity": 2},
        properties={"numberOfSites": 0, "status": "Ready"},
    ),
    document(
        "Microsoft.Sql/servers/databases",
        "srv/orders",
        kind="v12.0,user,vcore,serverless",
        sku={"name": "GP_S_Gen5", "tier": "GeneralPurpose", "capacity": 2},
        properties={"status": "Paused", "pausedDate": "2026-04-01T00:00:00Z", "maxSizeBytes": 34359738368},
    ),
    document("Microsoft.Sql/servers/elasticPools", "srv/pool", sku={"name": "GP_Gen5"}, properties={"state": "Ready"}),
    document(
        "Microsoft.Storage/storageAccounts",
        "legacy",
        kind="Storage",
        sku={"name": "Standard_LRS"},
        properties={"accessTier": None, "creationTime": "2019-01-01T00:00:00Z"},
    ),
]
