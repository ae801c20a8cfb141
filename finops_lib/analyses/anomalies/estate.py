"""What happened anywhere in the estate? Every level judged by itself, and each thing told once, where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.episodes import Episode, episodes_of
from finops_lib.analyses.anomalies.feedback import Verdict, thresholds
from finops_lib.analyses.anomalies.flagged import Combined, combine, silent_days
from finops_lib.analyses.anomalies.identity import is_same, recognise
from finops_lib.analyses.anomalies.methods import METHODS, Panel
from finops_lib.analyses.anomalies.nodes import LEVELS, Cells, Node
from finops_lib.analyses.anomalies.smallest import Candidate, smallest
from finops_lib.analyses.anomalies.workbench import TOLD_FROM
from finops_lib.findings import Anomaly


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """Somebody has announced that a node's cost, and that of all its parts, will change on a day."""

    node: str
    day: date


@dataclass(frozen=True, slots=True)
class Rules:
    """How the estate is judged.

    Args:
        since: episodes that were over before this day are not looked at.
        methods: names from METHODS.
        least_impact: episodes of less money are left out, in the currency of the node.
        verdicts, planned: what people said.
    """

    since: date
    methods: Sequence[str] = ("workbench",)
    least_impact: float = 25.0
    verdicts: Sequence[Verdict] = ()
    planned: Sequence[PlannedChange] = ()


def find_in_estate(
    cells: Cells, resources: Sequence[tuple[Node, Matrix]], rules: Rules, known: Sequence[Anomaly]
) -> list[Anomaly]:
    """Give the episodes of one provider and currency with their ids, each at the smallest node that explains it.

    Args:
        resources: the top spenders with their daily cost, over the days of the cells.
        known: the episodes that are written down; the same one keeps its id and its place.
    """
    candidates = [
        candidate
        for level in LEVELS
        for candidate in _of_level(cells, resources if level == "resource" else cells.nodes(level), rules, known)
    ]
    told = smallest(candidates, cells)
    found = [_tell(one, cells) for one in told]
    found.sort(key=lambda anomaly: (-abs(anomaly.impact), anomaly.scope, anomaly.start))
    mine = [a for a in known if (a.provider, a.currency) == (cells.provider, cells.currency)]
    return recognise(found, mine)


def _of_level(
    cells: Cells, nodes: Sequence[tuple[Node, Matrix]], rules: Rules, known: Sequence[Anomaly]
) -> list[Candidate]:
    if not nodes:
        return []
    named = {node.name: node for node, _ in nodes}
    panel = Panel(
        series=tuple(named),
        # Of services only, the detector looks for a rise that an account's services share.
        accounts=tuple(f"{node.provider}/{node.value('account')}" for node, _ in nodes)
        if nodes[0][0].level == "service"
        else (),
        first_day=cells.first_day,
        costs=np.stack([cost for _, cost in nodes]),
        # Only days on which the bill is whole are here.
        open_days=0,
    )
    judged = combine(panel, {name: METHODS.get(name)(panel) for name in rules.methods})
    levels = thresholds(
        rules.verdicts, [(name, cells.currency) for name in judged.nodes], judged.tests, cells.first_day
    )
    first = (rules.since - cells.first_day).days
    found = []
    for episode in episodes_of(judged, TOLD_FROM):
        if episode.end < first or abs(episode.impact) < rules.least_impact:
            continue
        # A bill is whole by its large services: what fell on its newest day alone may only be late, and can wait a day.
        if episode.direction < 0 and episode.start == judged.actual.shape[1] - 1:
            continue
        name = judged.nodes[episode.row]
        node = named.get(name) or _account(cells, name)
        anomaly = _anomaly(node, episode, cells)
        found.append(
            Candidate(
                node,
                episode,
                usual_a_day=abs(episode.expected) / (episode.end - episode.start + 1),
                is_known=any(is_same(anomaly, other) and other.status != "withdrawn" for other in known),
                is_silent=_is_announced(judged, episode, node, rules) or _is_doubted(judged, episode, levels),
            )
        )
    return found


def _account(cells: Cells, name: str) -> Node:
    account = name.removeprefix(f"{cells.provider}/").removesuffix("/*")
    return Node("account", cells.provider, cells.currency, (("account", account),))


def _is_announced(judged: Combined, episode: Episode, node: Node, rules: Rules) -> bool:
    days = np.zeros(judged.actual.shape[1], dtype=np.bool_)
    for change in rules.planned:
        if change.node in node.names:
            days[silent_days(change.day, judged.first_day)] = True
    return bool(days[episode.start])


def _is_doubted(judged: Combined, episode: Episode, levels: Matrix) -> bool:
    """Whether no day of the episode is as sure as people's verdicts ask for."""
    through = slice(episode.start, episode.end + 1)
    return not bool((judged.confidence[episode.row, through] >= levels[episode.row, through]).any())


def _tell(one: Candidate, cells: Cells) -> Anomaly:
    return replace(_anomaly(one.node, one.episode, cells), owner=cells.owner(one.node))


def _anomaly(node: Node, episode: Episode, cells: Cells) -> Anomaly:
    impact = episode.impact
    return Anomaly(
        scope=node.name,
        provider=node.provider,
        account=node.value("account"),
        service=node.value("service"),
        start=cells.first_day + timedelta(days=episode.start),
        end=cells.first_day + timedelta(days=episode.end),
        expected=episode.expected,
        actual=episode.actual,
        impact=impact,
        currency=node.currency,
        deviation_pct=100 * impact / episode.expected if episode.expected > 0 else None,
        methods=episode.methods,
        score=round(episode.confidence, 4),
        cause="",
        confidence=episode.confidence,
        level=node.level,
        expression=node.expression,
        test=episode.test,
        is_over=episode.is_over,
    )
