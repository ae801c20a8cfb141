"""What every page of ours has in common: the template's places, and the policy that keeps it off the network."""

import base64
import contextlib
import datetime as dt
import hashlib
import re
from collections.abc import Mapping

from finops_lib.reports import format as say


def policy(script: str) -> str:
    """Allow the page's own script and nothing else: no network, no handler in an attribute, no foreign script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    # eval and blob: are the chart library's: it arrives packed, and compiles the charts' expressions.
    return (
        f"default-src 'none'; script-src 'sha256-{digest}' 'unsafe-eval' blob:; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def fill(template: str, parts: Mapping[str, str]) -> str:
    """Put parts into a template's places in one pass, so that what is put in is never searched for further places."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def day_words(day: object) -> str:
    """Say an ISO day as people do; anything else as it stands."""
    if isinstance(day, dt.date):
        return say.day(day, "full")
    with contextlib.suppress(ValueError):
        return say.day(dt.date.fromisoformat(str(day)), "full")
    return str(day)
