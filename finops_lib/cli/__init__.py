"""Words -> one call into `runs`. What each command does is in `runs`; here is only how it is asked and shown.

app.py        the program: its name, its options
line.py       the commands of the line: demo, ingest, build, sql, run, and those that look at it
runs.py       finops runs ...
lake.py       finops lake ...
printing.py   tables, CSV and JSON
"""

from __future__ import annotations

import sys
from typing import NoReturn

import typer

from finops_lib.cli import lake, line, reconcile, runs  # noqa: F401  # registers their commands
from finops_lib.cli.app import app
from finops_lib.errors import FinOpsError


def main() -> None:
    """Run the command line; an error on purpose becomes one line and its exit code."""
    debug = "--debug" in sys.argv
    try:
        app([word for word in sys.argv[1:] if word != "--debug"], standalone_mode=True)
    except FinOpsError as error:
        if debug:
            raise
        typer.echo(f"finops: {error}", err=True)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        _stopped()
    except OSError as error:
        if debug:
            raise
        place = f"{error.filename}: " if error.filename else ""
        typer.echo(f"finops: {place}{error.strerror or error}; next: check the path and its permissions", err=True)
        raise SystemExit(2) from None
    except Exception as error:
        # What DuckDB and SQLAlchemy say of a full disk or a read-only folder is one line for people, too.
        if "interrupted" in str(error).lower():
            _stopped()
        if debug or type(error).__module__.split(".")[0] not in ("_duckdb", "duckdb", "sqlalchemy"):
            raise
        first = " ".join(str(error).split())[:300]
        typer.echo(f"finops: {first}; next: check that disk and folders can be written (--debug: traceback)", err=True)
        raise SystemExit(1) from None


def _stopped() -> NoReturn:
    typer.echo("finops: interrupted; nothing half-written remains", err=True)
    raise SystemExit(130) from None
