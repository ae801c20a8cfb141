"""Runs for real: a kernel each, so all of them are run once, several at a time, and looked at one by one."""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
import psutil
import pytest

from finops_lib.runs import processes
from finops_lib.runs.ledger import listed_runs, shown_run
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings, load_settings
from finops_lib.state.open import open_state
from finops_lib.state.runs import RunRecord, finish_run, start_run

pytestmark = pytest.mark.slow

SECRET = 'p@ss/w"rd<&é-4711'
# A length of sleep that nobody else on this machine asks for.
STRAY = ["sleep", f"86{os.getpid()}"]
LEAVE_STRAY = f"import subprocess\nstray = subprocess.Popen({STRAY!r}, start_new_session=True)"

SESSION = """
from decimal import Decimal
from finops_lib.runs import open_run
run = open_run("asks_the_lake")
run
"""

LEAK = """
import base64, json, os
from urllib.parse import quote
from IPython.display import HTML, display
from finops_lib.runs.secrets import resolve
secret = resolve(key_reference)
print(secret, quote(secret, safe=""), json.dumps({"token": secret}))
print(*(base64.b64encode((before + secret + "after").encode()).decode() for before in ("", "a", "ab")))
"""
LEAK_CHART = """
spec = json.dumps({"title": secret, "mark": "bar"}).replace("</", "<\\\\/")
chart = f'<figure class="fw-chart"><script type="application/json" class="fw-spec">{spec}</script></figure>'
display(HTML(chart), metadata={"note": secret})
"""
LEAK_FILES = """
from pathlib import Path
folder = Path(os.environ["FINOPS_RUN_DIR"])
(folder / "result.json").write_text(json.dumps({"token": secret}))
(folder / "raw.bin").write_bytes(b"\\xff\\xfe" + secret.encode())
os.system("printf %s \\"$PLANTED\\" >&2")
raise ValueError(f"could not log in with {secret}")
"""


@dataclass(frozen=True)
class Scenario:
    """A notebook and how it is run."""

    cells: tuple[str, ...]
    parameters: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 60.0
    cell_timeout_s: float | None = None


SCENARIOS = {
    "succeeds": Scenario(
        ("doubled = 2 * limit", "print(doubled, account)"),
        parameters='limit: int = 3  # rows\naccount: str = ""',
        texts={"limit": "21", "account": "012345678901"},
    ),
    "asks_the_lake": Scenario(
        (SESSION, 'run.query("run_context").height', 'run.write_result({"total": Decimal("1.50")})')
    ),
    "fails": Scenario(("x = 1", "x / 0", "print('never')"), parameters="limit: int = 3"),
    "stops_itself": Scenario(("import sys\nsys.exit(0)", "print('never')")),
    "leaves_the_kernel": Scenario(("import os", "os._exit(0)", "print('never')")),
    "kills_the_kernel": Scenario(("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",)),
    "kills_its_runner": Scenario(("import os, signal, time\nos.kill(os.getppid(), signal.SIGKILL)\ntime.sleep(60)",)),
    "has_a_slow_cell": Scenario(("print('before')", "import time\ntime.sleep(60)"), cell_timeout_s=1),
    "takes_too_long": Scenario((f"{LEAVE_STRAY}\nprint('so far')\nimport time\ntime.sleep(60)",), timeout_s=12),
    "leaves_a_stray": Scenario((LEAVE_STRAY,)),
    "leaks": Scenario(
        (LEAK, LEAK_CHART, LEAK_FILES), parameters='key_reference: str = ""', texts={"key_reference": "env:PLANTED"}
    ),
}


@dataclass(frozen=True)
class Results:
    """The project in which everything ran, and what came of it."""

    settings: Settings
    runs: dict[str, RunRecord]
    progress: dict[str, list[tuple[int, int, str]]]

    def folder(self, name: str) -> Path:
        return self.settings.outputs / name / self.runs[name].run_id

    def notebook(self, name: str) -> Any:
        return nbformat.read(self.folder(name) / "report.ipynb", as_version=4)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    project = tmp_path_factory.mktemp("project")
    (project / "notebooks").mkdir()
    for name, scenario in SCENARIOS.items():
        _write_notebook(project / "notebooks" / f"{name}.ipynb", scenario)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("FINOPS_")]:
            patch.delenv(name)
        patch.setenv("FINOPS_PROJECT", str(project))
        patch.setenv("PLANTED", SECRET)
        settings = load_settings()
        progress: dict[str, list[tuple[int, int, str]]] = {name: [] for name in SCENARIOS}

        def run(name: str) -> RunRecord:
            scenario = SCENARIOS[name]
            return run_notebook(
                settings,
                name,
                parameters=scenario.texts,
                timeout_s=scenario.timeout_s,
                cell_timeout_s=scenario.cell_timeout_s,
                on_progress=lambda *news: progress[name].append(news),
            )

        with ThreadPoolExecutor(max_workers=4) as pool:
            runs = dict(zip(SCENARIOS, pool.map(run, SCENARIOS), strict=True))
        yield Results(settings, runs, progress)


