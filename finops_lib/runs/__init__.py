"""Collect, build, run a notebook, render, deliver: the only glue.

Question: where is the one place that notebooks start from?
Choice: `from finops_lib.runs import open_run` (and `ingest_for_notebook`), imported on first use.
Why: the command line imports this package for everything it does and must not pay for polars to say `--help`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from finops_lib.runs.collect import ingest_for_notebook
    from finops_lib.runs.session import open_run

__all__ = ["ingest_for_notebook", "open_run"]


def __getattr__(name: str) -> object:
    if name == "open_run":
        from finops_lib.runs.session import open_run

        return open_run
    if name == "ingest_for_notebook":
        from finops_lib.runs.collect import ingest_for_notebook

        return ingest_for_notebook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
