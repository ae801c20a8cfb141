"""A PostgreSQL server for the tests that need one: started once, with a database of its own for each test."""

from __future__ import annotations

import getpass
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

NO_POSTGRES = "needs PostgreSQL's initdb and postgres (Debian: postgresql), and an unprivileged user to run them"
_numbers = itertools.count()


def program(name: str) -> str | None:
    """Find one of the server's programs, which Debian does not put into PATH."""
    return shutil.which(name) or next(map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server on a free port and give the URL of its default database."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
    owner = _unprivileged()
    if not initdb or not pg_ctl or owner is None:
        pytest.skip(NO_POSTGRES)
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="finops-pg-", dir="/tmp"))
    try:
        if os.geteuid() == 0:
            shutil.chown(folder, owner)
        data = folder / "data"
        as_owner = {"user": owner} if os.geteuid() == 0 else {}
        quiet = {"stdout": subprocess.DEVNULL, "check": True, "cwd": folder, **as_owner}
        subprocess.run([initdb, "-D", str(data), "-A", "trust", "-U", "finops", "-E", "UTF8"], **quiet)  # type: ignore[call-overload]
        options = f"-p {port} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1 -c max_connections=200"
        log = str(folder / "log")
        subprocess.run([pg_ctl, "-D", str(data), "-o", options, "-l", log, "-w", "start"], **quiet)  # type: ignore[call-overload]
        try:
            yield f"postgresql://finops@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run([pg_ctl, "-D", str(data), "-m", "immediate", "-w", "stop"], **quiet)  # type: ignore[call-overload]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_database(server: str) -> str:
    """Make an empty database and give its URL."""
    import psycopg

    name = f"lake_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'create database "{name}"')
    return f"{server.rsplit('/', 1)[0]}/{name}"


def _unprivileged() -> str | None:
    """Name a user the server can run as: it refuses to run as root."""
    if os.geteuid() != 0:
        return getpass.getuser()
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None
