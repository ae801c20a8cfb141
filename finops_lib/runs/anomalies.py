"""The list of anomalies and what people say of them: `finops anomalies list`, `show`, `acknowledge`, ..., `plan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.routing import acknowledgements
from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alert_words import words_of
from finops_lib.runs.alerts import told_of
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.anomalies import get_anomaly, list_anomalies
from finops_lib.state.anomaly_rows import AnomalyEvent, money_text
from finops_lib.state.anomaly_words import (
    acknowledge_anomaly,
    expect_anomaly,
    reopen_anomaly,
    resolve_anomaly,
)
from finops_lib.state.planned_changes import Planned, add_planned, list_planned

# What scripts rely on (design.md 7), in this order, then ours.
LISTED = (
    "anomaly_id",
    "provider",
    "account",
    "service",
    "scope",
    "start",
    "end",
    "status",
    "expected",
    "actual",
    "impact",
    "currency",
    "deviation_pct",
    "methods",
    "confidence",
    "causes",
    "level",
    "owner",
)
_MONEY = ("expected", "actual", "impact")


def listed(settings: Settings, *, only_open: bool = False, limit: int | None = None) -> list[dict[str, Any]]:
    """Give the anomalies as rows, the largest money first; money exact, causes a list of sentences."""
    with opened_state(settings) as state:
        return [row_of(anomaly) for anomaly in list_anomalies(state, only_open=only_open, limit=limit)]


def row_of(anomaly: Anomaly) -> dict[str, Any]:
    """Give one anomaly as a row of the list."""
    values: dict[str, Any] = {name: getattr(anomaly, name) for name in LISTED if name not in (*_MONEY, "causes")}
    values |= {name: Decimal(money_text(getattr(anomaly, name))) for name in _MONEY}
    values |= {"methods": list(anomaly.methods), "causes": [anomaly.cause] if anomaly.cause else []}
    return {name: values[name] for name in LISTED}


def shown(settings: Settings, anomaly_id: str) -> tuple[Anomaly, list[AnomalyEvent]]:
    """Give one anomaly and what happened to it, oldest first; ConfigError if there is not just one."""
    with opened_state(settings) as state:
        return get_anomaly(state, anomaly_id)


def acknowledge(settings: Settings, anomaly_id: str, *, note: str = "") -> Anomaly:
    """Write down that the acting user looks into an anomaly; PagerDuty stops calling.

    Raises:
        ConfigError: no such anomaly, or one that is acknowledged, withdrawn or explained already.
    """
    now = clock.now()
    directory = settings.workbench.directory()

    def messages(event: AlertEvent) -> Sequence[Outgoing]:
        return acknowledgements(event, directory, now=now, words=words_of)

    with opened_state(settings) as state:
        return acknowledge_anomaly(state, anomaly_id, at=now, who=acting_user(), note=note, messages=messages)


def resolve(
    settings: Settings, anomaly_id: str, *, cause: str, note: str = "", is_false_positive: bool = False
) -> Anomaly:
    """Write down what an anomaly was, or that it was none; those who were told of it are told.

    Raises:
        ConfigError: no cause where it was real, no such anomaly, or one that is explained already.
    """
    if not cause.strip() and not is_false_positive:
        raise ConfigError("--cause is empty", next_step="say what it was, or --false-positive if nothing had happened")
    now = clock.now()
    with opened_state(settings) as state:
        return resolve_anomaly(
            state,
            anomaly_id,
            cause=cause.strip(),
            at=now,
            who=acting_user(),
            note=note,
            is_false_positive=is_false_positive,
            messages=_ends(settings),
        )


def expect(settings: Settings, anomaly_id: str, *, note: str = "") -> Anomaly:
    """Write down that an anomaly was planned; its node is silent around its first day.

    Raises:
        ConfigError: no such anomaly, or one that is explained already.
    """
    now = clock.now()
    with opened_state(settings) as state:
        return expect_anomaly(state, anomaly_id, at=now, who=acting_user(), note=note, messages=_ends(settings))


def reopen(settings: Settings, anomaly_id: str, *, note: str = "") -> Anomaly:
    """Take back what was said of an anomaly.

    Raises:
        ConfigError: no such anomaly, or one that is open.
    """
    with opened_state(settings) as state:
        return reopen_anomaly(state, anomaly_id, at=clock.now(), who=acting_user(), note=note)


def plan(settings: Settings, node: str, day: date, *, note: str = "") -> None:
    """Announce a change of a node's cost.

    Raises:
        ConfigError: the name cannot be that of a node.
    """
    provider, _, rest = node.partition("/")
    if not provider or not rest or not node.isprintable():
        raise ConfigError(
            f"{node!r} names no node",
            next_step="write it as `finops anomalies list` does: aws/111/Compute, aws/111/*, aws/team=web, aws/*",
            node=node,
        )
    with opened_state(settings) as state:
        add_planned(state, node, day, note=note, at=clock.now(), who=acting_user())


def planned(settings: Settings) -> list[Planned]:
    """Give the announced changes, the newest day first."""
    with opened_state(settings) as state:
        return list_planned(state)


def _ends(settings: Settings) -> Callable[[AlertEvent], Sequence[Outgoing]]:
    now = clock.now()
    return lambda event: told_of(settings, Decision(resolutions=(event,)), now=now).messages
