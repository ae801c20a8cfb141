"""Of all the nodes that something shows at, which one is told? The smallest that explains it, once.

What happened to one machine shows at its service, account, region, team and provider as well. Nodes are looked at from
the smallest to the largest; one is told only if those told before it explain less than 60 % of its money. What is known
already comes first, so that an episode keeps its place while it grows.

An account whose services rise on one day, none of them by most of it, is one thing that happened: it is told in place
of those of its services that are large enough to be seen by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finops_lib.analyses.anomalies.episodes import EVE, Episode
from finops_lib.analyses.anomalies.nodes import LEVELS, Cells, Node

EXPLAINS = 0.6
# One resource is told in place of its service if it is nearly all of it: the money told is then nearly all, too.
IS_ALL = 0.8


@dataclass(frozen=True, slots=True)
class Candidate:
    """An episode at a node.

    Args:
        usual_a_day: what the node usually costs: of two of one level the smaller is told.
        is_known: it was told before.
        is_silent: it explains larger ones and is not told itself: it was announced, or a person said it is nothing.
    """

    node: Node
    episode: Episode
    usual_a_day: float
    is_known: bool = False
    is_silent: bool = False


def smallest(candidates: Sequence[Candidate], cells: Cells) -> list[Candidate]:
    """Give those that are told, of the candidates of one provider and currency, in the order they were chosen."""
    told: list[Candidate] = []
    spread = {id(one) for one in candidates if _is_spread(one, candidates)}
    for one in sorted(candidates, key=lambda one: (not one.is_known, id(one) not in spread, *_order(one))):
        explained = sum(_in_common(one, other, cells) for other in told)
        is_explained = explained * one.episode.direction >= EXPLAINS * abs(one.episode.impact)
        if not is_explained and _stands_alone(one, candidates):
            told.append(one)
    return [one for one in told if not one.is_silent]


def _order(one: Candidate) -> tuple[int, float, str, int]:
    return (LEVELS.index(one.node.level), one.usual_a_day, one.node.name, one.episode.start)


def _is_spread(one: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether an account moved with several of its services, begun within a day of it, and with none above all."""
    if one.node.level != "account":
        return False
    parts = [
        other
        for other in candidates
        if other.node.level == "service"
        and other.node.is_part_of(one.node)
        and other.episode.direction == one.episode.direction
        and abs(other.episode.start - one.episode.start) <= 1
    ]
    largest = max((abs(part.episode.impact) for part in parts), default=0.0)
    return len(parts) > 1 and largest < EXPLAINS * abs(one.episode.impact)


def _stands_alone(one: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a resource is most of what stands out at its service.

    Machines come and go every day, and one takes another's place: by itself none is news.
    """
    if one.node.level != "resource" or one.is_known:
        return True
    return any(
        other.node.level == "service"
        and one.node.is_part_of(other.node)
        and _touch(one, other)
        and IS_ALL * abs(other.episode.impact) <= abs(one.episode.impact) <= abs(other.episode.impact) / IS_ALL
        for other in candidates
    )


def _in_common(one: Candidate, other: Candidate, cells: Cells) -> float:
    """Give the money of an episode that lies in what it has in common with another one."""
    if not _touch(one, other):
        return 0.0
    if one.node.is_part_of(other.node):
        return one.episode.impact
    if other.node.is_part_of(one.node):
        return other.episode.impact
    if "resource" in (one.node.level, other.node.level):
        return 0.0
    return _change(cells, one.node, other.node, one.episode)


def _touch(one: Candidate, other: Candidate) -> bool:
    mine, its = one.episode, other.episode
    return mine.direction == its.direction and mine.start <= its.end + 1 and its.start <= mine.end + 1


def _change(cells: Cells, node: Node, other: Node, episode: Episode) -> float:
    """Give what the cells that two nodes have in common cost more than on the eve of an episode."""
    days = episode.end - episode.start + 1
    daily = cells.costs[cells.of(node) & cells.of(other)].sum(axis=0)
    eve = daily[max(episode.start - EVE, 0) : episode.start]
    return float(daily[episode.start : episode.end + 1].sum() - (eve.mean() * days if eve.size else 0.0))
