"""How does a private run folder become a public one? Every file scrubbed, then one rename, then the gallery."""

from __future__ import annotations

import contextlib
import fcntl
import html
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops_lib.runs.folder import CHECKS, CONTEXT, FIGURES, SNAPSHOT
from finops_lib.runs.handover import OUTCOME, SPEC
from finops_lib.runs.secrets import Scrubber

if TYPE_CHECKING:
    from finops_lib.state.runs import RunRecord

REPORT_NOTEBOOK = "report.ipynb"
REPORT_PAGE = "report.html"
RUN = "run.json"
MAIL = "mail.eml"
LOG = "log.txt"
INDEX = "index.html"
LATEST = "latest.html"

# What runner, child and session had to say to each other; run.json and the report have what is worth keeping.
_PRIVATE_FILES = (SPEC, OUTCOME, CHECKS, CONTEXT, SNAPSHOT, FIGURES)


def private_folder(outputs: Path, notebook: str, run_id: str) -> Path:
    """Give the folder a run works in, hidden and closed to others until it is published."""
    return outputs / notebook / f".{run_id}"


def write_run_json(folder: Path, record: RunRecord) -> None:
    """Write what the ledger knows of the run beside its report."""
    text = json.dumps(as_json(record), indent=1, sort_keys=True, ensure_ascii=False)
    (folder / RUN).write_text(text + "\n", encoding="utf-8")


def as_json(record: RunRecord) -> dict[str, Any]:
    """Give a record as JSON knows it, times in ISO."""
    fields = asdict(record)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in fields.items()}


def publish(folder: Path, scrubber: Scrubber) -> Path:
    """Take every secret out of every file, then open the folder and give it its final name."""
    for name in _PRIVATE_FILES:
        (folder / name).unlink(missing_ok=True)
    for path in _files(folder):
        scrub_file(path, scrubber)
    # The closed folder kept everything in it private; its files have had the usual permissions all along, as has
    # whatever the notebook wrote elsewhere (an ingestion writes the lake, which others read).
    folder.chmod(0o777 & ~_umask())
    target = folder.with_name(folder.name.removeprefix("."))
    return folder.rename(target)


def scrub_file(path: Path, scrubber: Scrubber) -> None:
    """Take the secrets out of one file; a file that is not text and holds one is removed."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # Every form of a secret is ASCII or UTF-8; read byte by byte, both can still be found.
        if scrubber.leaks(content.decode("latin-1")) or scrubber.leaks(content.decode("utf-8", errors="ignore")):
            path.unlink()
        return
    if not scrubber.leaks(text):
        return
    if path.suffix in (".json", ".ipynb"):
        # Inside its structure first: a secret that is a bare number would leave broken JSON behind.
        text = _scrubbed_json(text, scrubber)
    path.write_text(scrubber.scrub(text), encoding="utf-8")


def plain_page(title: str, error: str) -> str:
    """Give the page of a run whose report could not be drawn."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        f"<h1>{html.escape(title)}</h1><p>{html.escape(error)}</p>"
        f'<p>The cells and their outputs are in <a href="{REPORT_NOTEBOOK}">{REPORT_NOTEBOOK}</a>.</p></html>\n'
    )


def write_gallery(outputs: Path, runs: Sequence[RunRecord]) -> None:
    """Write outputs/index.html from the ledger, and in each notebook's folder a page that leads to its latest run."""
    from finops_lib.reports.index import gallery, latest_page

    told = [as_json(run) for run in runs]
    _write_whole(outputs / INDEX, gallery(told))
    newest: dict[str, dict[str, Any]] = {}
    # A page of an earlier day that was made later is not the latest, nor is one that was made again.
    for run in sorted(told, key=lambda run: (run["as_of"] or "", run["started_at"])):
        is_repeated, is_partial = str(run["trigger"]).startswith("rerun of "), bool(run["parameters"].get("scope"))
        if run["status"] == "SUCCEEDED" and run["report"] and not is_repeated and not is_partial:
            newest[run["notebook"]] = run
    for notebook, run in newest.items():
        if (outputs / notebook / run["run_id"]).is_dir():
            _write_whole(outputs / notebook / LATEST, latest_page(run))


def _write_whole(path: Path, page: str) -> None:
    """Write a file whole or not at all; readers never see half of one."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        unfinished.write_text(page, encoding="utf-8")
        unfinished.chmod(0o666 & ~_umask())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


@contextmanager
def gallery_lock(outputs: Path) -> Iterator[None]:
    """Let one process at a time read the ledger and write the gallery, so that the newest reading is written last."""
    with (outputs / f".{INDEX}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _scrubbed_json(text: str, scrubber: Scrubber) -> str:
    try:
        tree: Mapping[str, Any] = json.loads(text)
    except ValueError:
        return text
    return json.dumps(scrubber.scrub_tree(tree), indent=1, ensure_ascii=False) + "\n"


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _umask() -> int:
    # The usual way, setting it to read it, would for a moment open the files that another thread creates.
    with contextlib.suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("Umask:")).split()[1], 8)
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
