"""`finops run NOTEBOOK --help`: what a notebook asks and takes, without a lake."""

from __future__ import annotations

import subprocess
import sys

import pytest

from finops_lib.errors import ConfigError
from finops_lib.runs.notebook_help import notebook_help
from finops_lib.settings import Settings
from tests.runs.conftest import MakeNotebook

PARAMETERS = 'as_of: str = ""  # last included day\nthreshold: float = 3.0  # in standard deviations'


def test_each_parameter_has_its_type_its_default_and_its_meaning(
    settings: Settings, make_notebook: MakeNotebook
) -> None:
    make_notebook("1", parameters=PARAMETERS)
    said = notebook_help(settings, "story").splitlines()
    assert "  What happened?" in said
    assert '  as_of      str    ""   last included day' in said
    assert "  threshold  float  3.0  in standard deviations" in said
    assert not settings.lake.folder.exists()


def test_a_notebook_without_parameters_says_so(settings: Settings, make_notebook: MakeNotebook) -> None:
    make_notebook("1")
    assert "It takes no parameters." in notebook_help(settings, "story")


def test_a_notebook_that_is_not_there_is_named_with_those_that_are(
    settings: Settings, make_notebook: MakeNotebook
) -> None:
    make_notebook("1")
    with pytest.raises(ConfigError, match="choose one of: story"):
        notebook_help(settings, "stroy")


@pytest.mark.parametrize("words", [["story", "--help"], ["--help", "story"], ["-p", "as_of=x", "story", "--help"]])
def test_the_command_gives_the_help_of_the_notebook_that_is_named(
    settings: Settings, make_notebook: MakeNotebook, words: list[str]
) -> None:
    make_notebook("1", parameters=PARAMETERS)
    assert "in standard deviations" in _finops_run(*words)


def test_without_a_name_it_gives_its_own(settings: Settings) -> None:
    said = _finops_run("--help")
    assert "--timeout" in said
    assert "finops run NOTEBOOK --help" in said


def _finops_run(*words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "finops_lib.cli", "run", *words], capture_output=True, text=True, check=True
    )
    return done.stdout