def _write_notebook(path: Path, scenario: Scenario) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells.append(nbformat.v4.new_markdown_cell("# What happened?"))
    if scenario.parameters:
        tags = {"tags": ["parameters"]}
        notebook.cells.append(nbformat.v4.new_code_cell(scenario.parameters, metadata=tags))
    notebook.cells += [nbformat.v4.new_code_cell(cell.strip()) for cell in scenario.cells]
    nbformat.write(notebook, path)


def _printed(notebook: Any) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def test_a_run_leaves_its_report_and_says_so(results: Results) -> None:
    run = results.runs["succeeds"]
    assert (run.status, run.exit_code, run.error) == ("SUCCEEDED", 0, None)
    assert run.report == f"succeeds/{run.run_id}/report.html"
    assert {path.name for path in results.folder("succeeds").iterdir()} == {
        "report.html",
        "report.ipynb",
        "run.json",
        "log.txt",
    }
    assert run.cpu_seconds is not None
    assert run.cpu_seconds > 0.1


def test_parameters_arrive_with_their_types(results: Results) -> None:
    assert _printed(results.notebook("succeeds")) == "42 012345678901\n"
    assert results.runs["succeeds"].parameters == {"limit": 21, "account": "012345678901"}


def test_the_notebook_is_stamped_with_what_it_was_made_from(results: Results) -> None:
    run, stamp = results.runs["succeeds"], results.notebook("succeeds").metadata.papermill.finops
    assert (stamp.run_id, stamp.snapshot, stamp.status) == (run.run_id, None, "SUCCEEDED")
    assert (stamp.notebook_sha256, stamp.code_sha256) == (run.notebook_hash, run.code_hash)
    assert stamp.versions.duckdb
    assert str(results.settings.project) not in (results.folder("succeeds") / "report.ipynb").read_text()


def test_the_run_file_says_what_the_ledger_says(results: Results) -> None:
    run = results.runs["succeeds"]
    told = json.loads((results.folder("succeeds") / "run.json").read_text())
    shown = shown_run(results.settings, run.run_id)
    assert {name: told[name] for name in ("status", "parameters", "duration_s", "report")} == {
        name: shown[name] for name in ("status", "parameters", "duration_s", "report")
    }


def test_a_notebook_that_opens_the_lake_leaves_its_result_and_its_questions(results: Results) -> None:
    folder = results.folder("asks_the_lake")
    assert results.runs["asks_the_lake"].status == "SUCCEEDED"
    assert {path.name for path in folder.iterdir()} == {
        "report.html",
        "report.ipynb",
        "result.json",
        "run.json",
        "log.txt",
    }
    assert json.loads((folder / "result.json").read_text()) == {"total": "1.50"}
    page = (folder / "report.html").read_text()
    assert "which days and which currencies does each source cover?" in page
    assert "There is no lake yet" in page


def test_progress_names_every_cell_and_the_heading_above_it(results: Results) -> None:
    # One markdown cell, the parameters, the injected parameters, two cells of code.
    steps = results.progress["succeeds"]
    assert [done for done, _, _ in steps] == [0, 1, 2, 3, 4, 5]
    assert {total for _, total, _ in steps} == {5}
    assert steps[3][2] == "What happened?"


def test_a_failing_cell_is_named_by_its_number_and_shown(results: Results) -> None:
    run = results.runs["fails"]
    # Parameters, x = 1, x / 0: the third code cell; the injected one is not in the author's notebook.
    assert (run.status, run.exit_code, run.error_cell) == ("FAILED", 1, 3)
    assert run.error == "ZeroDivisionError: division by zero in cell 3 (`x / 0`)"
    assert "ZeroDivisionError" in (results.folder("fails") / "report.html").read_text()
    cells = results.notebook("fails").cells
    assert [cell.metadata.papermill.status for cell in cells[-3:]] == ["completed", "failed", "pending"]


def test_leaving_by_sys_exit_is_a_failure(results: Results) -> None:
    run = results.runs["stops_itself"]
    assert (run.status, run.exit_code, run.error_cell) == ("FAILED", 1, 1)
    assert run.error == "the notebook stopped itself in cell 1 (`import sys`) before its end: sys.exit(0)"


