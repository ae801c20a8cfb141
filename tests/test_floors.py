"""The house keeps its floors: imports go downwards, neighbours do not meet, start-up stays light (style.md 2)."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import PROJECT

PACKAGE = PROJECT / "finops_lib"
FLOORS = {
    "quoting": 0,
    "errors": 0,  # the ground that the vocabulary stands on
    **dict.fromkeys(
        ("focus", "money", "periods", "findings", "plans", "messages", "registry", "yaml_text", "absent"), 1
    ),
    **dict.fromkeys(("breaker", "offers", "recurrence", "strict"), 1),
    **dict.fromkeys(("sources", "lake", "state", "analyses", "reports", "delivery", "sample"), 2),
    "marts": 3,
    **dict.fromkeys(("runs", "settings", "alert_settings", "commitment_settings"), 4),
    "cli": 5,
}
HEAVY = (
    "pandas",
    "prophet",
    "sklearn",
    "altair",
    "boto3",
    "google.cloud",
    "rfc3987_syntax",
    "polars",
    "duckdb",
    "numpy",
)
MODULES = sorted(PACKAGE.rglob("*.py"))


def _part(module: str) -> str:
    return module.split(".")[1] if module.count(".") else ""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def _own_part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_from_lower_floors(path: Path) -> None:
    own = _own_part(path)
    if own == "__init__":
        return
    for module in _imports(path):
        if not module.startswith("finops_lib."):
            continue
        other = _part(module)
        assert other in FLOORS, f"{module} is on no floor"
        same_room = other == own or {own, other} <= {"runs", "settings", "alert_settings", "commitment_settings"}
        assert same_room or FLOORS[other] < FLOORS[own], f"{own} (floor {FLOORS[own]}) imports {module}"
        if own in ("sources", "state", "analyses", "reports", "delivery", "sample", "lake") and other != own:
            assert FLOORS[other] <= 1, f"neighbours meet: {own} imports {module}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_is_short_enough_to_be_read_whole(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_no_room_is_called_by_what_it_does_not_say() -> None:
    names = {path.name for path in MODULES}
    assert not names & {"utils.py", "helpers.py", "common.py", "base.py", "misc.py"}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_clock_hangs_in_one_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    is_clock = path == PACKAGE / "runs" / "clock.py"
    assert is_clock or not any(
        call in text for call in ("datetime.now(", "date.today(", "datetime.utcnow(", "time.time(")
    )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_runs_and_the_command_line_read_settings(path: Path) -> None:
    if _own_part(path) not in ("runs", "cli", "settings"):
        assert "finops_lib.settings" not in set(_imports(path))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_sql_of_several_lines_is_in_sql_files(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            lines = [line.strip().lower() for line in node.value.splitlines()]
            assert len(lines) < 2 or not any(
                line.startswith(("select ", "with ")) and " from" in node.value for line in lines[:2]
            )


def test_analyses_open_nothing() -> None:
    for path in (PACKAGE / "analyses").rglob("*.py"):
        forbidden = {"duckdb", "os", "pathlib", "socket", "subprocess", "sqlalchemy", "requests", "httpx", "io"}
        assert not forbidden & {module.split(".")[0] for module in _imports(path)}, path


def test_importing_the_package_pulls_in_nothing_heavy() -> None:
    code = "import sys, finops_lib, finops_lib.cli; print(' '.join(sys.modules))"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not [name for name in HEAVY if name in loaded]


def test_the_docstring_of_the_package_is_the_line_of_the_readme() -> None:
    line = "sources -> lake -> marts -> analyses -> notebooks -> reports -> delivery"
    import finops_lib

    assert line in str(finops_lib.__doc__)
    assert line in (PROJECT / "README.md").read_text(encoding="utf-8")
