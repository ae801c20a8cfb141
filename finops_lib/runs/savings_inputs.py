"""What does a page read of recommendations? How each stands, who agreed, what bills said; frozen beside its result.

A run made again reads all of it from there, whatever was decided or verified since.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from finops_lib.findings import KeptRecommendation
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import opened_state
from finops_lib.runs.readers_scope import narrow_recommendations
from finops_lib.settings import Settings
from finops_lib.state.recommendations import list_recommendations

INPUT = "recommendations.json"
_KEPT = TypeAdapter(tuple[KeptRecommendation, ...])


def savings_inputs(
    settings: Settings, folder: RunFolder, *, as_of: date, scope: str = ""
) -> tuple[KeptRecommendation, ...]:
    """Read the recommendations that were known on a day, and keep them beside the result; a rerun gets those kept.

    The use before a change is left out: pages show what bills said, not what they said it from.

    Args:
        scope: all that the page's reader may see; "" = everything.
    """
    if os.environ.get(RERUN_OF):
        # The params of a rerun are the inputs that the first run kept.
        path = settings.params / INPUT
        kept = _KEPT.validate_json(path.read_bytes()) if path.is_file() else ()
    elif _has_state(settings):
        with opened_state(settings) as state:
            known = list_recommendations(state)
        kept = tuple(replace(one, baseline="") for one in known if one.first_found <= as_of)
    else:
        kept = ()
    if scope:
        kept = narrow_recommendations(kept, scope)
    folder.write_input(INPUT, _KEPT.dump_json(kept, indent=1).decode())
    return kept


def _has_state(settings: Settings) -> bool:
    # In JupyterLab nothing is written, so that a state that is not there must not be made by looking.
    scheme = "sqlite:///"
    return not settings.state_url.startswith(scheme) or Path(settings.state_url.removeprefix(scheme)).exists()
