"""A project of a test's own: folders in tmp_path, notebooks made of a few lines."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import nbformat
import pytest

from finops_lib.settings import Settings, load_settings
from tests.runs.office import finops, office

__all__ = ["finops", "office"]

MakeNotebook = Callable[..., Path]


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of an empty project without a lake."""
    monkeypatch.setenv("FINOPS_PROJECT", str(tmp_path))
    for folder in ("notebooks", "params"):
        (tmp_path / folder).mkdir()
    return load_settings()


def write_notebook(folder: Path, *cells: str, name: str = "story", parameters: str = "") -> Path:
    """Write a notebook of code cells, the first of them tagged `parameters` where one is given."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    notebook.cells.append(nbformat.v4.new_markdown_cell("# What happened?"))
    if parameters:
        cell = nbformat.v4.new_code_cell(parameters)
        cell.metadata["tags"] = ["parameters"]
        notebook.cells.append(cell)
    notebook.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
    path = folder / f"{name}.ipynb"
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def make_notebook(settings: Settings) -> MakeNotebook:
    """Write a notebook of the test's own project."""
    return partial(write_notebook, settings.notebooks)
