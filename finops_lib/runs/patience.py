"""Wait for an answer that may take long, and still hear the stop button.

polars reads an answer of DuckDB without looking at signals: Ctrl-C, or a kernel's interrupt, would only count once the
whole answer is there. So another thread asks, and the main one waits, where signals arrive.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import duckdb

_Answer = TypeVar("_Answer")
# DuckDB forgets an interrupt that comes between two statements, so it is said until it is heard.
_SAY_AGAIN_S = 0.05


def interruptible(con: duckdb.DuckDBPyConnection, ask: Callable[[], _Answer]) -> _Answer:
    """Give what `ask` gives; an interrupt ends the question, leaves the connection usable, and is passed on.

    Args:
        ask: uses `con` and no other connection.
    """
    if threading.current_thread() is not threading.main_thread():
        return ask()
    answer: Future[_Answer] = Future()
    # A daemon: whoever leaves Python altogether need not wait for a question nobody asks any more.
    asker = threading.Thread(target=_fulfil, args=(answer, ask), name="finops asks the lake", daemon=True)
    asker.start()
    try:
        return answer.result()
    except KeyboardInterrupt:
        while asker.is_alive():
            con.interrupt()
            asker.join(_SAY_AGAIN_S)
        raise


def _fulfil(answer: Future[_Answer], ask: Callable[[], _Answer]) -> None:
    try:
        answer.set_result(ask())
    except BaseException as error:
        answer.set_exception(error)
