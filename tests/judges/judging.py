"""Ask the judges: a FOCUS file -> the rules that it breaks, with what the judge says of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "FINOPS_JUDGES"
_TIMEOUT_S = 300
_DRIVER = Path(__file__).with_name("toolkit_driver.py")
_RULE = re.compile(r"\[\w+:(?P<rule>\w+)\] (?P<column>\w+) row \d+: (?P<said>.*)", re.DOTALL)


def judges_folder() -> Path | None:
    """Give the environment of the judges, if there is one."""
    named = os.environ.get(VARIABLE, "")
    return Path(named).resolve() if named and (Path(named) / "bin" / "focus-validator").exists() else None


def focus_validator(folder: Path, file: Path) -> Mapping[str, str]:
    """Judge a FOCUS 1.2 file by the FinOps Foundation's own validator: broken rule -> which kind of rule it is.

    Rules that only say "all of those" are left out: those are there themselves.
    """
    told = file.with_suffix(".junit.xml")
    [packages] = folder.glob("lib/python*/site-packages")
    # It looks for its list of currencies where it is started.
    words = ["--data-file", str(file), "--validate-version", "1.2.0.1", "--focus-dataset", "CostAndUsage"]
    words += ["--block-download", "--output-type", "unittest", "--output-destination", str(told)]
    _run(folder, "focus-validator", *words, cwd=packages)
    broken: dict[str, str] = {}
    judged = 0
    for case in ElementTree.parse(told).iter("testcase"):
        rule, _, kind = case.get("name", "").partition(" :: ")
        judged += case.find("skipped") is None
        if case.find("failure") is not None and kind != "Composite":
            broken[rule] = kind
    assert judged > 100, f"focus-validator judged only {judged} rules"
    return broken


def focus_toolkit(folder: Path, file: Path) -> Mapping[str, str]:
    """Judge a FOCUS 1.4 file, its tags as JSON, by focus-data-toolkit: `column:rule` -> the first that breaks it."""
    broken: dict[str, str] = {}
    for message in json.loads(_run(folder, "python", str(_DRIVER), str(file), cwd=file.parent)):
        found = _RULE.fullmatch(message)
        assert found, message
        broken.setdefault(f"{found['column']}:{found['rule']}", found["said"])
    return broken


def _run(folder: Path, name: str, *words: str, cwd: Path) -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    command = [str(folder / "bin" / name), *words]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, cwd=cwd, env=environment
    )
    assert done.returncode == 0, f"{name} broke down: {done.stderr[-2000:]}"
    return done.stdout