@pytest.mark.parametrize(("name", "cell"), [("leaves_the_kernel", 2), ("kills_the_kernel", 1)])
def test_a_dead_kernel_is_no_success(results: Results, name: str, cell: int) -> None:
    run = results.runs[name]
    assert (run.status, run.exit_code, run.error_cell) == ("KERNEL_DIED", 1, cell)
    assert results.notebook(name).metadata.papermill.exception is True
    assert "ended the kernel" in (results.folder(name) / "report.html").read_text()


def test_a_killed_child_process_still_gets_a_report(results: Results) -> None:
    run = results.runs["kills_its_runner"]
    assert (run.status, run.error) == ("KERNEL_DIED", "the process of the run was killed by SIGKILL in cell 1")
    assert "SIGKILL" in (results.folder("kills_its_runner") / "report.html").read_text()
    [error] = [output for cell in results.notebook("kills_its_runner").cells for output in cell.get("outputs", [])]
    assert error.ename == "KERNEL_DIED"


def test_a_slow_cell_ends_the_run_and_keeps_what_was_done(results: Results) -> None:
    run = results.runs["has_a_slow_cell"]
    assert (run.status, run.error_cell) == ("TIMED_OUT", 2)
    assert _printed(results.notebook("has_a_slow_cell")) == "before\n"


def test_the_wall_clock_limit_ends_the_run_and_keeps_what_was_done(results: Results) -> None:
    run = results.runs["takes_too_long"]
    assert (run.status, run.exit_code) == ("TIMED_OUT", 1)
    assert run.error is not None
    assert "limit of 12 s" in run.error
    assert _printed(results.notebook("takes_too_long")) == "so far\n"


def test_no_process_of_a_run_survives_it(results: Results) -> None:
    for run in results.runs.values():
        assert processes.marked(run.run_id) == []
    assert [process for process in psutil.process_iter() if _command(process) == STRAY] == []


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_no_private_folder_survives_a_run(results: Results) -> None:
    assert [path for path in results.settings.outputs.rglob(".*") if path.is_dir()] == []


def test_runs_leave_nothing_else_in_the_project(results: Results) -> None:
    assert {path.name for path in results.settings.project.iterdir()} == {"notebooks", "outputs", "lake"}


def test_a_published_report_may_be_read_by_others(results: Results) -> None:
    ordinary = results.settings.project / "outputs"
    assert results.folder("succeeds").stat().st_mode == ordinary.stat().st_mode


def test_a_secret_is_in_no_file_of_the_run(results: Results) -> None:
    assert results.runs["leaks"].status == "FAILED"
    hidden = _forms_a_person_would_look_for()
    files = [path for path in results.folder("leaks").rglob("*") if path.is_file()]
    assert {"report.html", "report.ipynb", "result.json", "run.json", "log.txt"} <= {path.name for path in files}
    for path in [*files, results.settings.outputs / "index.html"]:
        for text in [path.read_text(encoding="utf-8"), *_unpacked(path.read_text(encoding="utf-8"))]:
            assert [form for form in hidden if form in text] == [], path.name
    # The chart is in the page, compressed with all others, where a search of the file would not find its title.
    assert any("[secret]" in text for text in _unpacked((results.folder("leaks") / "report.html").read_text()))
    for path in results.settings.lake.folder.glob("state.sqlite*"):
        assert SECRET.encode() not in path.read_bytes()


def test_what_was_said_around_a_secret_stays_readable(results: Results) -> None:
    assert results.runs["leaks"].error == (
        "ValueError: could not log in with [secret] in cell 4 (`from pathlib import Path`)"
    )
    assert json.loads((results.folder("leaks") / "result.json").read_text()) == {"token": "[secret]"}
    assert results.runs["leaks"].parameters == {"key_reference": "env:PLANTED"}


def _forms_a_person_would_look_for() -> list[str]:
    return [
        SECRET,
        json.dumps(SECRET)[1:-1],
        "p@ss/w&quot;rd",
        quote(SECRET, safe=""),
        *(base64.b64encode(("x" * at + SECRET).encode()).decode()[4:20] for at in range(3)),
    ]


def _unpacked(page: str) -> list[str]:
    """Give what is compressed inside a page: the specs of its charts."""
    texts = []
    for blob in re.findall(r"H4sI[A-Za-z0-9+/=]+", page):
        texts.append(gzip.decompress(base64.b64decode(blob)).decode("utf-8", errors="replace"))
    return texts


