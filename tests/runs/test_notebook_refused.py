"""What is refused before a kernel starts; quick, since nothing is executed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.runs import stamp
from finops_lib.runs.cells import cell_number, error_line, first_line, index_of
from finops_lib.runs.notebook import run_notebook
from finops_lib.settings import Settings
from tests.runs.conftest import MakeNotebook

PARAMETERS = 'as_of: str = ""\nlimit: int = 3'


def test_an_unknown_notebook_is_named_with_the_ones_there_are(settings: Settings, make_notebook: MakeNotebook) -> None:
    make_notebook("1", name="overview")
    with pytest.raises(ConfigError, match="did you mean 'overview'"):
        run_notebook(settings, "overvew")


def test_the_params_file_of_the_notebook_is_checked_too(settings: Settings, make_notebook: MakeNotebook) -> None:
    make_notebook("1", parameters=PARAMETERS)
    (settings.params / "story.yaml").write_text("limt: 5\n")
    run = run_notebook(settings, "story")
    assert run.status == "INVALID_PARAMS"
    assert run.error is not None
    assert "did you mean 'limit'" in run.error


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"as_of": "2026-10-01", "parameters": {"as_of": "2026-10-02"}}, "--as-of and -p as_of differ"),
        ({"as_of": "yesterday"}, "write it as YYYY-MM-DD"),
        ({"params_file": Path("absent.yaml")}, "absent.yaml is not a readable YAML file"),
        ({"snapshot": 7}, "no lake in"),
    ],
)
def test_what_does_not_fit_is_recorded(
    settings: Settings, make_notebook: MakeNotebook, options: dict[str, object], why: str
) -> None:
    make_notebook("1", parameters=PARAMETERS)
    run = run_notebook(settings, "story", **options)  # type: ignore[arg-type]  # one case per option
    assert (run.status, run.exit_code, run.report) == ("INVALID_PARAMS", 2, None)
    assert run.error is not None
    assert why in run.error
    assert "\n" not in run.error


def test_a_file_that_is_no_notebook_is_refused(settings: Settings) -> None:
    (settings.notebooks / "story.ipynb").write_text("{}")
    assert run_notebook(settings, "story").error == (
        f"{settings.notebooks / 'story.ipynb'} has no cells; next: open and save it in JupyterLab"
    )


def test_the_runner_itself_loads_no_notebook_library() -> None:
    code = (
        "import sys, finops_lib.runs.notebook\n"
        "heavy = {'papermill', 'nbclient', 'nbformat', 'altair', 'polars', 'pandas', 'alembic'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout == "[]\n"


def test_cells_are_numbered_as_in_jupyterlab() -> None:
    kinds = ["markdown", "code", "injected", "markdown", "code"]
    cells = [
        {
            "cell_type": "code" if kind == "injected" else kind,
            "metadata": {"tags": ["injected-parameters"] if kind == "injected" else []},
        }
        for kind in kinds
    ]
    assert (cell_number(cells, 1), cell_number(cells, 4)) == (1, 2)
    assert (index_of(cells, 2), index_of(cells, 3), index_of(cells, None)) == (4, None, None)


def test_an_error_is_one_line_without_colours() -> None:
    assert error_line("ValueError", "\x1b[31mred\x1b[0m\nand more") == "ValueError: red and more"
    assert error_line("KeyboardInterrupt", "") == "KeyboardInterrupt"
    assert len(error_line("E", "x" * 2000)) == 500
    assert first_line("\n%time\n  y = 1  \nz") == "y = 1"


def test_the_code_hash_is_the_same_twice_and_needs_no_git(tmp_path: Path) -> None:
    assert stamp.code_hash() == stamp.code_hash()
    assert stamp.commit_of(tmp_path) == stamp.Commit(sha=None, dirty=None)
    assert {"python", "duckdb"} <= stamp.installed_versions().keys()
