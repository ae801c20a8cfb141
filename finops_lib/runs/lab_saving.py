"""What does JupyterLab write of the start page? Its cells, not today's numbers, which each opening makes anew.

Other notebooks are saved as their reader leaves them.
"""

from __future__ import annotations

from typing import Any

START = "notebooks/start.ipynb"


def without_outputs(*, model: dict[str, Any], path: str, **_: object) -> None:
    """Take the outputs from the start page before it is saved (Jupyter Server's `pre_save_hook`)."""
    if path.strip("/") != START or model.get("type") != "notebook":
        return
    for cell in model["content"]["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
            # When each cell began and ended is as much of today as what it showed.
            cell["metadata"].pop("execution", None)
