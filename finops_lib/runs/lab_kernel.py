"""What a kernel gets that works with the lake: `%%sql` with completion, records as tables, a word while it works.

Registered by `%load_ext finops_lib`, by every kernel that `finops lab` starts, and by `open_run`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from finops_lib.reports.markup import is_report

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

_EXTENSION = "finops_lib"


def register(shell: InteractiveShell) -> None:
    """Enter everything in the shell."""
    from finops_lib.runs import lab_completion, lab_history, lab_progress, lab_tables, magic

    for part in (magic, lab_completion, lab_tables, lab_progress, lab_history):
        part.register(shell)


def register_here() -> None:
    """Load the extension if this process is a kernel of a person's, not a report's."""
    # Whoever has not loaded IPython is no kernel, and need not pay for it now.
    if is_report() or "IPython" not in sys.modules:
        return
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    if shell is not None and shell.extension_manager is not None and _EXTENSION not in shell.extension_manager.loaded:
        shell.extension_manager.load_extension(_EXTENSION)
