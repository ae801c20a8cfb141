"""Of all the nodes that something shows at, which one is told? The smallest that explains it, once.

What happened to one machine shows at its service, account, region, team and provider as well. Nodes are looked at from
the smallest to the largest; one is told only if those told before it explain less than 60 % of its money. What is known
already comes first, so that an episode keeps its place while it grows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from finops_lib.analyses.anomalies.episodes import EVE, Episode
from finops_lib.analyses.anomalies.nodes import LEVELS, Cells, Node

EXPLAINS = 0.6


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
    for one in sorted(candidates, key=_order):
        explained = sum(_in_common(one, other, cells) for other in told)
        is_explained = explained * one.episode.direction >= EXPLAINS * abs(one.episode.impact)
        if not is_explained and _stands_alone(one, candidates, cells):
            told.append(one)
    return [one for one in told if not one.is_silent]


def _order(one: Candidate) -> tuple[bool, int, float, str, int]:
    return (not one.is_known, LEVELS.index(one.node.level), one.usual_a_day, one.node.name, one.episode.start)


def _stands_alone(one: Candidate, candidates: Sequence[Candidate], cells: Cells) -> bool:
    """Whether a resource's service moved with it: one machine that takes another's place is no news."""
    if one.node.level != "resource" or one.is_known:
        return True
    of_service = Node("service", one.node.provider, one.node.currency, one.node.fields[:2])
    moved = _change(cells, of_service, None, one.episode)
    if moved * one.episode.direction < EXPLAINS * abs(one.episode.impact):
        return False
    # New machines come and go every day; one is worth telling only where its service stands out as well.
    is_new = one.episode.test.startswith("new")
    return not is_new or any(other.node == of_service and _touch(other, one) for other in candidates)


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


def _change(cells: Cells, node: Node, other: Node | None, episode: Episode) -> float:
    """Give what the cells of a node, or of two at once, cost more than on the eve of an episode."""
    mine = cells.of(node) if other is None else cells.of(node) & cells.of(other)
    days = episode.end - episode.start + 1
    daily = cells.costs[mine].sum(axis=0)
    eve = daily[max(episode.start - EVE, 0) : episode.start]
    return float(daily[episode.start : episode.end + 1].sum() - (eve.mean() * days if eve.size else 0.0))
