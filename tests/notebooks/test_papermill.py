"""papermill's own command line on our notebooks: from the project's folder, with anybody's parameters."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.notebooks.conftest import Place

pytestmark = pytest.mark.slow


def test_papermill_runs_a_notebook_with_a_parameter_and_draws_its_charts(
    sample_place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    sample_place.enter(monkeypatch)
    # Where it is started is where the project is.
    monkeypatch.delenv("FINOPS_PROJECT")
    out = tmp_path / "out.ipynb"
    done = subprocess.run(
        [sys.executable, "-m", "papermill", "notebooks/budgets.ipynb", str(out), "-p", "as_of", "2026-10-15"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    # It knows the parameter from the notebook, and says so by not warning.
    assert "unknown parameter" not in done.stderr
    assert "Unable to parse" not in done.stderr
    cells = json.loads(out.read_text(encoding="utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert {output["output_type"] for output in outputs} <= {"display_data", "execute_result"}
    kinds = [kind for output in outputs for kind in output["data"]]
    assert any("vegalite" in kind for kind in kinds)
    said = "".join("".join(output["data"]["text/plain"]) for output in outputs)
    assert "through 15 Oct 2026" in said
    # Nobody watches it: the line that says what a cell is at has no place in it.
    assert "At work" not in json.dumps(outputs)
