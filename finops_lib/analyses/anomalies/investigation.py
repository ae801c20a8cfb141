"""Everything an investigator wants to know of one episode, from its charges: what, where, how much, why, whose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

import polars as pl

from finops_lib.analyses.anomalies.cause import Cause, cause_of
from finops_lib.analyses.anomalies.comparison import Comparison
from finops_lib.analyses.anomalies.decompose import Decomposition, decompose, exactly
from finops_lib.analyses.anomalies.node_values import NodeValues
from finops_lib.analyses.anomalies.walk import MOST, Mover, Walk, judged_charges, resource_moves, walk
from finops_lib.findings import Anomaly

# A tag tells where a change is only if much less of the usual cost has it.
_TELLING = Decimal("0.3")


@dataclass(frozen=True, slots=True)
class TagMove:
    """How much of a change, and of the cost before it, has one value of one tag."""

    key: str
    value: str
    before: Decimal
    actual: Decimal

    @property
    def change(self) -> Decimal:
        return self.actual - self.before


@dataclass(frozen=True, slots=True)
class Investigation:
    """One episode, explained from the charges of a lake snapshot.

    Args:
        decomposition: of all charges of the node, fees and credits included.
        walk: through those that were judged (`judged_charges`).
        resources: every named resource that was charged, the largest change first.
        tag: the tag value that most of the change has and most of the usual cost has not; None = no tag tells it apart.
    """

    anomaly: Anomaly
    node: NodeValues
    comparison: Comparison
    decomposition: Decomposition
    walk: Walk
    resources: tuple[Mover, ...]
    tag: TagMove | None
    cause: Cause

    @property
    def restated(self) -> Decimal:
        """What the charges of these days cost now, beyond what was recorded when the episode was found."""
        return self.decomposition.actual - Decimal(repr(self.anomaly.actual))

    @property
    def unexpected(self) -> Decimal:
        """How far the compared days lie from what the detector expected: growth that it had already seen."""
        return self.decomposition.before - Decimal(repr(self.anomaly.expected))


def investigate(
    anomaly: Anomaly, node: NodeValues, comparison: Comparison, charges: pl.DataFrame, tags: pl.DataFrame
) -> Investigation:
    """Explain one episode.

    Args:
        comparison: the days behind the figures.
        charges: figure query `anomaly_charges`.
        tags: figure query `anomaly_tags`.
    """
    parts = comparison.parts
    judged = judged_charges(charges, parts=parts, impact=anomaly.impact)
    walked = walk(judged, parts=parts)
    cause = cause_of(walked, parts=parts, weeks=comparison.weeks, impact=anomaly.impact, currency=anomaly.currency)
    return Investigation(
        anomaly=anomaly,
        node=node,
        comparison=comparison,
        decomposition=decompose(charges, parts=parts),
        walk=walked,
        resources=resource_moves(charges, parts=parts),
        tag=_telling_tag(tags, walked.change, _total(judged, parts), parts),
        cause=cause,
    )


def explain(found: Sequence[Anomaly], investigations: Sequence[Investigation]) -> list[Anomaly]:
    """Give the same episodes, those that were looked into with their cause; what a person said it was stays."""
    sentences = {one.anomaly.anomaly_id: one.cause.sentence for one in investigations}
    said = {anomaly.anomaly_id: anomaly.cause for anomaly in found if anomaly.status == "resolved" and anomaly.cause}
    causes = sentences | said
    return [replace(anomaly, cause=causes.get(anomaly.anomaly_id, anomaly.cause)) for anomaly in found]


def related(looked_into: Sequence[Investigation], found: Sequence[Anomaly]) -> list[tuple[Anomaly, str]]:
    """Give the episodes that may belong to the first one looked into, each with what they share, closest first."""
    if not looked_into:
        return []
    anomaly = looked_into[0].anomaly
    shared = [(other, _in_common(anomaly, other)) for other in found if other.anomaly_id != anomaly.anomaly_id]
    return sorted(
        ((other, " and ".join(words)) for other, words in shared if words),
        key=lambda item: (-item[1].count(" and "), -abs(item[0].impact), item[0].scope),
    )


def _in_common(one: Anomaly, other: Anomaly) -> list[str]:
    # A team or a provider has no account, and most nodes no service, to share.
    same_account = one.account != "" and (one.provider, one.account) == (other.provider, other.account)
    same_service = one.service != "" and (one.provider, one.service) == (other.provider, other.service)
    near = abs((one.start - other.start).days) <= 1
    words = {"same account": same_account, "same service": same_service, "began within a day": near}
    return [word for word, holds in words.items() if holds]


def _total(charges: pl.DataFrame, parts: int) -> Decimal:
    return exactly(Fraction(charges["cost_before"].sum() or 0) / parts)


def _telling_tag(tags: pl.DataFrame, change: Decimal, before: Decimal, parts: int) -> TagMove | None:
    """Choose the tag value that sets the change apart best."""
    moves = [
        TagMove(row["tag_key"], row["tag_value"], *(exactly(Fraction(row[n]) / parts) for n in _SIDES))
        for row in tags.iter_rows(named=True)
    ]
    told = [
        (move.change / change - (move.before / before if before > 0 else Decimal(0)), move)
        for move in moves
        if change and move.change / change >= MOST
    ]
    apart = [(lift, move) for lift, move in told if lift >= _TELLING]
    return max(apart, key=lambda item: (item[0], item[1].key, item[1].value))[1] if apart else None


_SIDES = ("cost_before", "cost_during")
