"""The list of all reports: the newest of each notebook on top, every run below; one file that works from a disk."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from finops_lib.reports import format as say
from finops_lib.reports import markup
from finops_lib.reports.frame import day_words, fill, policy
from finops_lib.reports.marks import status_html

# Status of a run -> the colour and the word a reader needs.
WORDS = {
    "SUCCEEDED": ("green", "succeeded"),
    "FAILED": ("red", "failed"),
    "TIMED_OUT": ("red", "timed out"),
    "KERNEL_DIED": ("red", "kernel died"),
    "INVALID_PARAMS": ("orange", "wrong parameters"),
    "SKIPPED": ("grey", "skipped"),
    "RUNNING": ("grey", "running"),
}
# The reading order of the pages; notebooks of one's own follow by name.
ORDER = ("start", "overview", "leadership", "budgets", "anomalies", "savings", "ingestion")


def gallery(runs: Sequence[Mapping[str, Any]]) -> str:
    """Give the HTML of outputs/index.html.

    Args:
        runs: run_id, notebook, status, as_of, started_at, duration_s, report (path relative to the index; empty where
            a run left none), error, headline (the report's answer), checks_failed, reconcile_failed, pinned and
            pruned_at if known; in any order.
    """
    newest_first = sorted(runs, key=_when, reverse=True)
    script = markup.asset("page.js") + markup.asset("gallery.js")
    return fill(
        markup.asset("index.html"),
        {
            "policy": policy(script),
            "style": markup.asset("elements.css") + markup.asset("page.css"),
            "script": script,
            "summary": _summary(newest_first),
            "cards": _cards(newest_first),
            "history": _history(newest_first),
        },
    )


def latest_page(run: Mapping[str, Any]) -> str:
    """Give the HTML of `<notebook>/latest.html`, which leads to the report of a run wherever the folder lies."""
    title = f"The latest report of {run['notebook']}: {_said_when(run)}"
    address = f"./{quote(str(run['run_id']))}/{PurePosixPath(str(run['report'])).name}"
    return fill(markup.asset("latest.html"), {"address": markup.text(address, None), "title": markup.text(title, None)})


def _summary(runs: Sequence[Mapping[str, Any]]) -> str:
    if not runs:
        return "No run yet. <code>finops run overview</code> makes one, <code>finops demo</code> all over sample data."
    broken = [run for run in _latest(runs) if WORDS.get(str(run["status"]), ("red", ""))[0] in ("red", "orange")]
    said = f"{say.plural(len(runs), 'run')}, the newest of {_said_when(runs[0])}."
    if broken:
        failed = say.names([str(run["notebook"]) for run in broken], limit=6)
        said += f" The newest run of {failed} did not succeed."
    return markup.text(said, None)


def _latest(runs: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        found.setdefault(str(run["notebook"]), run)
    place = {name: n for n, name in enumerate(ORDER)}
    return [found[name] for name in sorted(found, key=lambda name: (place.get(name, len(ORDER)), name))]


def _cards(runs: Sequence[Mapping[str, Any]]) -> str:
    cards = []
    for run in _latest(runs):
        through = f"Data through {day_words(run['as_of'])}" if run.get("as_of") else ""
        cards.append(
            f'<li class="fw-card"><h2>{_link(run, str(run["notebook"]).capitalize())}</h2><p>{_status(run)}</p>'
            + (f'<p class="fw-card-said">{markup.text(run["headline"], 240)}</p>' if run.get("headline") else "")
            + (f'<p class="fw-note">{markup.text(run["error"], 240)}</p>' if run.get("error") else "")
            + _held(run)
            + f'<p class="fw-note">{markup.text(through)}</p><p class="fw-note">{markup.text(_said_when(run))}</p>'
            + _before(run, runs)
            + "</li>"
        )
    return f'<ul class="fw-cards">{"".join(cards)}</ul>' if cards else ""


def _before(run: Mapping[str, Any], newest_first: Sequence[Mapping[str, Any]]) -> str:
    """Lead to the report before the newest one."""
    others = [other for other in newest_first if other["notebook"] == run["notebook"] and other is not run]
    before = next((other for other in others if _address(other)), None)
    return f'<p class="fw-note">Before: {_link(before, _said_when(before))}</p>' if before else ""


def _reasons(run: Mapping[str, Any]) -> list[str]:
    if run["status"] != "SUCCEEDED":
        return []
    return [str(run[name]) for name in ("checks_failed", "reconcile_failed") if run.get(name)]


def _held(run: Mapping[str, Any]) -> str:
    """Say that a run that succeeded is not sent, and why."""
    reasons = _reasons(run)
    if not reasons:
        return ""
    return f'<p class="fw-note">{status_html("red", "held back")} {markup.text("; ".join(reasons), 240)}</p>'


def _badge(run: Mapping[str, Any]) -> str:
    return f" {status_html('red', 'held back')}" if _reasons(run) else ""


def _history(runs: Sequence[Mapping[str, Any]]) -> str:
    if not runs:
        return ""
    rows = "".join(_row(place, run) for place, run in enumerate(runs))
    heads = "".join(f'<th scope="col">{head}</th>' for head in ("Notebook", "Status", "Data through", "Started"))
    heads += '<th scope="col" class="fw-right">Took</th><th scope="col">Run</th>'
    return (
        f'<section id="runs"><h2>All runs</h2>{_filters(runs)}<figure class="fw-table" data-rows={len(runs)}>'
        '<div class="fw-scroll" tabindex="0" role="region" aria-label="All runs">'
        f'<table class="fw-grid"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div></figure></section>'
    )


def _row(place: int, run: Mapping[str, Any]) -> str:
    facts = {"run": run["run_id"], "notebook": run["notebook"], "status": _word(run), "day": _when(run)[:10]}
    told = "".join(f' data-{name}="{markup.text(value, None)}"' for name, value in facts.items())
    kept = f'<p class="fw-note">kept: {markup.text(run["pinned"], 80)}</p>' if run.get("pinned") else ""
    gone = '<p class="fw-note">report pruned</p>' if run.get("pruned_at") else ""
    # What the report and its error say can be searched for, too.
    sought = markup.text(" ".join(str(run[name]) for name in ("headline", "error") if run.get(name)), None)
    notebook = f'<span data-v="{markup.text(run["notebook"], None)}">{_link(run, str(run["notebook"]))}</span>'
    return (
        f'<tr data-place="{place}"{told}><td>{notebook}{kept}{gone}<span hidden>{sought}</span></td>'
        f"<td>{_status(run)}{_badge(run)}</td><td>{markup.text(day_words(run.get('as_of') or ''))}</td>"
        f'<td><span data-v="{markup.text(_when(run), None)}">{markup.text(_said_when(run))}</span></td>'
        f'<td class="fw-right"><span data-v="{markup.text(run.get("duration_s") or "", None)}">{_took(run)}</span></td>'
        f"<td><bdi><code>{markup.text(run['run_id'], 80)}</code></bdi></td></tr>"
    )


def _filters(runs: Sequence[Mapping[str, Any]]) -> str:
    """Give the controls that narrow the list; shown by the script, for without one they do nothing."""
    notebooks = _options(sorted({str(run["notebook"]) for run in runs}))
    statuses = _options(sorted({_word(run) for run in runs}))
    return (
        '<form id="fw-filters" class="fw-tools" role="search" aria-label="Runs" hidden>'
        f'<label>Notebook <select name="notebook">{notebooks}</select></label>'
        f'<label>Status <select name="status">{statuses}</select></label>'
        '<label>Made from <input type="date" name="from"></label><label>to <input type="date" name="to"></label>'
        '<button type="reset" class="fw-button">Show all</button></form>'
    )


def _options(values: Sequence[str]) -> str:
    named = [(markup.text(value, None), markup.text(markup.clean(value, 60), None)) for value in values]
    return '<option value="">all</option>' + "".join(f'<option value="{v}">{words}</option>' for v, words in named)


def _link(run: Mapping[str, Any], words: str) -> str:
    address = _address(run)
    return f'<a href="{address}">{markup.name(words)}</a>' if address else markup.name(words)


def _address(run: Mapping[str, Any]) -> str:
    place = str(run.get("report") or "").replace("\\", "/")
    # Relative and inside outputs: the folder can be moved, and no run can point a reader elsewhere.
    path = PurePosixPath(place)
    return "" if not place or path.is_absolute() or ".." in path.parts else f"./{quote(place)}"


def _word(run: Mapping[str, Any]) -> str:
    return WORDS.get(str(run["status"]), ("red", str(run["status"]).lower()))[1]


def _status(run: Mapping[str, Any]) -> str:
    colour, word = WORDS.get(str(run["status"]), ("red", str(run["status"]).lower()))
    return status_html(colour, word)


def _when(run: Mapping[str, Any]) -> str:
    started = run.get("started_at")
    return started.isoformat() if isinstance(started, dt.datetime) else str(started or "")


def _said_when(run: Mapping[str, Any]) -> str:
    try:
        return say.moment(dt.datetime.fromisoformat(_when(run)))
    except ValueError:
        return _when(run) or say.NOT_KNOWN


def _took(run: Mapping[str, Any]) -> str:
    seconds = run.get("duration_s")
    return markup.text(say.duration(seconds)) if isinstance(seconds, int | float) else say.DASH
