"""Open JupyterLab on the notebooks: same Python, same lake, whatever the folder it was started from."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from finops_lib.errors import ConfigError
from finops_lib.lake.create import ensure_lake
from finops_lib.runs.lab_saving import START, without_outputs
from finops_lib.settings import Settings

_LAB_CONFIG = Path(__file__).parent / "lab_config"


def lab_environment(settings: Settings) -> dict[str, str]:
    """Give the environment in which every kernel finds this project, whatever its working directory."""
    return os.environ | {
        "FINOPS_PROJECT": str(settings.project),
        "FINOPS_LAKE": settings.lake.root,
        "FINOPS_CATALOG": settings.lake.catalog,
        "FINOPS_STATE": settings.state_url,
        "FINOPS_OUTPUTS": str(settings.outputs),
        "FINOPS_PARAMS": str(settings.params),
        # Every kernel, also of a notebook that is begun there, has `%%sql`.
        "JUPYTER_PATH": os.pathsep.join(filter(None, (str(_LAB_CONFIG), os.environ.get("JUPYTER_PATH")))),
        # Nothing of the workbench asks the network on its own; JupyterLab would ask to show its makers' news.
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, (str(_LAB_CONFIG), os.environ.get("JUPYTER_CONFIG_PATH")))),
    }


def open_lab(settings: Settings, arguments: Sequence[str]) -> int:
    """Start JupyterLab in the foreground and give its exit code.

    Raises:
        ConfigError: there is no notebooks folder here.
    """
    if not settings.notebooks.is_dir():
        raise ConfigError(
            f"no notebooks folder in {settings.project}", next_step="go to the project's folder, or set FINOPS_PROJECT"
        )
    ensure_lake(settings.lake)
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={settings.project}"]
    command += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    # Its only work is to run the cells of the start page, so that it opens with today's numbers.
    command += [f"--LabApp.extra_labextensions_path={_LAB_CONFIG / 'labextensions'}"]
    command += [f"--LabApp.default_url=/lab/tree/{START}"]
    command += [f"--FileContentsManager.pre_save_hook={without_outputs.__module__}.{without_outputs.__name__}"]
    try:
        return subprocess.run([*command, *arguments], env=lab_environment(settings), check=False).returncode
    except KeyboardInterrupt:
        return 0
