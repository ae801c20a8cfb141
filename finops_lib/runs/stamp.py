"""What was a run made from? Hashes of notebook and code, the commit, the versions of what computes and draws."""

from __future__ import annotations

import hashlib
import platform
import subprocess
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import finops_lib

# What can change a number or a picture.
_PACKAGES = ("finops", "duckdb", "polars", "numpy", "altair", "papermill", "nbclient", "ipykernel")
_SOURCES = (".py", ".sql", ".css", ".js", ".html")
_GIT_PATIENCE_S = 10


@dataclass(frozen=True, slots=True)
class Commit:
    """The commit of the working tree, and whether files differ from it; None outside of git."""

    sha: str | None
    dirty: bool | None


def notebook_hash(notebook: Path) -> str:
    """Give the SHA-256 of the notebook file."""
    return hashlib.sha256(notebook.read_bytes()).hexdigest()


def code_hash() -> str:
    """Give one SHA-256 over names and contents of this library's source files."""
    root = Path(str(finops_lib.__file__)).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _SOURCES):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def commit_of(project: Path) -> Commit:
    """Ask git which commit the project stands at; no git or no commit is no answer, not an error."""
    sha = _git(project, "rev-parse", "HEAD")
    if sha is None:
        return Commit(sha=None, dirty=None)
    changes = _git(project, "status", "--porcelain", "--", ".")
    return Commit(sha=sha, dirty=None if changes is None else bool(changes))


def installed_versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that can change a number or a picture."""
    versions = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    return versions


def _git(project: Path, *arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(project), *arguments],
            capture_output=True,
            text=True,
            timeout=_GIT_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
