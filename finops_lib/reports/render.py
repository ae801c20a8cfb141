"""Turn an executed notebook into one HTML file that works from a disk without a network and asks nothing of anyone."""

import base64
import gzip
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

import mistune

from finops_lib.reports import changes, markup
from finops_lib.reports import format as say
from finops_lib.reports.bundle import chart_library
from finops_lib.reports.changes import SinceLast
from finops_lib.reports.frame import day_words, fill, policy
from finops_lib.reports.marks import status_html
from finops_lib.reports.page import strip

# Only HTML that our own elements wrote gets in; anything else is shown as text.
OURS = re.compile(r'\s*<(?:div|p|dl|figure|section|span|ol|ul) class="fw-')
SPEC = re.compile(r'<script type="application/json" class="fw-spec">(.*?)</script>', re.DOTALL)
QUESTION = re.compile(r'<p class="fw-question">(.*?)</p>', re.DOTALL)
PICTURES = ("image/png", "image/jpeg")
RUN_FACTS = {
    "run_id": "Run",
    "notebook": "Notebook",
    "status": "Status",
    "as_of": "As of",
    "snapshot": "Lake snapshot",
    "started_at": "Started",
    "duration_s": "Took",
    "code_hash": "Code",
    "notebook_hash": "Notebook text",
}


def render(
    notebook: Mapping[str, Any],
    *,
    title: str,
    run: Mapping[str, Any],
    figures_sql: Sequence[Mapping[str, Any]] = (),
    checks: Sequence[Mapping[str, Any]] = (),
    since: SinceLast | None = None,
) -> str:
    """Give the report's HTML.

    Args:
        notebook: the executed notebook.
        title: of the browser's tab, and of the page where the notebook asks no question.
        run: run_id, notebook, status, as_of, snapshot, parameters, started_at, duration_s, code_hash, notebook_hash,
            versions, error; what is absent is left out.
        figures_sql: name, sql and parameters of each figure's query.
        checks: name, ok and message of each check.
        since: what changed since the last report; None = nothing is said of it.
    """
    page = _Page()
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            page.add_words(_joined(cell["source"]))
        elif cell["cell_type"] == "code":
            for output in cell.get("outputs", ()):
                page.add_output(output)
    if since is not None:
        page.add_section(changes.ANCHOR, changes.heading(since))
    body, specs = _take_specs(page.body())
    question = page.question or f"<span>{markup.text(page.heading or title, None)}</span>"
    script = markup.asset("page.js")
    return fill(
        markup.asset("page.html"),
        {
            "title": markup.text(title, None),
            "policy": policy(script),
            "style": markup.asset("elements.css") + markup.asset("page.css"),
            "script": script,
            "kicker": _kicker(run),
            "question": question,
            "failure": _failure(run),
            "runs": _neighbours(run),
            "contents": page.contents(),
            "body": body + (changes.box(since) if since is not None else ""),
            "made": _made(run, figures_sql, checks, page.about),
            "data": _blobs(specs),
        },
    )


