"""What in the estate can be an anomaly's place? Nodes of eight levels, summed from cells of daily cost.

A cell is what one service of one account, region, project, team and environment used. Every node but a resource is a
sum of cells, so what two nodes have in common is known exactly. Nodes belong to one provider and currency: bills of one
provider are complete through one day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.scopes.tree import Both, Claim, canonical

# From the smallest to the largest; of two that explain the same, the first is told.
LEVELS = ("resource", "service", "region", "project", "environment", "team", "account", "provider")
_COLUMNS = {
    "account": "account_id",
    "region": "RegionId",
    "service": "ServiceName",
    "project": "x_Project",
    "team": "x_Team",
    "environment": "x_Environment",
    "resource": "ResourceId",
}
# What a node of a level is told apart by.
_FIELDS = {"provider": (), "service": ("account", "service"), "resource": ("account", "service", "resource")}
_OF_ONE_FIELD = ("region", "project", "environment", "team")
_LATELY = 28
_STOPPED_AFTER, _LONG_ENOUGH = 7, 98


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the estate.

    Args:
        fields: what charges of it have in common beside provider and currency, e.g. account and service.
        within: of a resource: what else is true of it, so that the nodes it is part of are known.
    """

    level: str
    provider: str
    currency: str
    fields: tuple[tuple[str, str], ...]
    within: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """The scope an anomaly is known by: `aws/111/Compute`, `aws/111/*`, `aws/*`, `aws/team=web`."""
        values = [value for _, value in self.fields]
        if self.level in ("service", "resource"):
            return "/".join([self.provider, *values])
        if self.level == "account":
            return f"{self.provider}/{values[0]}/*"
        return f"{self.provider}/*" if self.level == "provider" else f"{self.provider}/{self.level}={values[0]}"

    @property
    def expression(self) -> str:
        """The same in the grammar of scopes."""
        fields = [("provider", self.provider), *self.fields]
        claims = tuple(Claim(_SPOKEN.get(field, field), "=", (value,)) for field, value in fields)
        return canonical(claims[0] if len(claims) == 1 else Both(claims))

    def value(self, field: str) -> str:
        return dict(self.fields).get(field, "")

    @property
    def names(self) -> frozenset[str]:
        """Its own name and those of the larger nodes that it is a part of, as far as the fields say."""
        said = dict((*self.within, *self.fields))
        above = {self.name, f"{self.provider}/*"}
        if account := said.get("account"):
            above.add(f"{self.provider}/{account}/*")
            above |= {f"{self.provider}/{account}/{said['service']}"} if said.get("service") else set()
        above |= {f"{self.provider}/{level}={said[level]}" for level in _OF_ONE_FIELD if said.get(level)}
        return frozenset(above)

    def is_part_of(self, other: Node) -> bool:
        """Whether every charge of this node is one of the other, as far as the fields say."""
        mine = dict((*self.within, *self.fields))
        is_near = (self.provider, self.currency) == (other.provider, other.currency)
        return is_near and all(mine.get(field) == value for field, value in other.fields)


_SPOKEN = {"resource": "ResourceId"}


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of one provider and currency.

    Args:
        values: field -> the value of each cell.
        costs: cell x day, complete days only.
    """

    provider: str
    currency: str
    first_day: date
    values: Mapping[str, NDArray[np.object_]]
    costs: Matrix

    @property
    def last_day(self) -> date:
        return self.first_day + timedelta(days=self.costs.shape[1] - 1)

    def of(self, node: Node) -> NDArray[np.bool_]:
        """Say which cells are part of a node."""
        chosen = np.ones(len(self.costs), dtype=np.bool_)
        for field, value in node.fields:
            chosen &= self.values[field] == value
        return chosen

    def nodes(self, level: str) -> list[tuple[Node, Matrix]]:
        """Give the nodes of a level with their daily cost, sorted by name; what lacks the field is in none."""
        fields = _FIELDS.get(level, (level,))
        keys = list(zip(*(self.values[field] for field in fields), strict=True)) or [()] * len(self.costs)
        rows: dict[tuple[str, ...], list[int]] = {}
        for row, key in enumerate(keys):
            if all(key):
                rows.setdefault(key, []).append(row)
        return [
            (
                Node(level, self.provider, self.currency, tuple(zip(fields, key, strict=True))),
                self.costs[of].sum(axis=0),
            )
            for key, of in sorted(rows.items())
        ]

    def owner(self, node: Node) -> str:
        """Give the team that pays for most of a node lately; "" = most of it is nobody's."""
        mine = self.of(node) if node.level != "resource" else self.of(_service_of(node))
        lately = self.costs[mine, -_LATELY:].sum(axis=1)
        totals: dict[str, float] = {}
        for team, cost in zip(self.values["team"][mine], lately, strict=True):
            totals[team] = totals.get(team, 0.0) + float(cost)
        own = dict(node.within).get("team", "")
        return own or max(sorted(totals), key=lambda team: totals[team], default="")


