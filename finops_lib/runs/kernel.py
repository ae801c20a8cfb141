"""The kernel of a run: ipykernel, in a process that knows it will not live long.

python -m finops_lib.runs.kernel -f CONNECTION_FILE
"""

from __future__ import annotations

import gc
import runpy

# Python looks through all its objects each time there are 700 new ones, and importing makes a million that stay: a
# tenth of a run's seconds goes there.
_LOOK_AFTER = (20_000, 50, 100)


def collect_less_garbage() -> None:
    """Look for garbage less often, in a process that ends before there is much."""
    gc.set_threshold(*_LOOK_AFTER)


if __name__ == "__main__":
    collect_less_garbage()
    runpy.run_module("ipykernel_launcher", run_name="__main__")
