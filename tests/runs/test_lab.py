"""How `finops lab` starts JupyterLab, and what it writes of the start page."""

from __future__ import annotations

import json
from pathlib import Path

import finops_lib.runs.lab
from finops_lib.runs.lab import lab_environment
from finops_lib.runs.lab_saving import without_outputs
from finops_lib.settings import Settings

_CONFIG = Path(finops_lib.runs.lab.__file__).parent / "lab_config"


def _model(**cell: object) -> dict[str, object]:
    cell = {"cell_type": "code", "outputs": [{"data": {}}], "execution_count": 3, "metadata": {"execution": {}}} | cell
    return {"type": "notebook", "content": {"cells": [cell, {"cell_type": "markdown", "metadata": {}}]}}


def test_the_start_page_is_saved_without_its_numbers() -> None:
    model = _model()
    without_outputs(model=model, path="/notebooks/start.ipynb", contents_manager=None)
    assert model == _model(outputs=[], execution_count=None, metadata={})


def test_every_other_notebook_is_saved_as_it_is() -> None:
    model = _model()
    without_outputs(model=model, path="notebooks/overview.ipynb", contents_manager=None)
    assert model == _model()


def test_every_kernel_of_the_lab_loads_the_extension(settings: Settings) -> None:
    assert lab_environment(settings)["JUPYTER_PATH"].split(":")[0] == str(_CONFIG)
    kernel = json.loads((_CONFIG / "kernels/python3/kernel.json").read_text(encoding="utf-8"))
    assert kernel["argv"][-2:] == ["--ext", "finops_lib"]


def test_the_extension_that_runs_the_start_page_is_where_its_package_says() -> None:
    folder = _CONFIG / "labextensions/finops-start"
    package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    code = (folder / package["jupyterlab"]["_build"]["load"]).read_text(encoding="utf-8")
    assert f'_JUPYTERLAB["{package["name"]}"]' in code
    assert 'START = "notebooks/start.ipynb"' in code
