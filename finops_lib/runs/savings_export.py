"""What does the owner's pipeline get? `finops savings export`: a ticket, a policy or a hint. Nothing is done here."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation
from finops_lib.reports.savings_custodian import policies
from finops_lib.reports.savings_terraform import hints
from finops_lib.reports.savings_ticket import markdown_ticket, ticket
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.recommendation_life import AGREED
from finops_lib.state.recommendation_words import note_export
from finops_lib.state.recommendations import get_recommendation

KINDS: dict[str, Callable[[Sequence[KeptRecommendation]], str]] = {
    "ticket": lambda kept: "\n".join(map(ticket, kept)),
    "markdown": lambda kept: "\n".join(map(markdown_ticket, kept)),
    "custodian": policies,
    "terraform": hints,
}
# What a machine may run is only written for what somebody has approved.
_FOR_MACHINES = ("custodian", "terraform")


def export(settings: Settings, recommendation_ids: Sequence[str], *, kind: str) -> str:
    """Write recommendations for the owner's pipeline; the audit log notes who took what.

    Args:
        kind: ticket, markdown, custodian or terraform.
    Raises:
        ConfigError: an unknown kind, no such recommendation, a policy for one that is not approved, or one that cannot
            be written that way.
    """
    if kind not in KINDS:
        raise ConfigError.unknown("kind of export", kind, KINDS)
    with opened_state(settings) as state:
        kept = [get_recommendation(state, recommendation_id)[0] for recommendation_id in recommendation_ids]
        for one in kept:
            if kind in _FOR_MACHINES and one.status not in AGREED:
                raise ConfigError(
                    f"recommendation {one.recommendation_id} is {one.status.replace('_', ' ')}, not approved",
                    next_step=f"finops savings approve {one.recommendation_id}",
                    recommendation_id=one.recommendation_id,
                )
        text = KINDS[kind](kept)
        note_export(state, [one.recommendation_id for one in kept], kind=kind, at=clock.now(), who=acting_user())
    return text
