"""What did a machine run as, for how long, and at which cost? Its rows of `savings_machine_hours` as one record."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from finops_lib.analyses.savings.identity import Key, key_of
from finops_lib.analyses.savings.resources import monthly
from finops_lib.analyses.savings.rightsizing.prices import Market
from finops_lib.analyses.savings.rightsizing.shapes import Shape

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Use:
    """The hours of one machine in the window.

    Args:
        types: what it was billed as; more than one = it was changed.
        days: of the window on which it existed.
        on_demand, committed, spot: hours of the machine, or of its cores (`per_core`).
        effective_cost, on_demand_cost: exact, of the window; the second of its on-demand hours.
        list_cost: of all hours; None = not known.
    """

    market: Market
    types: frozenset[str]
    days: int
    on_demand: float
    committed: float
    spot: float
    per_core: bool
    effective_cost: Decimal
    on_demand_cost: Decimal
    list_cost: float | None
    last_day: date

    @property
    def monthly_cost(self) -> Decimal:
        """Effective cost of its hours a month: C of domain.md 2.4."""
        return monthly(self.effective_cost, self.days)

    def hours(self, shape: Shape) -> tuple[float, float]:
        """Give on-demand and committed hours of the machine in the window."""
        cores = shape.vcpus if self.per_core else 1.0
        return self.on_demand / cores, self.committed / cores

    def price(self, shape: Shape) -> float | None:
        """Give what one on-demand hour cost; None = there was none."""
        hours, _ = self.hours(shape)
        return float(self.on_demand_cost) / hours if hours > 0 else None

    def list_price(self, shape: Shape) -> float | None:
        """Give what one hour costs at list; None = not known."""
        hours = sum(self.hours(shape))
        return self.list_cost / hours if self.list_cost and hours > 0 else None


class Uses:
    """The use of every machine of a provider that the bill names; each is added up when it is asked for."""

    def __init__(self, frame: pl.DataFrame | None, provider: str) -> None:
        self._rows: dict[Key, list[_Row]] = defaultdict(list)
        if frame is None or not frame.height:
            return
        import polars as pl

        # Money stays exact; hours are for prices and shares, and there are many of them.
        figures = frame.filter(pl.col("x_Provider") == provider).with_columns(pl.col(_FIGURES).cast(pl.Float64()))
        for account, resource_id, *row in figures.select("account_id", "ResourceId", *_Row._fields).iter_rows():
            self._rows[key_of(provider, account, resource_id)].append(_Row(*row))

    def __bool__(self) -> bool:
        return bool(self._rows)

    def of(self, key: Key) -> Use | None:
        """Give the use of one machine; None = the bill does not know it."""
        rows = self._rows.get(key)
        return None if rows is None else _use(rows)


class _Row(NamedTuple):
    x_Provider: str
    RegionId: str
    ServiceName: str
    machine_type: str
    part: str
    platform: str
    tenancy: str
    data_through: date
    first_day: date
    last_day: date
    window_days: int
    on_demand_hours: float
    committed_hours: float
    spot_hours: float
    effective_cost: Decimal
    on_demand_effective_cost: Decimal
    list_cost: float
    list_hours: float


_FIGURES = ("on_demand_hours", "committed_hours", "spot_hours", "list_cost", "list_hours")


def _use(rows: Sequence[_Row]) -> Use:
    newest = max(rows, key=lambda row: (row.last_day, row.part != "memory", row.effective_cost))
    # A GiB-hour is no hour of the machine: only the cores count time.
    timed = [row for row in rows if row.part != "memory"] or rows
    first_day = min(row.first_day for row in rows)
    return Use(
        market=Market(newest.x_Provider, newest.ServiceName, newest.RegionId, newest.platform, newest.tenancy),
        types=frozenset(row.machine_type for row in rows),
        days=max(1, min(newest.window_days, (newest.data_through - first_day).days + 1)),
        on_demand=sum(row.on_demand_hours for row in timed),
        committed=sum(row.committed_hours for row in timed),
        spot=sum(row.spot_hours for row in timed),
        per_core=newest.part == "cores",
        effective_cost=sum((row.effective_cost for row in rows), Decimal(0)),
        on_demand_cost=sum((row.on_demand_effective_cost for row in rows), Decimal(0)),
        list_cost=sum(row.list_cost for row in rows) if all(row.list_hours for row in rows) else None,
        last_day=newest.last_day,
    )
