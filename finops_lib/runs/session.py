"""How does a notebook get at the lake? By one call, `open_run`, the same under the runner and in JupyterLab.

Under the runner the environment names the run's folder and its pinned snapshot, and every query is remembered for the
fold under the report; in JupyterLab none of that is set, the newest snapshot is used, and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from finops_lib.findings import Anomaly, KeptRecommendation
from finops_lib.lake.catalog import is_there
from finops_lib.lake.open import Lake, bytes_of_data, open_lake
from finops_lib.lake.snapshots import pin
from finops_lib.marts.build import stale_slices
from finops_lib.marts.figures import figure_sql
from finops_lib.offers import CommitmentPolicy, Offer
from finops_lib.plans import Budget
from finops_lib.runs import clock
from finops_lib.runs.context import Context, Coverage, Notice, freshness_check, resolve_context
from finops_lib.runs.empty_lake import EmptyLake, open_empty_lake
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import REPLAYED_DAY, STARTED_AT
from finops_lib.runs.lab_kernel import register_here
from finops_lib.runs.lab_progress import at_work_with
from finops_lib.runs.readers_scope import SCOPE, asked_scope, narrow_lake, without_names
from finops_lib.runs.residuals import Reconciled, in_words
from finops_lib.runs.shown import ResultShown, context_strips
from finops_lib.settings import Settings, load_settings

if TYPE_CHECKING:
    import polars as pl

    from finops_lib.analyses.anomalies import Investigation
    from finops_lib.reports.start_workings import Workings
    from finops_lib.runs.anomaly_inputs import AnomalyInputs
    from finops_lib.runs.budget_inputs import BudgetInputs
    from finops_lib.runs.scoped import BudgetCosts

# Their readers are told before the first number when the plan file says something else than the budgets that count.
_SHOW_BUDGETS = frozenset({"budgets", "overview", "leadership", "start"})
# In so many bytes there is less for a second thread to do than it costs to have one: a fifth of a page's queries.
_SMALL_LAKE = 64 << 20


def open_run(notebook: str, *, as_of: str = "", provider: str = "", currency: str = "", anomaly_id: str = "") -> Run:
    """Open the lake read-only at the run's snapshot and resolve the empty parameters.

    Args:
        notebook: the stem of the notebook, as in `notebooks/<stem>.ipynb`.
        as_of: last included day, ISO; empty = newest day complete for every live source.
        provider: one provider of the lake; empty = all.
        currency: empty = the one most effective cost is in.
        anomaly_id: the page is about this recorded anomaly, and in its currency if none is asked for.
    Raises:
        ConfigError: a value the lake does not have.
        LakeError: the pinned snapshot is gone.
    """
    register_here()
    settings, folder = load_settings(), RunFolder.from_environment()
    kept = _anomaly_inputs(settings, folder) if anomaly_id else None
    pinned = os.environ.get("FINOPS_RUN_SNAPSHOT", "")
    scope = asked_scope()
    lake, missing = _opened(settings, int(pinned) if pinned else None)
    checks = _checks(lake)
    if scope and isinstance(lake, Lake):
        narrow_lake(lake, scope)
        checks = without_names(checks)
    coverage, missing = ([], missing) if missing else _coverage(lake)
    if scope:
        as_of = _no_later(as_of, coverage)
    context = resolve_context(
        coverage,
        as_of=as_of or os.environ.get(REPLAYED_DAY, ""),
        currency=currency or (kept.currency_of(anomaly_id) if kept else ""),
        provider=provider,
        preferred_currency=settings.workbench.currency,
        now=_started_at(),
    )
    if not as_of and REPLAYED_DAY in os.environ:
        # The day was not asked for: whoever ran the page first judged its sources as of that moment.
        context = replace(context, judged_at=_started_at())
    if missing:
        context = replace(context, notices=(Notice("warning", missing),))
    if coverage:
        checks.append(freshness_check(coverage, context))
    if scope:
        context = replace(context, notices=(Notice("info", f"Only what {scope} pays is shown."), *context.notices))
    if not all(check["ok"] for check in checks):
        failed = "; ".join(f"{check['name']}: {check['message']}" for check in checks if not check["ok"])
        context = replace(
            context,
            notices=(
                Notice("warning", f"A check failed, so this page is not sent to its readers. {failed}."),
                *context.notices,
            ),
        )
    if folder.run_id and isinstance(lake, Lake):
        # Whatever is loaded or expired later, this page can be made again.
        pin(lake.place, lake.snapshot_id, owner=folder.run_id, reason=f"run of {notebook}", at=clock.now())
    if settings.workbench_file.is_file():
        folder.freeze_input(settings.workbench_file)
    folder.remember_context(
        snapshot=lake.snapshot_id,
        as_of="" if context.is_empty else context.as_of.isoformat(),
        currency=context.currency,
        provider=context.provider,
        **({SCOPE: scope} if scope else {}),
    )
    folder.remember_checks(checks)
    run = Run(notebook=notebook, lake=lake, context=context, settings=settings, folder=folder, _anomaly_inputs=kept)
    if notebook in _SHOW_BUDGETS and (notice := run.budget_inputs().notice):
        run.context = replace(context, notices=(*context.notices, Notice("info", notice)))
    return run


@dataclass
class Run:
    """What a notebook works with: the pinned lake, the resolved parameters, the run's folder."""

    notebook: str
    lake: Lake | EmptyLake
    context: Context
    settings: Settings
    folder: RunFolder
    _anomaly_inputs: AnomalyInputs | None = field(default=None, repr=False)
    _budget_inputs: BudgetInputs | None = field(default=None, init=False, repr=False)
    _recommendations: tuple[KeptRecommendation, ...] | None = field(default=None, init=False, repr=False)

    @property
    def as_of(self) -> date:
        """The last included day."""
        return self.context.as_of

    @property
    def currency(self) -> str:
        return self.context.currency

    @property
    def provider(self) -> str:
        """The provider the page is about; empty = all of them."""
        return self.context.provider

    @property
    def snapshot(self) -> int | None:
        """The lake snapshot every number of this run is read from; None for a lake without charges."""
        return self.lake.snapshot_id

    @property
    def run_id(self) -> str:
        """The runner's name for this run; empty in JupyterLab."""
        return self.folder.run_id

    @property
    def is_empty(self) -> bool:
        """Whether there is no charge to speak about."""
        return self.context.is_empty

    def query(self, name: str, **values: object) -> pl.DataFrame:
        """Run a figure query of `marts/queries` and remember it for the fold.

        Args:
            name: the file's name without `.sql`.
            values: the query's own parameters; `as_of`, `currency`, `provider` and `judged_at` are filled from the run.
        Raises:
            ConfigError: no such query, or a value it does not take, or one it lacks.
        """
        sql = figure_sql(name)
        known = {"as_of": self.as_of, "currency": self.currency, "provider": self.provider}
        # As text: a moment has no place among the parameters that are kept.
        judged_at = self.context.judged_at.replace(tzinfo=None).isoformat(timespec="seconds")
        bound = bind(name, sql, known | {"judged_at": judged_at}, values)
        at_work_with(f"the query {name}")
        frame = run_query(self.lake, sql, bound)
        self.folder.remember_figure(name, sql, bound, rows=frame.height)
        return frame

    def reconcile(self) -> list[Reconciled]:
        """Hold each step of each slice against the one before, at this run's snapshot; what fails holds the run back.

        Reports are left out: what they state is not in the lake (`finops reconcile` compares them).
        """
        from finops_lib.runs.readers_scope import check_can_be_narrowed
        from finops_lib.runs.reconcile import steps_of

        check_can_be_narrowed(self.notebook, asked_scope())
        found = steps_of(self.lake, self.query)
        failed = [step.words for step in found if not step.ok]
        residual = f"{len(found)} comparisons, each residual is 0 or explained"
        message = in_words(failed) if failed else residual
        self.folder.add_check({"name": "every step adds up to the invoice", "ok": not failed, "message": message})
        return found

    def budget_inputs(self) -> BudgetInputs:
        """Give the budgets in force, their history and what was told of them, keeping a copy beside the result."""
        # Imported here: a page without budgets need not load the state's library.
        from finops_lib.runs.budget_inputs import budget_inputs

        if self._budget_inputs is None:
            self._budget_inputs = budget_inputs(self.settings, self.folder, as_of=self.as_of, scope=asked_scope())
        return self._budget_inputs

    def budget_plan(self) -> list[Budget]:
        """Give the budgets that speak for the period of the run's day."""
        return list(self.budget_inputs().budgets)

    def scoped_costs(self, budgets: Sequence[Budget]) -> BudgetCosts:
        """Give what the scopes of budgets cost, and what moved them; remembered for the fold as queries are."""
        # Imported here: few pages speak of budgets.
        from finops_lib.runs.scoped import budget_costs

        return budget_costs(
            self.lake, budgets, as_of=self.as_of, judged_at=self.context.judged_at, remember=self.folder.remember_figure
        )

    def anomaly_inputs(self) -> AnomalyInputs:
        """Give the anomalies that are written down, whatever they are of, keeping a copy beside the result."""
        if self._anomaly_inputs is None:
            self._anomaly_inputs = _anomaly_inputs(self.settings, self.folder)
        return self._anomaly_inputs

    def node_days(self, found: Sequence[Anomaly], *, history_days: int) -> dict[str, pl.DataFrame]:
        """Give the daily usage of the nodes of recorded episodes, by id; the first are remembered for the fold."""
        from finops_lib.runs.anomaly_cause import days_of_nodes

        return days_of_nodes(self.lake, self.query, found, as_of=self.as_of, history_days=history_days)

    def recommendations(self) -> tuple[KeptRecommendation, ...]:
        """Give what is written down of recommendations and their lives, keeping a copy beside the result."""
        # Imported here: few pages speak of savings.
        from finops_lib.runs.savings_inputs import savings_inputs

        if self._recommendations is None:
            self._recommendations = savings_inputs(self.settings, self.folder, as_of=self.as_of, scope=asked_scope())
        return self._recommendations

    def savings_frames(self) -> dict[str, pl.DataFrame]:
        """Give what the checks for savings read, remembered for the fold as queries are, and the shapes of machines."""
        # Imported here: few pages speak of savings.
        from finops_lib.runs.savings_frames import savings_frames

        return savings_frames(self.query)

    def commitment_offers(self) -> list[Offer]:
        """Give the prices of commitments that somebody wrote down, keeping a copy beside the result."""
        from finops_lib.settings import load_commitment_offers

        if self.settings.commitment_offers.is_file():
            self.folder.freeze_input(self.settings.commitment_offers)
        return load_commitment_offers(self.settings.commitment_offers)

    def commitment_policy(self) -> CommitmentPolicy:
        """Say how far to go with commitments, by params/workbench.yaml."""
        return self.settings.workbench.commitments.policy()

    def commitment_ends(self) -> dict[str, date]:
        """Give the ends of commitments that somebody wrote down, by their ids."""
        return dict(self.settings.workbench.commitments.ends)

    def workings(self) -> Workings:
        """Give how the workbench itself does: jobs, messages, reports; keeping a copy beside the result."""
        # Imported here: only the start page speaks of them.
        from finops_lib.runs.workings import read_workings

        return read_workings(self.settings, self.folder, notebook=self.notebook)

    def investigate(self, found: Sequence[Anomaly]) -> list[Investigation]:
        """Explain the first episodes from their charges; the queries of those shown in full are remembered."""
        # Imported here: few pages speak of anomalies.
        from finops_lib.runs.anomaly_cause import investigate_listed

        return investigate_listed(self.lake, self.query, found, as_of=self.as_of)

    def charges_behind(self, found: Sequence[Investigation]) -> pl.DataFrame:
        """Give the charges of the first episode's days, those of what moved first; without an episode no rows."""
        from finops_lib.runs.anomaly_cause import largest_charges

        return largest_charges(self.query, found)

    def came_and_went(self, found: Sequence[Investigation]) -> pl.DataFrame:
        """Give the resources of the first episode's account that came or went on its first day."""
        from finops_lib.runs.anomaly_cause import same_day

        return same_day(self.query, found, as_of=self.as_of)

    def write_result(self, result: Mapping[str, object]) -> ResultShown:
        """Write result.json (sorted keys, Decimals as text) and give an element that shows it folded."""
        return ResultShown(self.folder.write_result(result))

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return context_strips(self.context, snapshot=self.snapshot)


