"""What is there to use: tables, marts, notebooks with their parameters, plug-ins."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass

from finops_lib.analyses.anomalies.methods import METHODS as DETECTION_METHODS
from finops_lib.analyses.forecasts import METHODS
from finops_lib.analyses.savings import RULES
from finops_lib.delivery import CHANNELS
from finops_lib.errors import ConfigError
from finops_lib.marts.catalog import read_marts
from finops_lib.runs.parameters import read_parameters
from finops_lib.settings import Settings
from finops_lib.sources import DIALECTS, mapped
from finops_lib.sources.collectors import COLLECTORS
from finops_lib.sources.inventory import INVENTORIES

_TABLES = {
    "cost": ("what was charged?", "one charge of one bill; FOCUS 1.4 columns and our x_ ones"),
    "loads": ("what was loaded, from which files, with what totals?", "load x slice x BillingCurrency"),
    "load_days": ("what did each load hold per day, so what did we know when?", "load x slice x BillingCurrency x day"),
    "load_changes": ("why did a load change what was known?", "load x slice x BillingCurrency x ServiceName x part"),
    "load_service_days": ("how fast do days fill?", "load x slice x currency x account x ServiceName x day"),
    "load_findings": ("what in the bills breaks FOCUS?", "load x slice x finding x column"),
    "invoices": ("what did the providers invoice?", "one line of one invoice; FOCUS 1.4 Invoice Detail"),
    "invoice_loads": ("which invoices were delivered, in which files?", "delivery x invoice x month x BillingCurrency"),
    "markers": ("which version of each month does the lake hold?", "source x month x time; the newest counts"),
    "inventory": ("which resources are there, in what state?", "source x resource; one that is gone has gone_at"),
    "inventory_scopes": (
        "what was looked at, and what not for want of a permission?",
        "source x account x region x type",
    ),
    "metrics": ("how busy are they?", "source x resource x metric x hour, with a histogram"),
    "fx_rates": ("what is a currency worth in another?", "from_currency x to_currency x day x kind"),
    "state.run": ("which notebooks ran, from what, with what outcome?", "run"),
    "state.budget": ("what may a scope cost, since when, and who says so?", "budget x version; definition is JSON"),
    "state.budget_status": ("how did each budget stand, as far as was known when?", "budget x period x number"),
    "state.alert_event": ("what was told, who took note, what is over?", "subject x period x kind x threshold x time"),
    "state.outbox": ("which messages wait, which are sent, which cannot be?", "message"),
    "state.anomaly": ("what happened that nobody planned, and what is it now?", "anomaly; id stays while it grows"),
    "state.anomaly_event": ("what became of each anomaly, and what did people say?", "anomaly x event"),
    "state.planned_change": ("which changes of cost were announced?", "node x day"),
    "state.recommendation": ("what could be saved, who agreed, and what has it brought?", "fingerprint x occurrence"),
    "state.recommendation_event": ("what became of each recommendation, and who decided?", "recommendation x event"),
    "state.audit_log": ("who did what, when, to which object?", "line; each holds the hash of the one before"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be named on the command line, in SQL or in a notebook."""

    kind: str
    name: str
    question: str
    detail: str


def entries(settings: Settings) -> list[Entry]:
    """List everything, kind by kind."""
    found = [Entry("table", name, question, grain) for name, (question, grain) in _TABLES.items()]
    found += [
        Entry("mart", mart.name, mart.question, " x ".join(mart.grain)) for _, mart in sorted(read_marts().items())
    ]
    found += notebooks(settings)
    found += [
        Entry("dialect", name, "how is a bill written down?", "finops ingest --dialect") for name in DIALECTS.names()
    ]
    found.append(Entry("dialect", "mapped:PATH.yaml", _first_line(mapped), "finops ingest --dialect"))
    found += [
        Entry("source kind", name, _first_line(inspect.getmodule(COLLECTORS.get(name))), "params/workbench.yaml: kind")
        for name in COLLECTORS.names()
    ]
    found += [
        Entry(
            "inventory", name, _first_line(inspect.getmodule(INVENTORIES.get(name))), "params/workbench.yaml: inventory"
        )
        for name in INVENTORIES.names()
    ]
    found += [
        Entry("channel kind", name, _first_line(inspect.getmodule(CHANNELS.get(name))), "params/workbench.yaml: kind")
        for name in CHANNELS.names()
    ]
    found += [
        Entry("detector", name, _first_line(DETECTION_METHODS.get(name)), "anomalies: method")
        for name in DETECTION_METHODS.names()
    ]
    found += [
        Entry("forecasting method", name, _first_line(inspect.getmodule(METHODS.get(name))), "finops forecast --method")
        for name in METHODS.names()
    ]
    found += [
        Entry("savings rule", name, _first_line(inspect.getmodule(RULES.get(name).find)), "savings")
        for name in RULES.names()
    ]
    return found


def notebooks(settings: Settings) -> list[Entry]:
    """List the notebooks, each with its question and its parameters."""
    if not settings.notebooks.is_dir():
        raise ConfigError(
            f"no notebooks folder in {settings.project}", next_step="go to the project's folder, or set FINOPS_PROJECT"
        )
    found = []
    for path in sorted(settings.notebooks.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        title = next(("".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "markdown"), "")
        parameters = (f"{p.name}: {p.type} = {p.default!r}" for p in read_parameters(notebook))
        found.append(
            Entry("notebook", path.stem, title.splitlines()[0].lstrip("# ") if title else "", ", ".join(parameters))
        )
    return found


def _first_line(plugin: object) -> str:
    lines = (getattr(plugin, "__doc__", "") or "").strip().splitlines()
    return lines[0] if lines else ""
