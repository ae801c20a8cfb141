"""JupyterLab as `finops lab` opens it, driven in a real browser while a load is going on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, TimeoutError, sync_playwright

from tests.conftest import CHARGE, PROJECT
from tests.notebooks.conftest import Place
from tests.postgres import free_port
from tests.reports.browser import PATIENCE, needs_chromium

pytestmark = pytest.mark.slow

TOKEN = "for-this-test"
# Of the others, `start` is the page that the lab opens on, and of `overview` a parameter is changed.
PAGES = ("leadership", "budgets", "anomalies", "savings", "ingestion")
_BUDGETS = "notebook:notebooks/budgets.ipynb"
LAST_TIME = {
    "metadata": {"id": "default"},
    "data": {
        _BUDGETS: {"data": {"path": "notebooks/budgets.ipynb", "factory": "Notebook"}},
        "layout-restorer:data": {
            "main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [_BUDGETS]}, "current": _BUDGETS}
        },
    },
}
# What each code cell holds; JupyterLab draws only the cells in sight, so its model is asked.
_CELLS = """() => [...window.jupyterapp.shell.currentWidget.content.model.cells]
  .filter((cell) => cell.type === 'code')
  .map((cell) => ({ran: cell.executionCount, source: cell.sharedModel.getSource(), outputs: cell.outputs.toJSON()}))"""
_HAVE_RUN = """() => {
  const cells = [...window.jupyterapp.shell.currentWidget.content.model.cells].filter((cell) => cell.type === 'code');
  const failed = (cell) => cell.outputs.toJSON().some((output) => ['error', 'stream'].includes(output.output_type));
  return cells.some(failed) || cells.every((cell) => cell.executionCount);
}"""
# Shows a notebook and ends all others with their kernels, each of which takes the room of a report's run.
_SHOW = """async (path) => {
  const app = window.jupyterapp;
  for (const one of [...app.shell.widgets('main')].filter((widget) => widget.context && widget.context.path !== path)) {
    await one.context.sessionContext.shutdown();
    one.dispose();
  }
  await app.commands.execute('docmanager:open', {path});
}"""
_IS_READY = """(path) => window.jupyterapp?.shell.currentWidget?.context?.path === path
  && window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"""
_SET_DAY = """(day) => {
  const cell = [...window.jupyterapp.shell.currentWidget.content.model.cells].find((cell) =>
    (cell.getMetadata('tags') ?? []).includes('parameters'));
  cell.sharedModel.setSource(cell.sharedModel.getSource().replace('as_of: str = ""', `as_of: str = "${day}"`));
}"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A JupyterLab that runs, and the project it is opened on."""

    project: Path
    url: str
    environment: dict[str, str]

    def foreign(self, requests: list[str]) -> list[str]:
        """Give the requests that went anywhere but to this server."""
        return [
            url for url in requests if not url.startswith((self.url, "data:", "blob:", self.url.replace("http", "ws")))
        ]


