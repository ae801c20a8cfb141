"""What is the sample estate made of: the frozen records its data modules are written in.

An *account* owns *fleets*. A fleet is one stream of money (one price item in one account) that some *slots* share; a
slot is one resource at a time. Money of a fleet is planned per day; its slots split it; the price turns it into
quantities. So every charge is quantity x price, and no amount is ever a rounded float.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Owner:
    """Who truly pays for a fleet; what tags say about it may differ."""

    team: str
    environment: str
    project: str
    cost_center: str


@dataclass(frozen=True, slots=True)
class Account:
    """A sub account, subscription or project. `mapped` = the workbench's account map may name its owner."""

    key: str
    provider: str
    id: str
    name: str
    billing_account_id: str
    billing_account_name: str
    currency: str
    owner: Owner
    region: str
    mapped: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """A service as the bill names it. `code` goes to the provider's own column (x_ServiceCode, meter category, id)."""

    name: str
    category: str
    subcategory: str
    code: str


@dataclass(frozen=True, slots=True)
class Sku:
    """One price item. `price`: list price, at most 6 decimals; `resource`: a kind of `resources.py`, "" = none.

    A machine whose meter says `{size}` or `{cores}` comes in several sizes; its price is that of 4 cores.
    """

    service: str
    meter: str
    description: str
    price: str
    unit: str
    resource: str = ""
    resource_type: str = ""
    operation: str = ""
    pricing_category: str = "Standard"
    # What the contract takes off the list price, in percent.
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Becomes:
    """What is left of planted waste once somebody has acted on it.

    Args:
        sku, units: what is charged afterwards; "" = the same price item, 0 = of the same size.
        share: how much of the hours or gigabytes remains.
        target: how the provider names what it becomes.
        office_hours: it runs from Monday to Friday only; `share` is then that of the week.
    """

    sku: str = ""
    units: int = 0
    share: float = 1.0
    target: str = ""
    office_hours: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """One stream of money.

    Args:
        monthly: effective cost of the first month in the account's currency; 0 with shape `clock` (24 hours a day).
        slots: resources at the same time in an estate of the default size.
        life: days after which a slot's resource is replaced by a new one; 0 = stable.
        starts, stops: first and last day, counted back from as_of; None = always.
        group: fleets of one group in one account share their resource ids.
        owner: differs from the account's owner in shared accounts.
        waste: the kind of planted waste (planted.py); `becomes` = what a remedy leaves of it, None = nothing.
        tags: what the provider or a tool wrote on its resources, beside what the owner did.
    """

    name: str
    account: str
    sku: str
    monthly: float = 0.0
    slots: int = 1
    shape: str = "flat"
    life: int = 0
    hourly: bool = False
    starts: int | None = None
    stops: int | None = None
    group: str = ""
    owner: Owner | None = None
    commitment: str = ""
    waste: str = ""
    grows: bool = True
    becomes: Becomes | None = None
    tags: tuple[tuple[str, str], ...] = ()
    # Size of the machine in units of 4 cores; 0 = large enough for its money at 24 hours a day.
    units: int = 0


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment discount: what was promised per day, and how much below the on-demand price."""

    key: str
    account: str
    service: str
    id: str
    name: str
    kind: str
    category: str
    unit: str
    per_day: str
    discount: int
    payment: str
    # Days before as_of on which it was bought; None = before the first month.
    bought: int | None
    region: str
    # Length of the term in months.
    term: int = 12


@dataclass(frozen=True, slots=True)
class Event:
    """A labelled anomaly, counted in days before as_of, both ends included.

    Args:
        size: share of the fleet's usual day that comes on top (1.5 = +150 %, -0.6 = a drop by 60 %); a ramp ends there.
        fleets: the fleets that move; `slot_only` puts the whole extra on the first resource of the first fleet.
    """

    name: str
    kind: str
    fleets: tuple[str, ...]
    start: int
    end: int
    size: float
    note: str
    slot_only: bool = False


@dataclass(frozen=True, slots=True)
class Estate:
    """Where the sample estate lies, and where its truth is written.

    Args:
        files: what counts, by the manifests; superseded and emptied files lie beside them.
        earlier_files: what counted before the restatement, if the earlier deliveries were written too.
    """

    folder: Path
    files: tuple[Path, ...]
    earlier_files: tuple[Path, ...]
    truth: Path
    as_of: date
    rows: int

    def files_of(self, provider: str) -> list[Path]:
        """Give the files of one provider that count."""
        return [path for path in self.files if path.is_relative_to(self.folder / provider)]