def cells_of(days: pl.DataFrame) -> list[Cells]:
    """Arrange the rows of `anomalies_cell_days`, one matrix per provider and currency."""
    fields = [field for field in _COLUMNS if field != "resource"]
    found = []
    for provider, currency, first, costs, values in _by_bill(days, [_COLUMNS[field] for field in fields]):
        columns = {field: np.array([key[n] for key in values], dtype=object) for n, field in enumerate(fields)}
        found.append(Cells(provider, currency, first, columns, costs))
    return found


def resources_of(days: pl.DataFrame, cells: Cells) -> list[tuple[Node, Matrix]]:
    """Arrange the rows of `anomalies_top_resource_days` that belong to the provider, currency and days of cells."""
    fields, key = list(_COLUMNS), ("account", "service", "resource")
    mine = days.filter((pl.col("x_Provider") == cells.provider) & (pl.col("BillingCurrency") == cells.currency))
    if mine.is_empty():
        return []
    # Whoever paid for a resource last owns it.
    columns = [_COLUMNS[field] for field in fields]
    last = (
        mine.sort("day")
        .group_by([_COLUMNS[field] for field in key], maintain_order=True)
        .agg(*(pl.col(column).last() for column in columns if column not in {_COLUMNS[field] for field in key}))
    )
    named = mine.drop([column for column in columns if column not in {_COLUMNS[field] for field in key}]).join(
        last, on=[_COLUMNS[field] for field in key]
    )
    costs, values = _matrix(named, columns, cells.first_day, cells.last_day)
    nodes = []
    for one in (dict(zip(fields, value, strict=True)) for value in values):
        within = tuple((field, one[field]) for field in fields if field not in key and one[field])
        own = tuple((field, one[field]) for field in key)
        nodes.append(Node("resource", cells.provider, cells.currency, own, within))
    return list(zip(nodes, costs, strict=True))


def _service_of(resource: Node) -> Node:
    fields = tuple(pair for pair in resource.fields if pair[0] != "resource")
    return Node("service", resource.provider, resource.currency, fields)


def _by_bill(days: pl.DataFrame, keys: Sequence[str]) -> Iterator[tuple[str, str, date, Matrix, list[tuple[str, ...]]]]:
    """Give the rows of each provider and currency as a matrix: provider, currency, first day, costs, keys of the rows.

    Sources of one provider are judged together, through the last day that is complete in all of them; one that has
    stopped delivering is left out. A source that began later would make all of its services new: if three months are
    left, the days before it are left out.
    """
    for part in days.partition_by("x_Provider", "BillingCurrency", maintain_order=True):
        newest = max(part.get_column("complete_through").to_list())
        delivers = part.filter(pl.col("complete_through") > newest - timedelta(days=_STOPPED_AFTER))
        last, oldest = min(delivers.get_column("complete_through").to_list()), min(delivers.get_column("day").to_list())
        begins = [max(day, oldest) for day in delivers.get_column("source_first_day").unique().to_list()]
        first = max(begins) if (last - max(begins)).days >= _LONG_ENOUGH else min(begins)
        costs, values = _matrix(delivers, keys, first, last)
        yield part["x_Provider"][0], part["BillingCurrency"][0], first, costs, values


def _matrix(days: pl.DataFrame, keys: Sequence[str], first: date, last: date) -> tuple[Matrix, list[tuple[str, ...]]]:
    """Give key x day, and the keys; days outside the span are left out, absent days are 0."""
    rows = days.select(keys).unique(maintain_order=True).with_row_index("row")
    placed = days.join(rows, on=list(keys)).filter(pl.col("day").is_between(first, last))
    costs = np.zeros((rows.height, (last - first).days + 1))
    offsets = (placed["day"] - first).dt.total_days().to_numpy()
    np.add.at(costs, (placed["row"].to_numpy(), offsets), placed["effective_cost"].cast(pl.Float64).to_numpy())
    return costs, [tuple(row) for row in rows.select(keys).iter_rows()]
