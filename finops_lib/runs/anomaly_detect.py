"""What happened in the estate that nobody planned? `finops anomalies detect`: found, written down, told once.

    1  the cells of the estate and its top spenders are read through each provider's last complete day
    2  every level is judged; each thing that happened is told at the smallest node that explains it
    3  one transaction: what is new, has grown, ended or is gone, the alerts it is worth, their messages
    4  what waits in the outbox is sent

Only usage is judged. Taxes, purchases, credits, corrections and recurring fees follow the calendar or a contract, and
are left out by their FOCUS charge category; they could be series of their own later. Killed and run again, nothing is
told twice: the same data again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from finops_lib.analyses.alerts.anomalies import decide_anomalies
from finops_lib.analyses.alerts.decide import Decision as Decided
from finops_lib.analyses.anomalies.estate import PlannedChange, Rules, find_in_estate
from finops_lib.analyses.anomalies.feedback import verdicts_of
from finops_lib.analyses.anomalies.identity import no_longer_there
from finops_lib.analyses.anomalies.investigation import explain
from finops_lib.analyses.anomalies.nodes import cells_of, resources_of
from finops_lib.delivery.outbox import Delivered
from finops_lib.errors import LakeError
from finops_lib.findings import Anomaly
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import Lake, open_lake
from finops_lib.marts.figures import figure_sql
from finops_lib.messages import AlertEvent
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alert_outbox import deliver_waiting
from finops_lib.runs.alerts import told_of
from finops_lib.runs.anomaly_cause import asking, investigate_all
from finops_lib.runs.anomaly_file import check_methods
from finops_lib.runs.context import Coverage, resolve_context
from finops_lib.runs.figures import run_query
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.anomalies import Recorded, list_anomalies, record_anomalies
from finops_lib.state.evaluation import Decision
from finops_lib.state.planned_changes import list_planned

# A year and the weeks that are compared with it.
HISTORY_DAYS = 420
LOOKBACK_DAYS = 60


@dataclass(frozen=True, slots=True)
class Detected:
    """What a run of the detector did.

    Args:
        as_of: the last included day.
        found: every episode of the look-back, with its id, the largest money first.
        recorded: what of it is new, has changed, ended or is gone.
        unreached: in words, why somebody is not told.
        delivered: what became of the messages that waited; None = they were left waiting.
    """

    as_of: date
    found: tuple[Anomaly, ...]
    recorded: Recorded
    unreached: tuple[str, ...]
    delivered: Delivered | None


def detect_in_lake(
    settings: Settings,
    *,
    as_of: str = "",
    methods: Sequence[str] = ("workbench",),
    lookback_days: int = LOOKBACK_DAYS,
    deliver: bool = True,
    run_id: str = "",
) -> Detected:
    """Find what happened, write it down, and tell whom it concerns.

    Args:
        as_of: last included day; empty = the newest complete one.
        lookback_days: episodes that touch one of these days are looked at.
        deliver: whether what waits in the outbox is sent at once.
    Raises:
        ConfigError: an unknown method, or a day after the newest.
        LakeError: there is no lake, or it holds no charges.
    """
    check_methods(methods)
    if not is_there(settings.lake):
        raise LakeError(f"there is no lake in {settings.lake}", next_step="finops ingest PATH --source NAME")
    now = clock.now()
    with opened_state(settings) as state:
        known = list_anomalies(state)
        with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads) as lake:
            coverage = [Coverage.from_row(row) for row in run_query(lake, figure_sql("run_context"), {}).to_dicts()]
            context = resolve_context(coverage, as_of=as_of, currency="", provider="", now=now)
            if context.is_empty:
                raise LakeError("the lake holds no charges", next_step="finops ingest PATH --source NAME")
            since = context.as_of - timedelta(days=lookback_days - 1)
            rules = Rules(
                since=since,
                methods=methods,
                least_impact=settings.workbench.anomalies.least_impact,
                verdicts=verdicts_of(known),
                planned=[PlannedChange(one.node, one.day) for one in list_planned(state)],
            )
            found = _find(lake, context.as_of, rules, known, settings.workbench.anomalies.top_resources)
            snapshot = lake.snapshot_id
        gone = no_longer_there(known, {a.anomaly_id for a in found}, since=since, through=context.as_of)
        recording = _Recording(settings, as_of=context.as_of)
        recorded = record_anomalies(
            state,
            found,
            [anomaly.anomaly_id for anomaly in gone],
            decide=recording.decide,
            at=now,
            who=acting_user(),
            run_id=run_id,
            snapshot=snapshot,
        )
        now_known = {anomaly.anomaly_id: anomaly for anomaly in list_anomalies(state)}
        found = [now_known[anomaly.anomaly_id] for anomaly in found]
        delivered = deliver_waiting(settings, state) if deliver else None
    return Detected(context.as_of, tuple(found), recorded, recording.unreached(recorded.alerts), delivered)


def _find(lake: Lake, as_of: date, rules: Rules, known: Sequence[Anomaly], top_resources: int) -> list[Anomaly]:
    values = {"as_of": as_of, "history_days": HISTORY_DAYS}
    days = run_query(lake, figure_sql("anomalies_cell_days"), values)
    resource_days = run_query(
        lake, figure_sql("anomalies_top_resource_days"), {**values, "top_resources": top_resources}
    )
    found: list[Anomaly] = []
    for cells in cells_of(days):
        found += find_in_estate(cells, resources_of(resource_days, cells), rules, known)
    found.sort(key=lambda anomaly: (-abs(anomaly.impact), anomaly.scope, anomaly.start))
    return explain(found, investigate_all(asking(lake), found, as_of=as_of))


class _Recording:
    """Makes alerts and messages of what is written down, and gathers who could not be reached."""

    def __init__(self, settings: Settings, *, as_of: date) -> None:
        self._settings, self._as_of = settings, as_of
        self._missing: tuple[str, ...] = ()

    def decide(self, anomalies: Sequence[Anomaly], events: Sequence[AlertEvent]) -> Decision:
        """Apply the rules of `analyses.alerts.anomalies`, as the recording transaction asks them."""
        now = clock.now()
        most = self._settings.workbench.anomalies.alerts_per_week
        found: Decided = decide_anomalies(anomalies, events, as_of=self._as_of, now=now, alerts_per_week=most)
        routed = told_of(self._settings, found, now=now)
        self._missing = routed.unreached
        return Decision(found.events, found.resolutions, routed.messages)

    def unreached(self, alerts: Sequence[AlertEvent]) -> tuple[str, ...]:
        if self._settings.workbench.channels or not alerts:
            return tuple(dict.fromkeys(self._missing))
        what = "1 alert is" if len(alerts) == 1 else f"{len(alerts)} alerts are"
        return (f"{what} told to nobody: params/workbench.yaml configures no channel",)
