"""What is dear to make and only looked at or copied, such as a lake of the sample estate: made once in a whole run."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """Give a folder that whoever asks first fills, whichever of pytest-xdist's workers that is; never to be changed.

    Args:
        name: what it is called in a run's folder of temporary files.
        build: fills the folder, which is there and empty.
    """
    root = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # A worker's own folder lies in that of the run.
        root = root.parent
    folder, whole = root / name, root / f"{name}.whole"
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            # Half of it, where the one before us failed.
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            build(folder)
            whole.touch()
    return folder
