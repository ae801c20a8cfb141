"""One commit to the lake: all of it or nothing, with a line that says what it was."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

_LONGEST_MESSAGE = 500


@contextmanager
def committed(con: duckdb.DuckDBPyConnection, message: str, **info: object) -> Iterator[None]:
    """Commit what the block does, or undo it all if it raises. Enter it under the writer lock.

    Args:
        con: has the lake attached for writing and has not read from it in a transaction.
        message: what people read in the list of snapshots.
        info: what code reads there.
    """
    con.execute("begin")
    try:
        yield
        words = [message[:_LONGEST_MESSAGE], json.dumps(info)]
        con.execute("call lake.set_commit_message('finops', ?, extra_info => ?)", words)
        con.execute("commit")
    except BaseException:
        # A commit that failed has ended the transaction already; its own error is the one to be told.
        with suppress(duckdb.Error):
            con.execute("rollback")
        raise
