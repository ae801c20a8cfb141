"""Which anomalies are written down? Read from the state for a page, and frozen beside its result.

A run made again reads them from there, whatever was found, acknowledged or explained since.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import TypeAdapter

from finops_lib.findings import Anomaly
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import has_state, opened_state
from finops_lib.runs.readers_scope import narrow_anomalies
from finops_lib.settings import Settings
from finops_lib.state.anomalies import list_anomalies, waited_hours

INPUT = "anomalies.json"


@dataclass(frozen=True, slots=True)
class AnomalyInputs:
    """What the state said of anomalies when the page was made.

    Args:
        anomalies: all that are written down, the largest money first.
        waited_hours: id -> how long it waited for somebody's first word; those that got one.
    """

    anomalies: tuple[Anomaly, ...] = ()
    waited_hours: Mapping[str, float] = field(default_factory=dict)

    def currency_of(self, anomaly_id: str) -> str:
        """Give the currency of the anomaly with this id or beginning; "" = it is not written down, or not just one."""
        asked = {one.currency for one in self.anomalies if anomaly_id and one.anomaly_id.startswith(anomaly_id)}
        return asked.pop() if len(asked) == 1 else ""


def anomaly_inputs(settings: Settings, folder: RunFolder, *, scope: str = "") -> AnomalyInputs:
    """Read what is written down, and keep it beside the result; a rerun gets what the first run kept.

    Args:
        scope: all that the page's reader may see; "" = everything.
    """
    if os.environ.get(RERUN_OF):
        # The params of a rerun are the inputs that the first run kept; one of before they were kept had none.
        path = settings.params / INPUT
        kept = path.read_bytes() if path.is_file() else b"{}"
        inputs = TypeAdapter(AnomalyInputs).validate_json(kept)
    elif has_state(settings):
        with opened_state(settings) as state:
            inputs = AnomalyInputs(tuple(list_anomalies(state)), waited_hours(state))
    else:
        inputs = AnomalyInputs()
    if scope:
        inputs = narrow_anomalies(inputs, scope)
    folder.write_input(INPUT, TypeAdapter(AnomalyInputs).dump_json(inputs, indent=1).decode())
    return inputs