def test_every_run_is_in_the_ledger_and_in_the_gallery(results: Results) -> None:
    rows = listed_runs(results.settings)
    assert {row["run_id"] for row in rows} == {run.run_id for run in results.runs.values()}
    page = (results.settings.outputs / "index.html").read_text()
    for run in results.runs.values():
        assert str(run.report) in page


def test_a_wrong_parameter_is_recorded_and_nothing_runs(results: Results) -> None:
    settings = results.settings
    run = run_notebook(settings, "succeeds", parameters={"limt": "5"}, on_progress=lambda *_: pytest.fail("it ran"))
    assert (run.status, run.exit_code, run.report) == ("INVALID_PARAMS", 2, None)
    assert run.error is not None
    assert "did you mean 'limit'" in run.error
    assert shown_run(settings, run.run_id)["parameters"] == {"limt": "5"}
    assert not (settings.outputs / "succeeds" / run.run_id).exists()
    _forget(settings, run.run_id)


def test_a_secret_passed_as_a_value_is_refused_and_not_kept(results: Results) -> None:
    settings = results.settings
    run = run_notebook(settings, "succeeds", parameters={"api_token": "xoxb-12345678"})
    assert run.status == "INVALID_PARAMS"
    assert "xoxb" not in json.dumps(shown_run(settings, run.run_id), default=str)
    _forget(settings, run.run_id)


def test_a_run_whose_runner_is_gone_is_closed_honestly(results: Results) -> None:
    settings = results.settings
    dead = RunRecord(
        run_id="20260101T000000Z-succeeds-dead",
        notebook="succeeds",
        status="RUNNING",
        parameters={},
        started_at=results.runs["succeeds"].started_at,
        trigger="test",
        host=processes.this_host(),
        pid=os.getpid(),
        # The number is taken, by a process that is younger than the run's runner.
        pid_started=time.time() - 1e6,
        heartbeat_at=results.runs["succeeds"].started_at,
    )
    left = settings.outputs / "succeeds" / f".{dead.run_id}"
    left.mkdir()
    state = open_state(settings.state_url)
    start_run(state, dead)
    state.close()
    shown = shown_run(settings, dead.run_id)
    assert (shown["status"], shown["exit_code"]) == ("KERNEL_DIED", 1)
    assert f"the runner (process {os.getpid()}" in shown["error"]
    assert not left.exists()
    _forget(settings, dead.run_id)


def test_a_run_that_published_before_its_runner_died_keeps_its_own_word(results: Results) -> None:
    settings, run = results.settings, results.runs["succeeds"]
    state = open_state(settings.state_url)
    finish_run(state, replace(run, status="RUNNING", exit_code=None, pid_started=time.time() - 1e6))
    state.close()
    shown = shown_run(settings, run.run_id)
    assert (shown["status"], shown["exit_code"], shown["report"]) == ("SUCCEEDED", 0, run.report)


def test_an_interrupted_run_is_recorded_and_cleared_away(results: Results) -> None:
    settings = results.settings

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_notebook(settings, "has_a_slow_cell", on_progress=interrupt)
    [run] = [row for row in listed_runs(settings, notebook="has_a_slow_cell") if row["status"] == "FAILED"]
    assert run["error"] == "the runner was stopped: KeyboardInterrupt"
    assert processes.marked(run["run_id"]) == []
    assert not (settings.outputs / "has_a_slow_cell" / f".{run['run_id']}").exists()
    _forget(settings, run["run_id"])


def test_a_run_does_not_outlive_its_runner(results: Results) -> None:
    settings = results.settings
    code = (
        "from finops_lib.runs.notebook import run_notebook\n"
        "from finops_lib.settings import load_settings\n"
        "run_notebook(load_settings(), 'has_a_slow_cell', on_progress=lambda *_: print('cell', flush=True))"
    )
    runner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert runner.stdout is not None
    assert runner.stdout.readline() == "cell\n"
    [run] = [row for row in listed_runs(settings, notebook="has_a_slow_cell") if row["status"] == "RUNNING"]
    runner.kill()
    runner.wait()
    runner.stdout.close()
    deadline = time.monotonic() + 20
    while processes.marked(run["run_id"]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes.marked(run["run_id"]) == []
    assert shown_run(settings, run["run_id"])["status"] == "KERNEL_DIED"
    assert not (settings.outputs / "has_a_slow_cell" / f".{run['run_id']}").exists()
    _forget(settings, run["run_id"])


def _forget(settings: Settings, run_id: str) -> None:
    """Keep the ledger as the other tests expect it, in whatever order they come."""
    from finops_lib.state.models import Run

    state = open_state(settings.state_url)
    with state.write() as session:
        session.delete(session.get_one(Run, run_id))
    state.close()
