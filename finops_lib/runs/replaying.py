"""What would a notebook's numbers be under other circumstances? Replays: child processes that leave nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from finops_lib.errors import RunError
from finops_lib.runs import processes
from finops_lib.runs.folder import RESULT
from finops_lib.runs.handover import REPLAYED_DAY, RERUN_OF, STARTED_AT
from finops_lib.runs.made_from import Configuration, gather_inputs
from finops_lib.runs.parameters import read_parameters

# The name under which a run's record keeps the scope it was narrowed to, and the variable that says it to the session.
_SCOPE, _SCOPE_VARIABLE = "scope", "FINOPS_RUN_SCOPE"
# What a replay of a page takes beside the memory that its database may use.
_MEMORY_EACH = 1 << 30
_TICK_S = 0.05


@dataclass(frozen=True, slots=True)
class _Running:
    place: int
    folder: Path
    process: subprocess.Popen[bytes]


def replay(
    notebook: Path,
    configurations: Sequence[Configuration],
    *,
    environment: Mapping[str, str],
    project: Path,
    timeout_s: float,
    within: Path | None = None,
) -> list[str]:
    """Give the result.json that a notebook writes under each configuration, in order; nothing is kept or recorded.

    Args:
        environment: as the runner's, for lake, state and limits.
        project: the folder the notebook runs in.
        timeout_s: for all of them together.
        within: a private folder to work in; None = the system's.
    Raises:
        RunError: a cell raised, the notebook wrote no result, or the time was over.
    """
    deadline = time.monotonic() + timeout_s
    results = [""] * len(configurations)
    with tempfile.TemporaryDirectory(prefix="finops-replay-", dir=within) as place:
        waiting = list(enumerate(configurations))
        running: list[_Running] = []
        try:
            while waiting or running:
                while waiting and len(running) < _at_once():
                    number, configuration = waiting.pop(0)
                    folder = Path(place) / str(number)
                    process = _start(notebook, configuration, folder, environment=environment, project=project)
                    running.append(_Running(number, folder, process))
                for one in [one for one in running if one.process.poll() is not None]:
                    running.remove(one)
                    results[one.place] = _read(one)
                if time.monotonic() > deadline:
                    raise RunError(f"took longer than {timeout_s:g} s", next_step="ask for it: finops runs diff A B")
                time.sleep(_TICK_S)
        finally:
            for one in running:
                processes.kill_all(processes.descendants(one.process.pid))
                one.process.kill()
                one.process.wait()
                assert one.process.stdin is not None
                one.process.stdin.close()
    return results


def _at_once() -> int:
    """How many replays may run side by side."""
    by_memory = psutil.virtual_memory().available // _MEMORY_EACH
    return max(1, min(os.cpu_count() or 1, by_memory))


def _start(
    notebook: Path, configuration: Configuration, folder: Path, *, environment: Mapping[str, str], project: Path
) -> subprocess.Popen[bytes]:
    folder.mkdir(mode=0o700)
    gather_inputs(configuration, folder / "params")
    declared = read_parameters(json.loads(notebook.read_text(encoding="utf-8")))
    values = {item.name: configuration.parameters.get(item.name, item.default) for item in declared}
    if "as_of" in values:
        values["as_of"] = configuration.day if configuration.is_asked else ""
    own = {
        "FINOPS_PARAMS": str(folder / "params"),
        "FINOPS_RUN_DIR": str(folder),
        # Without a name it pins nothing.
        "FINOPS_RUN_ID": "",
        "FINOPS_RUN_SNAPSHOT": "" if configuration.snapshot is None else str(configuration.snapshot),
        RERUN_OF: "a run that is replayed",
        STARTED_AT: configuration.started_at,
        REPLAYED_DAY: configuration.day,
        _SCOPE_VARIABLE: str(configuration.parameters.get(_SCOPE, "")) if _SCOPE not in values else "",
    }
    with (folder / "errors").open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "finops_lib.runs.replay", str(notebook)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**environment, **own},
            cwd=project,
        )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        process.stdin.write(json.dumps(values).encode() + b"\n")
        process.stdin.flush()
    return process


def _read(one: _Running) -> str:
    assert one.process.stdin is not None
    one.process.stdin.close()
    result = one.folder / RESULT
    if one.process.returncode == 0 and result.is_file():
        return result.read_text(encoding="utf-8")
    said = (one.folder / "errors").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    ended = f"the process ended with {one.process.returncode}"
    why = said[-1] if said else "the notebook wrote no result" if one.process.returncode == 0 else ended
    raise RunError(f"the notebook could not be replayed: {why}", next_step="look at the two runs: finops runs show RUN")
