"""A lake for one measurement, in a folder of its own, of a size that `--scale` makes smaller for a quick look."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from finops_lib.settings import Settings, load_settings
from tests.postgres import new_database, postgres_server

PROJECT = Path(__file__).resolve().parents[2]
SCALE = "FINOPS_BENCH_SCALE"


def scaled(size: int) -> int:
    """Give a number of rows, seconds or rounds as `--scale` wants it."""
    return max(1, round(size * float(os.environ.get(SCALE, "1"))))


def settings_in(folder: Path, *, project: Path = PROJECT, catalog: str = "") -> Settings:
    """Point the environment at `folder` and give the settings that follow."""
    os.environ |= {
        "FINOPS_PROJECT": str(project),
        "FINOPS_LAKE": str(folder / "lake"),
        "FINOPS_OUTPUTS": str(folder / "outputs"),
        "FINOPS_PARAMS": str(folder / "params"),
        "FINOPS_CATALOG": catalog,
    }
    return load_settings()


@contextmanager
def every_kind(folder: Path) -> Iterator[Iterator[tuple[str, Settings]]]:
    """Give settings of a lake with a SQLite catalog, then of one in PostgreSQL where that is installed."""

    def kinds(server: str) -> Iterator[tuple[str, Settings]]:
        yield "SQLite", settings_in(folder / "sqlite")
        if server:
            yield "PostgreSQL", settings_in(folder / "postgres", catalog=new_database(server))

    with server_or_nothing() as server:
        yield kinds(server)


@contextmanager
def server_or_nothing() -> Iterator[str]:
    """Give the URL of a PostgreSQL server; "" where none can be started, which is said."""
    try:
        with postgres_server() as server:
            yield server
    except pytest.skip.Exception as absent:
        print(absent)
        yield ""
