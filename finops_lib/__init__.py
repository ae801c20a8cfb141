"""The FinOps workbench: from bills to reports, in one line of stages.

    sources -> lake -> marts -> analyses -> notebooks -> reports -> delivery

sources     what did one provider charge in one billing period?
lake        where do charges rest, and is a period whole?
marts       what are the few tables everyone asks for?
analyses    what follows from a table?
notebooks   what should a reader know and do?
reports     how does it look on paper?
delivery    who gets it?

`runs` is the glue, `cli` the words. Importing this package does nothing and costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.3.0"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give a kernel what works with the lake: `%%sql`, records as tables (`%load_ext finops_lib`)."""
    from finops_lib.runs.lab_kernel import register

    register(shell)
