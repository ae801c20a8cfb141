"""Would money count twice? A source that asks an interface beside one that holds the same account's bill.

Question: refuse the second of the two, or load it and warn?
Choice: refuse its month, with an exit code of its own input: nothing is changed, other months load.
Why: a total that is twice the bill looks like any other total. Declined: to guess which of the two is to be believed.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from finops_lib.errors import DataError
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import attach, connect, equip
from finops_lib.lake.twice import BilledTwice, billed_twice, withdraw
from finops_lib.lake.write import CurrentLoad
from finops_lib.runs.clock import now
from finops_lib.runs.slice_report import SliceReport, as_withdrawn
from finops_lib.settings import FILES, Settings, SourceConfig
from finops_lib.sources.collectors import COLLECTORS


def refuse_bill_of_another(con: duckdb.DuckDBPyConnection, settings: Settings, source: str) -> None:
    """Refuse the delivery in the view `charges` if another source holds the same account's month already.

    Args:
        con: has the lake attached.
    Raises:
        DataError: says which account and month, who holds it, and what to do.
    """
    if found := held_twice(con, settings, loading=source):
        first = next((twice for twice in found if source in (twice.asked, twice.other)), found[0])
        holder = first.other if first.asked == source else first.asked
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise DataError(
            f"{source} {first.month:%Y-%m}{more}: {holder} holds the bill of account {first.account} for this month "
            "already; it would count twice",
            next_step=what_to_do(settings, first),
            source=source,
            holder=holder,
            account=first.account,
            month=first.month,
        )


def held_twice(con: duckdb.DuckDBPyConnection, settings: Settings, *, loading: str = "") -> list[BilledTwice]:
    """Give what two sources hold, but for those that are said to be `apart_from` each other."""
    apart = {frozenset((config.name, other)) for config in settings.workbench.sources for other in config.apart_from}
    found = billed_twice(con, _asking(settings), loading=loading)
    return [twice for twice in found if frozenset((twice.asked, twice.other)) not in apart]


def what_to_do(settings: Settings, twice: BilledTwice) -> str:
    """Say how the two sources become one bill."""
    [config] = [config for config in settings.workbench.sources if config.name == twice.asked]
    if config.compare_with:
        return f"finops collect {config.name} --replace takes the charges of {config.name} out, which only compares now"
    place = f"in params/workbench.yaml, under {twice.asked}"
    if "compare_with" in COLLECTORS.get(config.kind).options.model_fields:
        return f"write the option `compare_with: {twice.other}` {place}; its totals are then held against that bill"
    return (
        f"leave {twice.asked} or {twice.other} out of params/workbench.yaml; where they hold different charges "
        f"of that account, write `apart_from: [{twice.other}]` {place}"
    )


def withdraw_charges(
    settings: Settings, source: SourceConfig, held: Sequence[CurrentLoad], *, replace: bool, run_id: str
) -> list[SliceReport]:
    """Take out of the lake what a source loaded before it became one that only compares.

    Args:
        held: its current loads.
    Raises:
        DataError: there are such charges, and nobody said `replace`.
    """
    charged = [load for load in held if load.rows]
    if not charged:
        return []
    months = sorted({load.key.month for load in charged})
    if not replace:
        more = f" (and {len(months) - 1} more months)" if len(months) > 1 else ""
        raise DataError(
            f"{source.name} only compares with {source.compare_with}, but its own charges of {months[0]:%Y-%m}{more} "
            "are in the lake and count beside that bill",
            next_step=f"finops collect {source.name} --replace takes them out; earlier snapshots keep them",
            source=source.name,
            months=months,
        )
    with writer_lock(settings.lake, purpose=f"withdraw {source.name}"):
        con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
        try:
            equip(con, settings.lake)
            attach(con, settings.lake, read_only=False)
            withdraw(con, source.name, loaded_at=now().replace(tzinfo=None), run_id=run_id)
        finally:
            con.close()
    return [as_withdrawn(load, source.compare_with) for load in charged]


def _asking(settings: Settings) -> list[str]:
    return [config.name for config in settings.workbench.sources if config.kind != FILES]