def _anomaly_inputs(settings: Settings, folder: RunFolder) -> AnomalyInputs:
    # Imported here: a page without anomalies need not load the state's library.
    from finops_lib.runs.anomaly_inputs import anomaly_inputs

    return anomaly_inputs(settings, folder, scope=asked_scope())


def _no_later(as_of: str, coverage: Sequence[Coverage]) -> str:
    """Give a page's day, or the newest of a reader whose charges end before it."""
    newest = max((c.newest_day.isoformat() for c in coverage if c.newest_day), default=as_of)
    return min(as_of, newest)


def _started_at() -> datetime:
    """Say when the run started; a run made again judges its sources as the first one did."""
    told = os.environ.get(STARTED_AT, "")
    if not told:
        return clock.now()
    started = datetime.fromisoformat(told)
    # The ledger's times are UTC; a database may give them without saying so.
    return started if started.tzinfo else started.replace(tzinfo=UTC)


def _checks(lake: Lake | EmptyLake) -> list[dict[str, object]]:
    """Look whether rows and money are the same at every step, for the foot of the report."""
    if isinstance(lake, EmptyLake):
        return []
    stale = stale_slices(lake.con)
    names = ", ".join(f"{part.provider} {part.source} {part.month:%Y-%m}" for part in stale[:3])
    old = f"{len(stale)} months are of an older load ({names}...); run: finops build"
    checks: list[dict[str, object]] = [
        {
            "name": "the marts are of the current loads",
            "ok": not stale,
            "message": old if stale else "no month is of an older load",
        }
    ]
    for row in run_query(lake, figure_sql("run_checks"), {}).iter_rows(named=True):
        parts = f"{row['slices']} slices and currencies"
        ok = row["offenders"] == 0
        wrong = f"{row['offenders']} of {parts} differ, by up to {row['residual'].normalize():f}"
        message = f"{parts}, residual 0 in rows, billed and effective cost" if ok else wrong
        checks.append({"name": row["check_name"], "ok": ok, "message": message})
    return checks


