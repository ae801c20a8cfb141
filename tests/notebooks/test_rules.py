"""A notebook is a report that happens to run: its cells keep to the rules of style.md 6."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest
from papermill.translators import PythonTranslator

from finops_lib.runs.parameters import read_parameters
from tests.conftest import PROJECT

NOTEBOOKS = sorted((PROJECT / "notebooks").glob("*.ipynb"))
_ONCE = ("parameters", "setup", "result")


def _read(path: Path) -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return notebook


def _code(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in _read(path)["cells"] if cell["cell_type"] == "code"]


def _tags(cell: dict[str, Any]) -> list[str]:
    tags: list[str] = cell["metadata"].get("tags", [])
    return tags


def _inspected(path: Path) -> list[Any]:
    [cell] = [cell for cell in _code(path) if "parameters" in _tags(cell)]
    return PythonTranslator.inspect({"source": "".join(cell["source"])})


def test_all_pages_of_the_first_light_are_there() -> None:
    first = {"ingestion", "overview", "budgets", "anomalies", "savings", "leadership"}
    assert {path.stem for path in NOTEBOOKS} >= first


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestNotebook:
    """Each of these holds for every notebook."""

    def test_it_is_committed_without_outputs_for_the_plain_kernel(self, path: Path) -> None:
        assert all(not cell["outputs"] and cell["execution_count"] is None for cell in _code(path))
        assert _read(path)["metadata"]["kernelspec"]["name"] == "python3"

    def test_it_begins_with_a_question(self, path: Path) -> None:
        first = _read(path)["cells"][0]
        assert first["cell_type"] == "markdown"
        assert re.match(r"# .*\?", "".join(first["source"]))

    def test_its_special_cells_are_there_once_and_in_order(self, path: Path) -> None:
        order = [tag for cell in _code(path) for tag in _tags(cell) if tag in _ONCE]
        assert order == list(_ONCE)
        assert any("email" in _tags(cell) for cell in _code(path))

    def test_every_parameter_is_typed_and_explained(self, path: Path) -> None:
        parameters = read_parameters(_read(path))
        assert "as_of" in {parameter.name for parameter in parameters}
        assert all(parameter.help for parameter in parameters)

    def test_papermill_itself_reads_the_same_parameters(self, path: Path) -> None:
        # An equals sign in a comment would keep a parameter from it, and it would warn of an unknown one.
        ours = [(one.name, one.type, one.help) for one in read_parameters(_read(path))]
        theirs = [(one.name, one.inferred_type_name, one.help) for one in _inspected(path)]
        assert theirs == ours

    def test_its_cells_are_short_and_hold_no_logic(self, path: Path) -> None:
        forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.With, ast.Lambda, ast.ListComp)
        for cell in _code(path):
            source = "".join(cell["source"])
            assert len(source.splitlines()) <= 8, source
            assert not source.lstrip().startswith(("%", "!")), source
            assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, forbidden)], source
            assert not re.search(r"\bselect\b.+\bfrom\b", source, re.IGNORECASE | re.DOTALL), source

    def test_it_imports_only_what_notebooks_may(self, path: Path) -> None:
        allowed = ("marts", "analyses", "reports", "runs", "findings", "periods", "money", "errors", "focus")
        for cell in _code(path):
            for node in ast.walk(ast.parse("".join(cell["source"]))):
                if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("finops_lib"):
                    assert node.module.split(".")[1] in allowed, node.module

    def test_its_cell_ids_are_unique_and_no_figure_is_typed_into_its_text(self, path: Path) -> None:
        cells = _read(path)["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)
        text = " ".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
        assert not re.search(r"\d+[.,]?\d*\s?(USD|EUR|k|M)\b", text)
