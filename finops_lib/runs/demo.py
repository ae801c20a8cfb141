"""The whole line in one go: sample estate -> lake -> marts -> every notebook -> outputs/index.html.

The demo keeps to itself: bills, lake, params and budgets are in one folder of its own, and a lake that holds anything
but demo sources is refused. A new one first gets some closed months as they were first delivered, so that the
ingestion report has a true restatement to show.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from finops_lib.errors import ConfigError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.periods import parse_day
from finops_lib.runs.budget_plan import import_budgets
from finops_lib.runs.clock import now
from finops_lib.runs.collect import collect_inventories
from finops_lib.runs.ingest import ingest
from finops_lib.runs.inventory import collect_inventory
from finops_lib.runs.notebook import run_notebook
from finops_lib.runs.rates import import_rates
from finops_lib.sample import (
    INVENTORY_BEFORE,
    RATES_FILE,
    sample_budget_plan_yaml,
    sample_workbench_yaml,
    write_estate,
)
from finops_lib.settings import Settings, load_workbench, sqlite_url
from finops_lib.state.runs import RunRecord

DEMO_SOURCES = frozenset({"aws-payer", "azure-ea", "gcp-billing"})
_BILLS, _BEFORE = "bills", "bills-before"
_TIMEOUT_S = 300.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What the demo made."""

    index: Path
    runs: tuple[RunRecord, ...]

    @property
    def succeeded(self) -> bool:
        return all(run.status == "SUCCEEDED" for run in self.runs)


def run_demo(settings: Settings, *, as_of: str, rows: int, seed: int, say: Callable[[str], None]) -> Shown:
    """Make the estate and run every notebook on it.

    Args:
        as_of: last day of the estate, ISO; empty = yesterday.
        say: receives each line that a person should read.
    Raises:
        ConfigError: the lake there is not a demo's.
    """
    day = parse_day(as_of, name="--as-of") if as_of else (now() - timedelta(days=1)).date()
    home = _home(settings)
    is_new = not _demo_sources(home)
    started = time.monotonic()
    with _step(say, f"sample estate of about {rows:,} charges, 13 months through {day}"):
        _clear(home)
        estate = write_estate(home / _BILLS, as_of=day, seed=seed, rows=rows, earlier=home / _BEFORE)
        params = home / "params"
        params.mkdir(parents=True, exist_ok=True)
        (params / "workbench.yaml").write_text(sample_workbench_yaml(_BILLS), encoding="utf-8")
        (params / "budget_plan.yaml").write_text(sample_budget_plan_yaml(estate), encoding="utf-8")
    own = _settings_of(home, settings)
    if is_new:
        with _step(say, "what was first delivered of some closed months"):
            for source in own.workbench.sources:
                folder = home / _BEFORE / Path(source.path).name
                if folder.is_dir():
                    ingest(own, [folder], source=source.name)
    with _step(say, "invoices of the closed months"):
        for source in own.workbench.sources:
            ingest(own, [home / _BILLS / "invoices" / source.provider], source=source.name, replace=True)
    with _step(say, "currency rates and budgets"):
        import_rates(own, home / _BILLS / RATES_FILE, source="sample estate")
        # An estate of another day or size has other amounts; they must speak for its last month, however long ago.
        import_budgets(own, today=day)
    with _step(say, "ingestion: bills -> lake -> marts -> report"):
        # The demo's own estate of another day may well be smaller; nothing but demo bills is replaced.
        first = _run(own, "ingestion", say, replace="true")
    with _step(say, "inventory: resources and their utilisation, from files"):
        if is_new:
            # Since when a thing is as it is providers seldom say; two looks do.
            for source in own.workbench.sources:
                before = {"path": f"{_BILLS}/{INVENTORY_BEFORE}/{source.provider}"}
                collect_inventory(own, source.name, source.provider, before)
        _, failures = collect_inventories(own, ())
        for failure in failures:
            say(f"    {failure.source}: {failure.reason}")
    others = sorted(path.stem for path in own.notebooks.glob("*.ipynb") if path.stem != "ingestion")
    with _step(say, "the other notebooks"), ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        rest = list(pool.map(lambda name: _run(own, name, say), others))
    index = own.outputs / "index.html"
    say(f"done in {time.monotonic() - started:.1f} s: open {index}")
    say(f"look around: FINOPS_LAKE={home} FINOPS_PARAMS={home / 'params'} finops lab   (or finops sql, finops run)")
    return Shown(index, (first, *rest))


def _home(settings: Settings) -> Path:
    return settings.lake.folder if os.environ.get("FINOPS_LAKE") else settings.project / "demo"


def _clear(home: Path) -> None:
    """Remove the bills of a former demo: runs of another day would be taken for newer deliveries of the same month.

    Raises:
        ConfigError: there are bills that no demo wrote.
    """
    bills = home / _BILLS
    if bills.exists() and not (bills / "truth.json").is_file():
        raise ConfigError(
            f"{bills} is in the demo's way, and no demo made it",
            next_step="unset FINOPS_LAKE, or point it at an empty folder",
            path=bills,
        )
    for folder in (bills, home / _BEFORE):
        if folder.exists():
            shutil.rmtree(folder)


def _settings_of(home: Path, settings: Settings) -> Settings:
    """Give the settings under which the demo's runs see only the demo."""
    params = home / "params"
    own = {"lake": Place.of(home), "state_url": sqlite_url(home), "params": params, "workbench": load_workbench(params)}
    return settings.model_copy(update=own)


def _demo_sources(home: Path) -> set[str]:
    """Give the demo's sources that the lake holds already; a lake that holds others is refused."""
    place = Place.of(home)
    if not is_there(place):
        return set()
    with open_lake(place) as lake:
        sources = {name for (name,) in lake.con.execute("select distinct x_SourceId from loads").fetchall()}
    others = sorted(sources - DEMO_SOURCES)
    if others:
        raise ConfigError(
            f"the lake {home} holds {', '.join(others)}, which the demo did not make",
            next_step="unset FINOPS_LAKE, or point it at an empty folder",
            sources=others,
        )
    return sources


def _run(settings: Settings, name: str, say: Callable[[str], None], **parameters: str) -> RunRecord:
    record = run_notebook(
        settings,
        name,
        parameters=parameters,
        params_file=None,
        as_of=None,
        snapshot=None,
        timeout_s=_TIMEOUT_S,
        on_progress=lambda done, total, title: None,
    )
    say(f"    {name:<12} {record.status:<10} {record.duration_s or 0:5.1f} s  {record.error or record.report or ''}")
    return record


@contextmanager
def _step(say: Callable[[str], None], what: str) -> Iterator[None]:
    started = time.monotonic()
    say(what)
    yield
    say(f"  {time.monotonic() - started:5.1f} s")
