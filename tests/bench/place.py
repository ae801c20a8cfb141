"""A lake for one measurement, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from finops_lib.settings import Settings, load_settings

PROJECT = Path(__file__).resolve().parents[2]


def settings_in(folder: Path, *, project: Path = PROJECT) -> Settings:
    """Point the environment at `folder` and give the settings that follow."""
    os.environ |= {
        "FINOPS_PROJECT": str(project),
        "FINOPS_LAKE": str(folder / "lake"),
        "FINOPS_OUTPUTS": str(folder / "outputs"),
        "FINOPS_PARAMS": str(folder / "params"),
    }
    return load_settings()
