"""What was not looked at, and why? A check without its data is "not evaluated", never "nothing found" (domain.md 4)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenCheck:
    """A check of the waste catalogue that needs more than a bill."""

    check: str
    needs: str
    why: str


NOT_EVALUATED = (
    OpenCheck("machines that are too large or idle", "utilisation metrics", "a bill says that it ran, not what it did"),
    OpenCheck("databases and caches nobody connects to", "utilisation metrics", "connections are not charged"),
    OpenCheck("volumes and disks without a machine", "resource inventory", "attachments are not on the bill"),
    OpenCheck("snapshots and images that nothing uses", "resource inventory", "their owners are not on the bill"),
    OpenCheck("switching off at night", "utilisation metrics", "only activity shows that nobody works at night"),
    OpenCheck("cheaper storage classes", "access statistics", "moving data that is read costs more than it saves"),
    OpenCheck("more or fewer commitments", "13 weeks of hourly use", "the best level is a question of its own"),
    OpenCheck("other machine families and licences", "price list", "the successor's price is not on the bill"),
)
