"""How does an executed notebook become the two files a reader gets? Corrected, stamped, scrubbed, then drawn."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import nbformat
from papermill.execute import ERROR_MARKER_TAG
from papermill.iorw import load_notebook_node

from finops_lib.runs.cells import error_line
from finops_lib.runs.folder import CONTEXT, FIGURES, SNAPSHOT
from finops_lib.runs.handover import Outcome, Spec
from finops_lib.runs.secrets import Scrubber

REPORT_NOTEBOOK = "report.ipynb"
REPORT_PAGE = "report.html"


def write_report(spec: Spec, notebook: Any, outcome: Outcome, scrubber: Scrubber) -> Outcome:
    """Write report.ipynb and report.html into the run's folder.

    Returns:
        the outcome; FAILED if the page could not be drawn, for a run without a report has not succeeded.
    """
    notebook = notebook if notebook is not None else load_notebook_node(str(spec.notebook))
    # papermill has put its own words in red into a failed notebook; ours stand in the page.
    notebook.cells = [cell for cell in notebook.cells if ERROR_MARKER_TAG not in cell.metadata.get("tags", [])]
    _correct_metadata(notebook, outcome)
    if outcome.error_index is not None and not outcome.has_traceback:
        _show_error_in_cell(notebook.cells[outcome.error_index], outcome)
    run = spec.stamp | _resolved(spec.folder) | {"status": outcome.status, "error": outcome.error}
    run["error_cell"] = outcome.error_cell
    notebook.metadata.papermill["finops"] = run
    notebook.metadata.papermill["input_path"] = spec.notebook.name
    notebook.metadata.papermill["output_path"] = REPORT_NOTEBOOK
    # Scrubbed before it is drawn: in the page the charts are compressed, and no search finds a secret there.
    notebook = nbformat.from_dict(scrubber.scrub_tree(notebook))
    nbformat.write(notebook, spec.folder / REPORT_NOTEBOOK)
    figures = scrubber.scrub_tree(_read_json(spec.folder / FIGURES, []))
    try:
        from finops_lib.reports.render import render

        page = render(notebook, title=spec.title, run=scrubber.scrub_tree(run), figures_sql=figures)
    except Exception as error:
        problem = scrubber.scrub(error_line(type(error).__name__, str(error)))
        outcome = _undrawn(outcome, problem)
        page = _plain_page(spec.title, outcome.error)
    (spec.folder / REPORT_PAGE).write_text(page, encoding="utf-8")
    return outcome


def _correct_metadata(notebook: Any, outcome: Outcome) -> None:
    """Say in papermill's own terms what happened: it calls a dead kernel completed and sys.exit(0) a failure."""
    failed = outcome.error_index
    notebook.metadata.papermill["exception"] = outcome.status != "SUCCEEDED"
    for index, cell in enumerate(notebook.cells):
        facts = cell.metadata.setdefault("papermill", {})
        if outcome.status == "SUCCEEDED" or (failed is not None and index < failed):
            facts.update(status="completed", exception=False)
        elif index == failed:
            facts.update(status="failed", exception=True)
        else:
            facts.update(status="pending", exception=None)


def _show_error_in_cell(cell: Any, outcome: Outcome) -> None:
    """A cell that was stopped from outside has no traceback; its reader still wants to know where it ended."""
    if cell.cell_type == "code":
        cell.outputs.append(nbformat.v4.new_output("error", ename=outcome.status, evalue=outcome.error, traceback=[]))


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
    status = "FAILED" if outcome.status == "SUCCEEDED" else outcome.status
    return Outcome(status, f"{before}the report could not be drawn: {problem}", outcome.error_cell, outcome.error_index)


def _plain_page(title: str, error: str) -> str:
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(error)}</p>"
        f'<p>The cells and their outputs are in <a href="{REPORT_NOTEBOOK}">{REPORT_NOTEBOOK}</a>.</p></html>\n'
    )
