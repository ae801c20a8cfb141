"""Is this the episode that we know? Its id is made once, from node, first day and direction, and stays.

Restated bills move an episode's first day by a day or two, and every new day makes it longer. What is found again is
therefore known by its node, its direction and days in common; only what is new gets an id of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta

from finops_lib.findings import Anomaly

# Bills are restated by days, not by weeks.
MOVES = timedelta(days=2)
# Nobody has said why: restated data may take it back.
UNEXPLAINED = ("open", "acknowledged", "closed")


def anomaly_id(anomaly: Anomaly, *, taken: Collection[str] = ()) -> str:
    """Give the id of a new episode, one that is not taken."""
    for number in range(1, len(taken) + 2):
        key = [anomaly.scope, anomaly.currency, anomaly.start.isoformat(), str(anomaly.direction)]
        found = hashlib.sha256("\n".join([*key, str(number)] if number > 1 else key).encode()).hexdigest()[:12]
        if found not in taken:
            return found
    raise ValueError("every id is taken")


def identified(found: Sequence[Anomaly]) -> list[Anomaly]:
    """Give the same episodes, each with an id; those that nobody has written down get the one that they would get."""
    return [replace(anomaly, anomaly_id=anomaly.anomaly_id or anomaly_id(anomaly)) for anomaly in found]


def recognise(found: Sequence[Anomaly], known: Sequence[Anomaly]) -> list[Anomaly]:
    """Give what was found with its ids, in order: the known one's where it is the same, else a new one.

    Args:
        known: what is written down already, whatever its status.
    """
    free = {anomaly.anomaly_id: anomaly for anomaly in known}
    taken = set(free)
    told: list[Anomaly] = []
    for anomaly in found:
        same = [other for other in free.values() if is_same(anomaly, other)]
        if same:
            best = max(same, key=lambda other: (_days_in_common(anomaly, other), other.start, other.anomaly_id))
            del free[best.anomaly_id]
            told.append(replace(anomaly, anomaly_id=best.anomaly_id))
            continue
        identity = anomaly_id(anomaly, taken=taken)
        taken.add(identity)
        told.append(replace(anomaly, anomaly_id=identity))
    return told


def is_same(one: Anomaly, other: Anomaly) -> bool:
    """Whether two episodes are of one node and direction and touch each other."""
    is_of_one_node = (one.scope, one.currency, one.direction) == (other.scope, other.currency, other.direction)
    return is_of_one_node and one.start <= other.end + MOVES and other.start <= one.end + MOVES


def no_longer_there(known: Sequence[Anomaly], found: Collection[str], *, since: date, through: date) -> list[Anomaly]:
    """Give the unexplained episodes that the data shows no more.

    Args:
        found: ids of what was found now.
        since, through: the days in which everything would have been found.
    """
    looked_at = (a for a in known if a.status in UNEXPLAINED and since + MOVES <= a.start and a.end <= through)
    return [anomaly for anomaly in looked_at if anomaly.anomaly_id not in found]


def _days_in_common(one: Anomaly, other: Anomaly) -> int:
    return (min(one.end, other.end) - max(one.start, other.start)).days
