"""What do the rules of `analyses/savings` read? Frames of one snapshot, and the catalogue of shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from finops_lib.analyses.savings import estate, rightsizing
from finops_lib.sources.shapes import read_shapes

if TYPE_CHECKING:
    import polars as pl


def savings_frames(query: Callable[[str], pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Give the frames by name, for `find_savings`.

    Args:
        query: asks a figure query, e.g. `Run.query`.
    """
    names = (*estate.READS, *rightsizing.READS)
    return {name: query(name) for name in names} | {rightsizing.SHAPES: read_shapes()}
