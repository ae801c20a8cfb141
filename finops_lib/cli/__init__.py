"""Words -> one call into `runs`. What each command does is in `runs`; here is only how it is asked and shown.

app.py        the program: its name, its options
line.py       the commands of the line: demo, ingest, build, sql, run, and those that look at it
collect.py    finops collect
deliver.py    finops deliver
export.py     finops export
forecast.py   finops forecast
runs.py       finops runs ...
alerts.py     finops alerts ...
anomalies.py  finops anomalies ...
budgets.py    finops budgets ...
fx.py         finops fx ...
savings.py    finops savings ...
schedule.py   finops schedule ...
lake.py       finops lake ...
notebook_help.py  finops run NOTEBOOK --help
printing.py   tables, CSV and JSON
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
from typing import NoReturn

import typer

from finops_lib.cli import (  # noqa: F401  # registers their commands
    alerts,
    anomalies,
    budgets,
    collect,
    deliver,
    export,
    forecast,
    fx,
    lake,
    line,
    reconcile,
    runs,
    savings,
    schedule,
)
from finops_lib.cli.app import app
from finops_lib.errors import FinOpsError

# What libraries say when a disk is full, a folder read-only or a server gone is one line for people, too.
_OUTSIDE = {"_duckdb": 1, "duckdb": 1, "sqlalchemy": 1, "psycopg": 4, "botocore": 4}


def main() -> None:
    """Run the command line; an error on purpose becomes one line and its exit code."""
    debug = "--debug" in sys.argv
    try:
        app([word for word in sys.argv[1:] if word != "--debug"], standalone_mode=True)
    except KeyboardInterrupt:
        _stopped()
    except Exception as error:
        # "interrupted" is how DuckDB says that somebody pressed Ctrl-C.
        if not isinstance(error, FinOpsError | OSError) and "interrupted" in str(error).lower():
            _stopped()
        line, code = _in_one_line(error)
        _say(traceback.format_exc() if debug or not line else line)
        raise SystemExit(code) from None


def _in_one_line(error: Exception) -> tuple[str, int]:
    """Give what people are told of an error, and the exit code; no line for one that nobody foresaw."""
    if isinstance(error, FinOpsError):
        return str(error), error.exit_code
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}; next: check the path and its permissions", 2
    code = _OUTSIDE.get(type(error).__module__.split(".")[0])
    if code is None:
        return "", 1
    first = " ".join(str(error).split())[:300]
    return f"{first}; next: check that disk, folders and servers can be reached and written (--debug: traceback)", code


def _say(text: str) -> None:
    """Write an error for people, without the passwords that environment, command line or workbench.yaml brought."""
    from finops_lib.runs.listing import shown_value
    from finops_lib.runs.secrets import Scrubber, known_secrets
    from finops_lib.settings import load_settings

    words = {f"word {number}": word for number, word in enumerate(sys.argv)}
    references: list[object] = []
    # Where the settings are the error, nothing of theirs was resolved.
    with contextlib.suppress(FinOpsError, OSError):
        references.append(load_settings().workbench.model_dump(mode="json"))
    scrubbed = Scrubber.of(known_secrets(references, {**os.environ, **words})).scrub(text)
    shown = [shown_value(row) for row in scrubbed.split("\n")]
    typer.echo("\n".join(shown) if len(shown) > 1 else f"finops: {shown[0]}", err=True)


def _stopped() -> NoReturn:
    typer.echo("finops: interrupted; nothing half-written remains", err=True)
    raise SystemExit(130) from None