class _Page:
    """Collect the notebook's cells into sections, one per heading of second level."""

    def __init__(self) -> None:
        self.question = ""
        self.heading = ""
        self.about = ""
        self._sections: list[tuple[str, str, list[str]]] = [("", "", [])]
        self._anchors: dict[str, int] = {}
        self._more: list[tuple[str, str]] = []

    def add_section(self, anchor: str, name: str) -> None:
        """List a section that is not the notebook's own."""
        self._more.append((anchor, name))

    def add_words(self, source: str) -> None:
        lines = source.strip().splitlines()
        if not self.heading and lines and lines[0].startswith("# "):
            self.heading = lines[0].removeprefix("# ").strip()
            # Who it is for and what it decides; the reader wants the answer first.
            self.about = _words("\n".join(lines[1:]))
            return
        for chunk in re.split(r"(?m)^(?=## )", source):
            if chunk.startswith("## "):
                first, _, rest = chunk.partition("\n")
                name = first.removeprefix("## ").strip()
                self._sections.append((self._anchor(name), name, []))
                chunk = rest
            if chunk.strip():
                self._sections[-1][2].append(f'<div class="fw-words">{_words(chunk)}</div>')

    def add_output(self, output: Mapping[str, Any]) -> None:
        html = _output(output)
        if not self.question and (found := QUESTION.search(html)):
            self.question = found[1]
        self._sections[-1][2].append(html)

    def body(self) -> str:
        parts = []
        for anchor, name, content in self._sections:
            if anchor:
                heading = f'<h2><a class="fw-anchor" href="#{anchor}">{markup.text(name, None)}</a></h2>'
                parts.append(f'<section id="{anchor}">{heading}{"".join(content)}</section>')
            elif content:
                parts.append(f"<section>{''.join(content)}</section>")
        return "\n".join(parts)

    def contents(self) -> str:
        entries = [(anchor, name) for anchor, name, _ in self._sections if anchor] + self._more
        items = "".join(f'<li><a href="#{anchor}">{markup.text(name, 60)}</a></li>' for anchor, name in entries)
        return f'<nav class="fw-contents" aria-label="Contents"><ul>{items}</ul></nav>' if len(entries) > 1 else ""

    def _anchor(self, name: str) -> str:
        anchor = markup.slug(name)
        self._anchors[anchor] = self._anchors.get(anchor, 0) + 1
        return anchor if self._anchors[anchor] == 1 else f"{anchor}-{self._anchors[anchor]}"


class _Words(mistune.HTMLRenderer):
    """Markdown whose pictures ask nothing of anyone."""

    def image(self, text: str, url: str, title: str | None = None) -> str:
        return f"<em>{escape(text)}</em>"


def _words(source: str) -> str:
    # Escaped: a notebook's text is ours, but a parameter may be quoted in it.
    to_html = mistune.create_markdown(renderer=_Words(escape=True), plugins=["table"])
    return str(to_html(source))


def _output(output: Mapping[str, Any]) -> str:
    kind = output["output_type"]
    if kind == "error":
        return _error(output)
    if kind == "stream":
        printed = markup.block(_joined(output["text"])).strip("\n")
        return (
            f'<details class="fw-fold"><summary>Printed by a cell</summary><pre>{printed}</pre></details>'
            if printed
            else ""
        )
    data = output.get("data", {})
    html = _joined(data.get("text/html", ""))
    if OURS.match(html):
        return html
    for kind in PICTURES:
        if kind in data:
            picture = re.sub(r"[^A-Za-z0-9+/=]", "", _joined(data[kind]))
            said = markup.text(_joined(data.get("text/plain", "")), 200)
            return f'<img class="fw-picture" alt="{escape(said)}" src="data:{kind};base64,{picture}">'
    plain = markup.block(_joined(data.get("text/plain", "")))
    return f'<pre class="fw-plain">{plain}</pre>' if plain and plain != "None" else ""


def _error(output: Mapping[str, Any]) -> str:
    trace = markup.block("\n".join(output.get("traceback", ())))
    return (
        '<div class="fw-callout fw-edge-red" role="alert"><strong>'
        f"The notebook stopped here: {markup.text(output.get('ename', 'error'), 80)}</strong>"
        f"<p>{markup.text(output.get('evalue', ''), 1000)}</p>"
        + (
            f'<details class="fw-fold"><summary>Where in the code</summary><pre>{trace}</pre></details>'
            if trace
            else ""
        )
        + "</div>"
    )


def _neighbours(run: Mapping[str, Any]) -> str:
    """Lead to the other reports of the folder: the list knows which come before and after, whatever is made later."""
    if not run.get("run_id"):
        return ""
    place = quote(str(run["run_id"]))
    links = {
        f"../../index.html#before={place}": "Previous report",
        f"../../index.html#after={place}": "Next report",
        "../latest.html": "Latest report",
        "../../index.html": "All reports",
    }
    items = "".join(f'<li><a href="{address}">{words}</a></li>' for address, words in links.items())
    return f'<nav class="fw-runs" aria-label="Other reports"><ul>{items}</ul></nav>'


