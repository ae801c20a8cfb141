"""Which id does an episode have? It is made from node, first day and direction, and stays while the episode grows."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from finops_lib.findings import Anomaly


def anomaly_id(anomaly: Anomaly) -> str:
    """Give the id of an episode: 12 hexadecimal digits."""
    key = [anomaly.scope, anomaly.currency, anomaly.start.isoformat(), str(anomaly.direction)]
    return hashlib.sha256("\n".join(key).encode()).hexdigest()[:12]


def identified(found: Sequence[Anomaly]) -> list[Anomaly]:
    """Give the same episodes, each with its id."""
    return [replace(anomaly, anomaly_id=anomaly.anomaly_id or anomaly_id(anomaly)) for anomaly in found]
