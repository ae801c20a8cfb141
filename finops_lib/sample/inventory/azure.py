"""What would Azure say of the sample's resources? Types, ids and attributes as Resource Graph gives them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.curves import Calendar
from finops_lib.sample.inventory import busy
from finops_lib.sample.inventory.items import LONG_AGO, Holding, Item, ago, until
from finops_lib.sample.records import Account
from finops_lib.sample.resources import resource_id
from finops_lib.sample.wasted import ORPHAN_INTERFACES

STOPPED = frozenset({"az-deallocated-vm"})
_PROFILES = {
    "waste-az-api": "oversized", "az-corp-standby": "idle", "az-corp-licensed": "low", "az-corp-vm-data": "still-disks",
}  # fmt: skip
# Fleet of disks -> the machines that have them; what is not here is attached to nothing.
_ATTACHED = {
    "az-mobile-disk": "az-mobile-vm", "az-mobile-moved-disk": "az-mobile-vm", "waste-az-history": "az-corp-vm-data",
    "waste-az-disks": "az-deallocated-vm",
}  # fmt: skip
# Fleet of disks -> name, state and days since it was detached.
_DETACHED = {
    "waste-az-spare": ("unattached", 75), "az-corp-replica-disk": ("unattached", 120),
    "az-mobile-moved-disk": ("unattached", 3), "az-mobile-export-disk": ("activesas", 40),
}  # fmt: skip
_SIZES = {"P20": (512, 2300, 150), "P30": (1024, 5000, 200), "E30": (1024, 500, 60)}
_MEMORY_UNKNOWN = "corp-it"


def items(holdings: list[Holding], calendar: Calendar) -> Iterator[Item]:
    """Give every resource of a kind that is looked at, once."""
    machines = {(one.fleet, one.slot): one for one in holdings if one.kind == "vm"}
    seen: set[str] = set()
    for one in holdings:
        for item in _items(one, machines, calendar):
            if item.resource_id not in seen:
                seen.add(item.resource_id)
                yield item
    account = ACCOUNT[ORPHAN_INTERFACES[0]]
    for name in ORPHAN_INTERFACES[1]:
        yield _item("azure-network-interface", account, resource_id(account, "nic", name), name, {})


def _items(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Iterator[Item]:
    is_waste = bool(one.line.fleet.waste)
    if one.kind == "vm":
        yield from _machine(one)
    elif one.kind == "disk":
        yield _disk(one, machines, calendar)
    elif one.kind == "azsnapshot":
        sku = "Premium_LRS" if one.meter.startswith("P ") else "Standard_LRS"
        facts = {"sku": sku, "size_gb": f"{one.monthly_quantity:.0f}", "incremental": "false"}
        facts["source"] = resource_id(one.account, "disk", f"{one.name}-source").lower()
        yield _of(one, "azure-snapshot", facts, state="unattached", created_at=one.created_at)
    elif one.kind == "publicip":
        yield from _address(one, machines)
    elif one.kind == "lb" and "Rules" in one.meter:
        backends = "0" if is_waste else "3"
        facts = {"sku": "Standard", "backend_pools": "1", "rules": "1", "inbound_nat_rules": "0", "outbound_rules": "0"}
        yield _of(one, "azure-load-balancer", facts | {"backends": backends})
    elif one.kind == "aznat" and one.meter == "Standard Gateway":
        yield _of(one, "azure-nat-gateway", {"sku": "Standard", "subnets": "" if is_waste else "2", "public_ips": "1"})
    elif one.kind == "gateway" and one.meter == "VpnGw2":
        facts = {"sku": "VpnGw2", "gateway_type": "Vpn", "vpn_type": "RouteBased", "active_active": "false"}
        yield _of(one, "azure-network-gateway", facts)
        if not is_waste:
            yield _connection(one)
    elif one.kind == "plan":
        facts = {"kind": "linux", "sku": "P1v3", "tier": "PremiumV3", "instances": "1"}
        facts["sites"] = "0" if is_waste else "3"
        yield _of(one, "azure-app-service-plan", facts, state="ready", measured={} if is_waste else busy.plan())
    elif one.kind in ("sqldb", "sqlpool"):
        yield _database(one)
    elif one.kind == "storage" and "Data Stored" in one.meter:
        facts = {"kind": "Storage" if is_waste else "StorageV2", "sku": "Standard_LRS", "hierarchical": "false"}
        facts["access_tier"] = "" if is_waste else "Hot"
        yield _of(one, "azure-storage-account", facts, created_at=one.created_at)


def _machine(one: Holding) -> Iterator[Item]:
    is_sql = one.fleet == "az-corp-licensed"
    facts = {
        "instance_type": f"Standard_{one.meter.replace(' ', '_')}",
        "os": "Windows" if is_sql else "Linux",
        "licence_type": "Windows_Server" if is_sql else "",
        "image_publisher": "microsoftsqlserver" if is_sql else "canonical",
        "image_offer": "sql2022-ws2022" if is_sql else "ubuntu-24_04-lts",
        "priority": "Regular",
        "zone": str(one.slot % 3 + 1),
    }
    state = "deallocated" if one.stopped_at else "stopped" if one.fleet == "waste-az-parked" else "running"
    profile = busy.MACHINES["member" if one.is_member else _PROFILES.get(one.fleet, "healthy")]
    if one.fleet not in {*_PROFILES, "az-mobile-vm"} and not one.is_member:
        profile = busy.of(profile, "cpu", "memory")
    if one.account.key == _MEMORY_UNKNOWN:
        profile = {name: level for name, level in profile.items() if name != "memory"}
    if one.line.fleet.name != one.fleet:
        profile = busy.doubled(profile)
    if one.is_member:
        group = one.line.fleet.name.removeprefix("az-")
        facts["scale_set"] = resource_id(one.account, "vmss", group).lower()
        size = {"instance_type": facts["instance_type"], "instances": str(one.line.fleet.slots)}
        size |= {"orchestration": "Flexible", "priority": "Regular", "os": "Linux"}
        set_id = resource_id(one.account, "vmss", group)
        yield _item("azure-scale-set", one.account, set_id, group, size, created_at=one.created_at)
    measured = profile if state == "running" else {}
    yield _of(one, "azure-virtual-machine", facts, state=state, created_at=one.created_at, measured=measured)


def _disk(one: Holding, machines: Mapping[tuple[str, int], Holding], calendar: Calendar) -> Item:
    tier = one.meter.partition(" ")[0]
    size, iops, megabytes = _SIZES[tier]
    fleet = _ATTACHED.get(one.fleet, "")
    slots = sorted(slot for name, slot in machines if name == fleet)
    holder = machines[fleet, slots[one.slot % len(slots)]].resource_id.lower() if slots else ""
    state, days = ("attached" if holder else "unattached"), LONG_AGO
    if one.fleet in _DETACHED and ago(calendar, _DETACHED[one.fleet][1]) < until(calendar):
        (state, days), holder = _DETACHED[one.fleet], ""
    elif holder and fleet in STOPPED:
        state = "reserved"
    facts = {
        "attached_to": holder,
        "max_shares": "1",
        "sku": "Premium_LRS" if tier.startswith("P") else "StandardSSD_LRS",
        "tier": tier,
        "size_gb": str(size),
        "iops": str(iops),
        "megabytes_per_s": str(megabytes),
        "site_recovery": "true" if one.fleet == "az-corp-replica-disk" else "false",
    }
    return _of(one, "azure-disk", facts, state=state, since=ago(calendar, days), created_at=one.created_at)


def _address(one: Holding, machines: Mapping[tuple[str, int], Holding]) -> Iterator[Item]:
    facts = {"sku": "Standard", "allocation": "Static", "version": "IPv4"}
    if not one.line.fleet.waste:
        nic = resource_id(one.account, "nic", f"{one.name}-nic")
        facts["attached_to"] = f"{nic}/ipConfigurations/primary".lower()
        there = [machine for machine in machines.values() if machine.account == one.account]
        holder = there[one.slot % len(there)].resource_id.lower()
        yield _item("azure-network-interface", one.account, nic, f"{one.name}-nic", {"attached_to": holder})
    yield _of(one, "azure-public-ip", facts)


def _connection(one: Holding) -> Item:
    name = f"{one.name}-office"
    facts = {"attached_to": one.resource_id.lower(), "connection_type": "IPsec"}
    return _item(
        "azure-gateway-connection", one.account, resource_id(one.account, "connection", name), name, facts,
        state="connected",
    )  # fmt: skip


def _database(one: Holding) -> Item:
    is_pool = one.kind == "sqlpool"
    cores = max(round(one.monthly_quantity * 12 / 8760), 1)
    facts = {"sku": "GP_Gen5", "tier": "GeneralPurpose", "capacity": str(cores), "max_size_bytes": str(250 * 1024**3)}
    facts["licence_type"] = "LicenseIncluded"
    if not is_pool:
        facts["kind"] = "v12.0,user,vcore"
    type_ = "azure-sql-elastic-pool" if is_pool else "azure-sql-database"
    profile = "pool" if is_pool else "idle" if one.line.fleet.waste else "healthy"
    state = "ready" if is_pool else "online"
    return _of(one, type_, facts, state=state, created_at=one.created_at, measured=busy.sql_database(profile))


def _of(
    one: Holding,
    type_: str,
    facts: Mapping[str, str],
    *,
    state: str = "",
    since: datetime | None = None,
    created_at: datetime | None = None,
    measured: Mapping[str, busy.Busy] | None = None,
) -> Item:
    return _item(
        type_, one.account, one.resource_id, one.name, facts, state=state, since=since, created_at=created_at,
        tags=one.tags, measured=measured,
    )  # fmt: skip


def _item(
    type_: str,
    account: Account,
    raw_id: str,
    name: str,
    facts: Mapping[str, str],
    *,
    state: str = "",
    since: datetime | None = None,
    created_at: datetime | None = None,
    tags: Mapping[str, str] | None = None,
    measured: Mapping[str, busy.Busy] | None = None,
) -> Item:
    attributes = {key: value for key, value in facts.items() if value} | {"raw_id": raw_id}
    return Item(
        type_, raw_id.lower(), account.id, account.region, name, state, since, created_at, attributes, tags or {},
        measured or {}, created_at,
    )  # fmt: skip
