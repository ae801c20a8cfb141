"""Was an alert true? It is if it tells of days and money of a label, at the label's node or one that it is part of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from finops_lib.analyses.anomalies import node_of
from finops_lib.findings import Anomaly
from finops_lib.lake.open import open_lake
from finops_lib.settings import Settings

# After an episode its return and the settling of a new level are no news of their own, and not false either.
SETTLES = timedelta(days=28)
# Told that many days after its first one, a label is late; a slow rise has a week more.
IN_TIME, SLOW = timedelta(days=7), {"slow_ramp": timedelta(days=14), "diffuse_rise": timedelta(days=14)}
FALLS = ("drop",)
FIELDS = {
    "account": "coalesce(SubAccountId, BillingAccountId)",
    "service": "ServiceName",
    "region": "RegionId",
    "project": "x_Project",
    "team": "x_Team",
    "environment": "x_Environment",
    "resource": "lower(ResourceId)",
}


@dataclass(frozen=True, slots=True)
class Label:
    """Something that happened.

    Args:
        places: what its charges have in common with nodes: values of FIELDS, one tuple per kind of charge.
    """

    name: str
    kind: str
    provider: str
    start: date
    end: date
    impact: float
    places: frozenset[tuple[str, ...]]

    @property
    def late_from(self) -> date:
        return self.start + SLOW.get(self.kind, IN_TIME)

    def is_told_by(self, anomaly: Anomaly) -> bool:
        """Whether an anomaly is about this: its days, its direction, its charges."""
        is_near = anomaly.start <= self.end + SETTLES and self.start - timedelta(days=1) <= anomaly.end
        begins = self.start - timedelta(days=3) <= anomaly.start
        goes_down = self.kind in FALLS
        # What ends comes back, which for a drop is a rise.
        is_its_way = (anomaly.impact < 0) == goes_down or anomaly.start > self.end
        if anomaly.provider != self.provider or not (is_near and begins and is_its_way):
            return False
        asked = {name: value for name, value in node_of(anomaly).bound().items() if name != "provider" and value}
        wanted = {
            list(FIELDS).index(name): value.lower() if name == "resource" else value for name, value in asked.items()
        }
        return any(all(place[at] == value for at, value in wanted.items()) for place in self.places)


@dataclass(frozen=True, slots=True)
class Labels:
    """All that happened in the estate."""

    labels: tuple[Label, ...]

    def of(self, anomaly: Anomaly) -> Label | None:
        """Give what an anomaly tells of; of several the one that began nearest; None = nothing happened."""
        told = [label for label in self.labels if label.is_told_by(anomaly)]
        return min(told, key=lambda label: (abs(label.start - anomaly.start), label.name), default=None)

    def within(self, days: Sequence[date]) -> list[Label]:
        """Give those that began on one of some days, in their order."""
        return sorted((one for one in self.labels if days[0] <= one.start <= days[-1]), key=lambda one: one.start)


def labels_of(truth: dict[str, Any], settings: Settings) -> Labels:
    """Read the labels, and from a lake with all bills which nodes their charges are part of."""
    columns = ", ".join(f"coalesce({column}, '')" for column in FIELDS.values())
    asked = (
        f"select distinct {columns} from cost where x_Provider = ? and {FIELDS['account']} = ? "
        "and list_contains(?, ServiceName) and cast(ChargePeriodStart as date) between ? and ? "
        "and (len(?) = 0 or list_contains(?, lower(ResourceId)))"
    )

    def read() -> Iterator[Label]:
        with open_lake(settings.lake) as lake:
            for one in truth["anomalies"]:
                resources = [name.lower() for name in one["resource_ids"]]
                start, end = date.fromisoformat(one["start"]), date.fromisoformat(one["end"])
                values = [one["provider"], one["account_id"], one["services"], start, end, resources, resources]
                places = frozenset(lake.con.execute(asked, values).fetchall())
                yield Label(one["name"], one["kind"], one["provider"], start, end, float(one["impact"]), places)

    return Labels(tuple(read()))