def open_with_coverage(settings: Settings, *, snapshot: int | None) -> tuple[Lake | EmptyLake, list[Coverage], str]:
    """Open the lake, or an empty one with the sentence that says what is missing."""
    lake, missing = _opened(settings, snapshot)
    coverage, missing = ([], missing) if missing else _coverage(lake)
    return lake, coverage, missing


def _opened(settings: Settings, snapshot: int | None) -> tuple[Lake | EmptyLake, str]:
    if snapshot is None and not is_there(settings.lake):
        return open_empty_lake(settings.lake), "There is no lake yet; run: finops ingest PATH --source NAME"
    lake = open_lake(settings.lake, snapshot=snapshot, memory_limit=settings.memory_limit, threads=settings.threads)
    if settings.threads is None and bytes_of_data(lake) < _SMALL_LAKE:
        lake.con.execute("set threads = 1")
    try:
        run_query(lake, figure_sql("run_context"), {})
    except duckdb.CatalogException:
        lake.con.close()
        empty = open_empty_lake(settings.lake, snapshot_id=lake.snapshot_id)
        return empty, "The tables behind this page are not built yet; run: finops build"
    return lake, ""


def _coverage(lake: Lake | EmptyLake) -> tuple[list[Coverage], str]:
    rows = run_query(lake, figure_sql("run_context"), {})
    coverage = [Coverage.from_row(row) for row in rows.iter_rows(named=True)]
    return coverage, "" if coverage else "The lake holds no charges yet; run: finops ingest PATH --source NAME"