@pytest.fixture(scope="module")
def lab(sample_place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """`finops lab` on a project of its own with the small sample estate."""
    needs_chromium()
    project = tmp_path_factory.mktemp("lab")
    for name in ("lake", "params", "bills"):
        shutil.copytree(sample_place.home / name, project / name)
    for name in ("notebooks", "scheduler"):
        shutil.copytree(PROJECT / name, project / name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FINOPS_")}
    environment |= {"FINOPS_PROJECT": str(project), "PYTHONPATH": str(PROJECT), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    # What was open the last time is remembered; not for whoever runs the tests, and not what they had open.
    environment["JUPYTERLAB_WORKSPACES_DIR"] = str(project / "workspaces")
    url = f"http://127.0.0.1:{free_port()}"
    words = ["lab", "--allow-root", "--no-browser", "--expose-app-in-browser", f"--IdentityProvider.token={TOKEN}"]
    words += [f"--ServerApp.port={url.rpartition(':')[2]}", "--ServerApp.port_retries=0"]
    log = project / "lab.log"
    with log.open("w") as said:
        server = subprocess.Popen(
            [sys.executable, "-m", "finops_lib.cli", *words],
            env=environment, cwd=project, stdout=said, stderr=said, start_new_session=True,
        )  # fmt: skip
        try:
            _wait_until_it_answers(url, server, log)
            yield Lab(project, url, environment)
        finally:
            os.killpg(server.pid, 15)
            server.wait(timeout=60)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=needs_chromium(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def window(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A window that knows nothing of those before, and what it has asked for so far."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(PATIENCE)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    yield page, requests
    page.context.close()


def test_the_lab_opens_on_a_start_page_of_today(lab: Lab, window: tuple[Page, list[str]], tmp_path: Path) -> None:
    page, requests = window
    # What was open the last time comes back first, and does not keep the start page from being run.
    page.request.put(f"{lab.url}/lab/api/workspaces/default?token={TOKEN}", data=LAST_TIME)
    # No path: what opens is what the lab chose.
    page.goto(f"{lab.url}/?token={TOKEN}")
    page.wait_for_function(_IS_READY, arg="notebooks/start.ipynb")
    cells = _wait_until_run(page)
    assert _errors(cells) == []
    assert "The data is complete through 17 Oct 2026" in _said(cells)
    page.get_by_role("heading", name="What is fresh, what is red?").first.wait_for(state="visible")
    page.screenshot(path=_picture(tmp_path, "start"))
    assert lab.foreign(requests) == []
    # The links lead to the other notebooks, inside the lab.
    page.locator(".jp-OutputArea a", has_text="budgets").first.click()
    page.wait_for_function(_IS_READY, arg="notebooks/budgets.ipynb")
    # Saved as anybody saves it, the page keeps today's numbers to itself.
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save-all')")
    saved = json.loads((lab.project / "notebooks/start.ipynb").read_text(encoding="utf-8"))
    assert [cell["outputs"] for cell in saved["cells"] if cell["cell_type"] == "code" and cell["outputs"]] == []


def test_the_notebooks_run_while_a_load_is_going_on(lab: Lab, window: tuple[Page, list[str]], tmp_path: Path) -> None:
    page, requests = window
    bill = tmp_path / "one.csv"
    values = ",".join('"' + value.replace('"', '""') + '"' for value in CHARGE.values())
    bill.write_text(f"{','.join(CHARGE)}\n{values}\n", encoding="utf-8")
    ingest = [sys.executable, "-m", "finops_lib.cli", "ingest", str(bill), "--source", "late-bill"]
    load: subprocess.Popen[str] | None = None
    _open(page, lab, PAGES[0])
    for name in PAGES:
        _show(page, name)
        if load is None:
            load = subprocess.Popen(
                ingest, env=lab.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        _run_all(page)
        cells = _wait_until_run(page)
        assert (name, _errors(cells)) == (name, [])
        page.screenshot(path=_picture(tmp_path, name))
        if name != "ingestion":
            # Drawn by JupyterLab itself, or a picture among other elements.
            assert re.search("vegalite|fw-picture", json.dumps(cells)), name
    assert lab.foreign(requests) == []
    assert load is not None
    said, complaints = load.communicate(timeout=120)
    assert (load.returncode, "loaded" in said) == (0, True), complaints


def test_a_parameter_is_changed_and_a_question_asked(lab: Lab, window: tuple[Page, list[str]], tmp_path: Path) -> None:
    page, requests = window
    _open(page, lab, "overview")
    page.evaluate(_SET_DAY, "2026-10-12")
    _run_all(page)
    cells = _wait_until_run(page)
    assert _errors(cells) == []
    assert "of all providers through 12 Oct 2026" in _said(cells)
    # Drawn, not only sent: a chart has marks.
    page.locator(".vega-embed").first.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.vega-embed canvas, .vega-embed svg') !== null")
    page.screenshot(path=_picture(tmp_path, "overview-of-another-day"))

    page.locator(".jp-Notebook .jp-Cell:visible").last.click()
    page.keyboard.press("Escape")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    page.keyboard.press("Enter")
    page.keyboard.insert_text("%%sql\nselect count(*) as charges, 6 * 7 as answer from dai")
    page.keyboard.press("Tab")
    page.locator(".jp-Completer-item", has_text="daily_cost").first.click()
    page.keyboard.press("Shift+Enter")
    page.wait_for_function(
        f"() => ({_CELLS})().some((cell) => cell.source.startsWith('%%sql') && cell.outputs.length > 0)", polling=300
    )
    [asked] = [cell for cell in page.evaluate(_CELLS) if cell["source"].startswith("%%sql")]
    assert "daily" in asked["source"]
    assert "42" in _said([asked])
    page.screenshot(path=_picture(tmp_path, "sql"))
    assert lab.foreign(requests) == []


def _open(page: Page, lab: Lab, name: str) -> None:
    path = f"notebooks/{name}.ipynb"
    page.goto(f"{lab.url}/lab/tree/{path}?token={TOKEN}&reset")
    page.wait_for_function(_IS_READY, arg=path)


def _show(page: Page, name: str) -> None:
    """Go to a notebook in a lab that is open."""
    path = f"notebooks/{name}.ipynb"
    page.evaluate(_SHOW, path)
    page.wait_for_function(_IS_READY, arg=path)


def _run_all(page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()


def _wait_until_run(page: Page) -> list[dict[str, Any]]:
    """Wait until every code cell has run, or one has failed; give them all."""
    try:
        page.wait_for_function(_HAVE_RUN, polling=300, timeout=2 * PATIENCE)
    except TimeoutError:
        if "FINOPS_SCREENSHOTS" in os.environ:
            page.screenshot(path=_picture(Path(), "stuck"))
        pytest.fail(f"not run: {[cell['source'] for cell in page.evaluate(_CELLS) if not cell['ran']]}")
    cells: list[dict[str, Any]] = page.evaluate(_CELLS)
    return cells


def _errors(cells: list[dict[str, Any]]) -> list[str]:
    outputs = [output for cell in cells for output in cell["outputs"]]
    return [str(one.get("evalue") or one.get("text")) for one in outputs if one["output_type"] in ("error", "stream")]


def _said(cells: list[dict[str, Any]]) -> str:
    return "\n".join(
        "".join(output["data"].get("text/plain", ""))
        for cell in cells
        for output in cell["outputs"]
        if "data" in output
    )


def _picture(folder: Path, name: str) -> Path:
    """Give where a picture goes: to FINOPS_SCREENSHOTS, for whoever wants to look at it."""
    return Path(os.environ.get("FINOPS_SCREENSHOTS") or folder) / f"lab-{name}.png"


def _wait_until_it_answers(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api?token={TOKEN}", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(log.read_text(encoding="utf-8")[-3000:])
