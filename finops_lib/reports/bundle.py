"""The chart library for a page without a network: one gzipped bundle, made once per version of vl-convert and kept."""

import base64
import contextlib
import gzip
import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

# Embed alone: it brings Vega and Vega-Lite with it, which by themselves are empty in the bundle that vl-convert makes.
NAME = "window.fwEmbed="


@cache
def chart_library() -> str:
    """Give the chart library as base64 of gzip; from the user's cache where there is one, else made in two seconds."""
    kept = _folder() / f"vega-embed-{version('vl-convert-python')}.b64"
    # Not there, not readable, or not even text: then it is made.
    with contextlib.suppress(OSError, ValueError):
        found = kept.read_text(encoding="ascii")
        if _is_whole(found):
            return found
    made = _make()
    # A read-only home is no reason to fail: the next run makes it again.
    with contextlib.suppress(OSError):
        _keep(kept, made)
    return made


def _folder() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if home else Path("~/.cache").expanduser()) / "finops"


def _make() -> str:
    import vl_convert

    code = vl_convert.javascript_bundle(f"{NAME}vegaEmbed;")
    # Without the time in its header the same library is the same text, and so is the report.
    return base64.b64encode(gzip.compress(code.encode(), 9, mtime=0)).decode("ascii")


def _is_whole(found: str) -> bool:
    with contextlib.suppress(ValueError, OSError, EOFError):
        return NAME.encode() in gzip.decompress(base64.b64decode(found, validate=True))
    return False


def _keep(place: Path, content: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".vega-")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(content)
    Path(name).replace(place)
