"""How does an executed notebook become the two files a reader gets? Corrected, stamped, scrubbed, then drawn."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from papermill.iorw import load_notebook_node  # type: ignore[import-untyped]

from finops_lib.findings import RunStatus
from finops_lib.runs import clock
from finops_lib.runs.cells import error_line, index_of
from finops_lib.runs.folder import CHECKS, CONTEXT, FIGURES, SNAPSHOT
from finops_lib.runs.handover import Outcome, Spec
from finops_lib.runs.publish import REPORT_NOTEBOOK, REPORT_PAGE, plain_page
from finops_lib.runs.secrets import Scrubber

if TYPE_CHECKING:
    from finops_lib.reports.changes import SinceLast

_ANSWER = re.compile(r'class="fw-said">(.*?)</p>', re.DOTALL)


def write_report(
    spec: Spec, notebook: Any, outcome: Outcome, scrubber: Scrubber, since: SinceLast | None = None
) -> Outcome:
    """Write report.ipynb and report.html into the run's folder.

    Args:
        since: what changed since the last report, for the box at the foot.
    Returns:
        the outcome; FAILED if the page could not be drawn, for a run without a report has not succeeded.
    """
    notebook = notebook if notebook is not None else load_notebook_node(str(spec.notebook))
    _correct_metadata(notebook, outcome)
    _show_error_in_cell(notebook, outcome)
    run = spec.stamp | _resolved(spec.folder) | {"status": outcome.status, "error": outcome.error}
    run["error_cell"] = outcome.error_cell
    notebook.metadata.papermill["finops"] = run
    notebook.metadata.papermill["input_path"] = spec.notebook.name
    notebook.metadata.papermill["output_path"] = REPORT_NOTEBOOK
    # Scrubbed before it is drawn: in the page the charts are compressed, and no search finds a secret there.
    notebook = nbformat.from_dict(scrubber.scrub_tree(notebook))  # type: ignore[no-untyped-call]
    nbformat.write(notebook, spec.folder / REPORT_NOTEBOOK)  # type: ignore[no-untyped-call]
    figures = scrubber.scrub_tree(_read_json(spec.folder / FIGURES, []))
    checks = scrubber.scrub_tree(_read_json(spec.folder / CHECKS, []))
    outcome = replace(outcome, headline=_headline(notebook))
    try:
        from finops_lib.reports.render import render

        said = _said_in_page(spec, scrubber.scrub_tree(run))
        page = render(notebook, title=spec.title, run=said, figures_sql=figures, checks=checks, since=since)
    except Exception as error:
        problem = scrubber.scrub(error_line(type(error).__name__, str(error)))
        outcome = _undrawn(outcome, problem)
        page = plain_page(spec.title, outcome.error)
    (spec.folder / REPORT_PAGE).write_text(page, encoding="utf-8")
    return outcome


def _said_in_page(spec: Spec, run: dict[str, Any]) -> dict[str, Any]:
    started = datetime.fromisoformat(spec.stamp["started_at"])
    # Short forms: they are for telling runs apart by eye, the whole hashes are in run.json.
    hashes = {"code_hash": run["code_sha256"][:12], "notebook_hash": run["notebook_sha256"][:12]}
    return run | hashes | {"duration_s": (clock.now() - started).total_seconds()}


def _headline(notebook: Any) -> str:
    """Give the answer on top of the page, which the gallery shows on its card."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            html_of_output = str(output.get("data", {}).get("text/html", ""))
            if found := _ANSWER.search(html_of_output):
                return html.unescape(re.sub(r"<[^>]*>", "", found[1])).strip()
    return ""


def _correct_metadata(notebook: Any, outcome: Outcome) -> None:
    """Say in papermill's own terms what happened: it calls a dead kernel completed and sys.exit(0) a failure."""
    failed = index_of(notebook.cells, outcome.error_cell)
    notebook.metadata.papermill["exception"] = outcome.status != "SUCCEEDED"
    for index, cell in enumerate(notebook.cells):
        facts = cell.metadata.setdefault("papermill", {})
        if outcome.status == "SUCCEEDED" or (failed is not None and index < failed):
            facts.update(status="completed", exception=False)
        elif index == failed:
            facts.update(status="failed", exception=True)
        else:
            facts.update(status="pending", exception=None)


def _show_error_in_cell(notebook: Any, outcome: Outcome) -> None:
    """A cell that was stopped from outside has no traceback; its reader still wants to know where it ended."""
    index = index_of(notebook.cells, outcome.error_cell)
    if index is not None and not outcome.has_traceback:
        words = {"ename": outcome.status, "evalue": outcome.error, "traceback": []}
        shown = nbformat.v4.new_output("error", **words)  # type: ignore[no-untyped-call]
        notebook.cells[index].outputs.append(shown)


def _resolved(folder: Path) -> dict[str, Any]:
    """Read what the session resolved: the snapshot it read from, and the parameters that were empty."""
    resolved: dict[str, Any] = dict(_read_json(folder / CONTEXT, {}))
    snapshot = folder / SNAPSHOT
    if snapshot.is_file() and snapshot.read_text(encoding="utf-8").strip().isdigit():
        resolved["snapshot"] = int(snapshot.read_text(encoding="utf-8"))
    return resolved


def _read_json(path: Path, default: Any) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return default


def _undrawn(outcome: Outcome, problem: str) -> Outcome:
    before = f"{outcome.error}; then " if outcome.error else ""
    status: RunStatus = "FAILED" if outcome.status == "SUCCEEDED" else outcome.status
    return replace(outcome, status=status, error=f"{before}the report could not be drawn: {problem}")
