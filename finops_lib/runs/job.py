"""What does a run need before it can start? Its private folder, its environment, and the spec its child reads."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import finops_lib
from finops_lib.errors import ConfigError
from finops_lib.runs.cells import first_line
from finops_lib.runs.handover import RERUN_OF, SPEC, STARTED_AT, Spec
from finops_lib.runs.parameters import Value
from finops_lib.runs.publish import private_folder
from finops_lib.runs.readers_scope import SCOPE, SCOPE_VARIABLE
from finops_lib.runs.secrets import Scrubber, known_secrets
from finops_lib.settings import Settings
from finops_lib.state.runs import RunRecord


@dataclass(frozen=True, slots=True)
class Job:
    """One run, ready to go: what is recorded, where it works, and what its child is told.

    Args:
        runtime: a folder with a short path, for the kernel's sockets.
        scrubber: knows the secrets this run can come across.
    """

    run: RunRecord
    spec: Spec
    folder: Path
    runtime: Path
    environment: dict[str, str]
    scrubber: Scrubber


def find_notebook(settings: Settings, name: str) -> Path:
    """Give the file of a notebook by its stem; ConfigError lists the notebooks there are."""
    stem = name.removesuffix(".ipynb")
    known = {path.stem: path for path in settings.notebooks.glob("*.ipynb")}
    if stem not in known:
        raise ConfigError.unknown(f"notebook in {settings.notebooks}", name, known)
    return known[stem]


def read_notebook(notebook: Path) -> dict[str, Any]:
    """Read a notebook file as JSON; nbformat would cost the command line half a second."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{notebook} is not a notebook: {error}", next_step="open and save it in JupyterLab"
        ) from error
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ConfigError(f"{notebook} has no cells", next_step="open and save it in JupyterLab")
    return content


def prepare_job(
    settings: Settings,
    notebook: Path,
    content: Mapping[str, Any],
    run: RunRecord,
    values: dict[str, Value],
    snapshot: int | None,
    *,
    rerun_of: RunRecord | None,
    scope: str = "",
    earlier: Mapping[str, Any] | None = None,
    timeout_s: float,
    cell_timeout_s: float | None,
) -> Job:
    """Make the private folder and write down what the child needs."""
    folder = private_folder(settings.outputs, run.notebook, run.run_id)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    # The kernel's sockets lie here: a path longer than about 100 characters is no address for one.
    runtime = Path(tempfile.mkdtemp(prefix="finops-"))
    (runtime / "jupyter").mkdir(mode=0o700)
    environment = _environment(settings, run, folder, runtime, snapshot)
    first = rerun_of or run
    environment[SCOPE_VARIABLE] = scope
    environment |= {RERUN_OF: rerun_of.run_id if rerun_of else "", STARTED_AT: first.started_at.isoformat()}
    references = [settings.workbench.model_dump(mode="json")]
    scrubber = Scrubber.of(known_secrets([values, *references], environment))
    run = replace(
        run,
        parameters=scrubber.scrub_tree(values | ({SCOPE: scope} if scope else {})),
        snapshot=snapshot,
        as_of=str(values.get("as_of") or "") or None,
        cells_total=len(content["cells"]),
    )
    spec = Spec(
        run_id=run.run_id,
        notebook=notebook,
        project=settings.project,
        folder=folder,
        title=_title(content) or notebook.stem,
        parameters=values,
        timeout_s=timeout_s,
        cell_timeout_s=cell_timeout_s,
        stamp=_stamp(run),
        references=references,
        earlier=None if earlier is None else dict(earlier),
    )
    try:
        spec.write(folder / SPEC)
    except OSError:
        for made in (folder, runtime):
            shutil.rmtree(made, ignore_errors=True)
        raise
    return Job(run, spec, folder, runtime, environment, scrubber)


def settings_environment(settings: Settings) -> dict[str, str]:
    """Give the environment in which a child process finds this project, lake and library, and counts as we do."""
    library = str(Path(str(finops_lib.__file__)).parent.parent)
    own = {
        "FINOPS_PROJECT": str(settings.project),
        "FINOPS_LAKE": settings.lake.root,
        "FINOPS_CATALOG": settings.lake.catalog,
        "FINOPS_STATE": settings.state_url,
        "FINOPS_OUTPUTS": str(settings.outputs),
        "FINOPS_PARAMS": str(settings.params),
        "FINOPS_MEMORY_LIMIT": settings.memory_limit,
        "FINOPS_THREADS": "" if settings.threads is None else str(settings.threads),
        # The same notebook on the same snapshot gives the same bytes, whoever runs it and where.
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "PYTHONPATH": os.pathsep.join(filter(None, [library, os.environ.get("PYTHONPATH", "")])),
    }
    return {**os.environ, **own}


def _environment(
    settings: Settings, run: RunRecord, folder: Path, runtime: Path, snapshot: int | None
) -> dict[str, str]:
    own = {
        "FINOPS_RUN_DIR": str(folder),
        "FINOPS_RUN_ID": run.run_id,
        # The notebook runs in the project's folder; a path in a parameter means what it does where it was typed.
        "FINOPS_RUN_FROM": str(Path.cwd()),
        "FINOPS_RUN_SNAPSHOT": "" if snapshot is None else str(snapshot),
        "JUPYTER_RUNTIME_DIR": str(runtime / "jupyter"),
        # Start-up files of whoever runs it are none of the report's business.
        "IPYTHONDIR": str(runtime / "ipython"),
    }
    return {**settings_environment(settings), **own}


def _stamp(run: RunRecord) -> dict[str, Any]:
    return {
        "run_id": run.run_id,
        "notebook": run.notebook,
        "snapshot": run.snapshot,
        "as_of": run.as_of,
        "parameters": dict(run.parameters),
        "notebook_sha256": run.notebook_hash,
        "code_sha256": run.code_hash,
        "git_sha": run.git_sha,
        "git_dirty": run.git_dirty,
        "versions": dict(run.versions),
        "started_at": run.started_at.isoformat(timespec="seconds"),
    }


def _title(content: Mapping[str, Any]) -> str:
    for cell in content["cells"]:
        source = "".join(cell.get("source", ""))
        if cell.get("cell_type") == "markdown" and source.lstrip().startswith("#"):
            return first_line(source).lstrip("# ")
    return ""
