"""The README claims only what its commands show: each of them is run as it stands there, in order."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from finops_lib.runs.lab import lab_environment
from finops_lib.settings import Settings, load_settings
from tests.conftest import PROJECT, WriteBill

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
# make demo and make test are what CI itself does; JupyterLab does not end.
_ELSEWHERE = ("make ", "finops lab")


def _commands() -> list[str]:
    lines = [line.split("  #")[0].strip() for block in BLOCKS for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith(_ELSEWHERE)]


def test_the_two_commands_come_first() -> None:
    assert [line.split()[1] for line in BLOCKS[0].splitlines()] == ["demo", "test"]
    targets = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`?make ([a-z-]+)", README):
        assert re.search(rf"^{target}:", targets, re.MULTILINE), target


@pytest.mark.slow
def test_every_command_works_as_it_stands(settings: Settings, write_bill: WriteBill, tmp_path: Path) -> None:
    write_bill("may.csv", [{"ResourceId": f"i-{n}"} for n in range(5)])
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    commands = _commands()
    assert len(commands) >= 10
    for command in commands:
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


def test_every_setting_and_folder_of_the_readme_is_real() -> None:
    for folder in re.findall(r"`(finops_lib/[a-z_./]+|notebooks/|params/[a-z_.]+yaml)`", README):
        assert (PROJECT / folder).exists(), folder
    assert (PROJECT / "notebooks" / "images" / "overview.png").exists()


def test_a_kernel_of_the_lab_finds_the_project_from_any_folder(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in lab_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    assert load_settings() == settings