def _kicker(run: Mapping[str, Any]) -> str:
    said = [str(run[key]).capitalize() for key in ("notebook",) if run.get(key)]
    said += [f"data through {day_words(run['as_of'])}"] if run.get("as_of") else []
    return markup.text(" \u00b7 ".join(said), None)


def _failure(run: Mapping[str, Any]) -> str:
    if run.get("status", "SUCCEEDED") == "SUCCEEDED":
        return ""
    error = f": {run['error']}" if run.get("error") else ""
    return strip("error", f"This run ended as {run['status']}{error}. What follows is not the whole report.").html()


def _made(
    run: Mapping[str, Any], figures: Sequence[Mapping[str, Any]], checks: Sequence[Mapping[str, Any]], about: str
) -> str:
    facts = {label: _fact(key, run[key]) for key, label in RUN_FACTS.items() if run.get(key) is not None}
    parts = [about, _definitions(facts)]
    if run.get("parameters"):
        parts.append(_fold("Parameters", _definitions(run["parameters"])))
    if run.get("versions"):
        parts.append(_fold("Versions", _definitions(run["versions"])))
    if checks:
        failed = sum(1 for check in checks if not check.get("ok"))
        said = (
            f"{failed} of {say.plural(len(checks), 'check')} failed"
            if failed
            else (f"{say.plural(len(checks), 'check')} passed")
        )
        rows = "".join(_check(check) for check in checks)
        parts.append(_fold(said, f'<ul class="fw-checks">{rows}</ul>'))
    if figures:
        parts.append(_fold(f"SQL of {say.plural(len(figures), 'figure')}", "".join(_figure(item) for item in figures)))
    return "".join(part for part in parts if part)


def _check(check: Mapping[str, Any]) -> str:
    mark = status_html("ok", "passed") if check.get("ok") else status_html("error", "failed")
    message = f" {markup.text(check['message'], 600)}" if check.get("message") else ""
    return f"<li>{mark} <strong>{markup.text(check.get('name', 'check'))}</strong>{message}</li>"


def _figure(item: Mapping[str, Any]) -> str:
    bound = _definitions(item["parameters"]) if item.get("parameters") else ""
    return (
        f"<h4>{markup.text(item.get('name', 'figure'))}</h4><pre><code>{markup.block(item['sql'])}</code></pre>{bound}"
    )


def _fact(key: str, value: object) -> str:
    if key == "duration_s" and isinstance(value, int | float):
        return say.duration(value)
    return str(value)


def _definitions(items: Mapping[str, Any]) -> str:
    rows = "".join(f"<dt>{markup.text(key)}</dt><dd>{markup.name(_shown(value))}</dd>" for key, value in items.items())
    return f'<dl class="fw-record">{rows}</dl>'


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "(empty)"
    return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _fold(summary: str, content: str) -> str:
    return f'<details class="fw-fold"><summary>{markup.text(summary)}</summary>{content}</details>'


def _take_specs(body: str) -> tuple[str, list[str]]:
    """Take the charts' specs out of the page, so that together they compress to a fifth."""
    specs: list[str] = []

    def place(found: re.Match[str]) -> str:
        specs.append(found[1])
        return f'<script type="application/json" class="fw-spec" data-spec="{len(specs) - 1}"></script>'

    return SPEC.sub(place, body), specs


def _blobs(specs: Iterable[str]) -> str:
    listed = list(specs)
    if not listed:
        return ""
    packed = base64.b64encode(gzip.compress(f"[{','.join(listed)}]".encode(), 9, mtime=0)).decode("ascii")
    return (
        f'<script type="text/plain" id="fw-specs">{packed}</script>'
        f'<script type="text/plain" id="fw-library">{chart_library()}</script>'
    )


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
