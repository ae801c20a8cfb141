"""`finops lake ...`: snapshots and upkeep, under the writer lock."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from finops_lib.cli.app import lake_app
from finops_lib.cli.printing import FormatOption, print_rows, tell
from finops_lib.runs.listing import Format, records


@lake_app.command()
def snapshots(
    limit: Annotated[int, typer.Option(help="How many, newest first.", min=1)] = 20,
    format: FormatOption = Format.table,
) -> None:
    """List the lake's snapshots, newest first: what made each, and for whom it is kept."""
    from finops_lib.runs.upkeep import listed_snapshots
    from finops_lib.settings import load_settings

    print_rows(records(listed_snapshots(load_settings())[:limit]), format, empty="There is no lake yet.")


@lake_app.command()
def pin(
    snapshot: Annotated[int, typer.Argument(help="Its number, from: finops lake snapshots.")],
    name: Annotated[str, typer.Option(help="For whom or what it is kept, e.g. board-2026-q3.")],
) -> None:
    """Keep a snapshot from ever being expired."""
    from finops_lib.runs.upkeep import pin_by_name
    from finops_lib.settings import load_settings

    pin_by_name(load_settings(), snapshot, name)
    tell(f"snapshot {snapshot} is kept for {name}")


@lake_app.command()
def unpin(
    snapshot: Annotated[int, typer.Argument(help="Its number, from: finops lake snapshots.")],
    name: Annotated[str, typer.Option(help="The name or run it was kept for.")],
) -> None:
    """Take a pin away; the snapshot goes with the next expiry if nobody else keeps it."""
    from finops_lib.runs.upkeep import unpin_by_name
    from finops_lib.settings import load_settings

    unpin_by_name(load_settings(), snapshot, name)
    tell(f"snapshot {snapshot} is no longer kept for {name}")


@lake_app.command()
def expire(
    days: Annotated[
        float, typer.Option("--older-than", help="Days for which a snapshot stays after the next one came.", min=0)
    ] = 30,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    format: FormatOption = Format.table,
) -> None:
    """Expire old snapshots that are neither pinned nor being read, and remove the files only they needed."""
    from finops_lib.runs.upkeep import expire_old
    from finops_lib.settings import load_settings

    done = expire_old(load_settings(), keep=timedelta(days=days), dry_run=dry_run)
    print_rows(records([done]), format)


@lake_app.command()
def compact(format: FormatOption = Format.table) -> None:
    """Merge the small files that many loads leave; what any snapshot shows stays the same."""
    from finops_lib.runs.upkeep import compact_lake
    from finops_lib.settings import load_settings

    print_rows(records([compact_lake(load_settings())]), format)


@lake_app.command()
def orphans(
    remove: Annotated[bool, typer.Option("--remove", help="Remove them.")] = False,
    hours: Annotated[
        float, typer.Option("--older-than", help="Hours; younger files may belong to a load that still runs.", min=0)
    ] = 24,
    format: FormatOption = Format.table,
) -> None:
    """List the files that no snapshot holds, left by loads that were killed."""
    from finops_lib.runs.upkeep import lost_files
    from finops_lib.settings import load_settings

    lost = lost_files(load_settings(), older_than=timedelta(hours=hours), remove=remove)
    print_rows(records(lost), format, empty="No file without an owner.")


@lake_app.command()
def migrate(
    catalog: Annotated[
        str, typer.Option(help="PostgreSQL URL of an empty database, or env:NAME or file:PATH that holds it.")
    ],
    data: Annotated[
        str, typer.Option(help="Folder or s3://bucket/prefix for the data; empty = they stay where they are.")
    ] = "",
    state: Annotated[str, typer.Option(help="The same for the state database; empty = it stays where it is.")] = "",
    format: FormatOption = Format.table,
) -> None:
    """Move the lake to PostgreSQL, snapshots and pins included; the old one stays, to be read only."""
    from finops_lib.runs.migrate import migrate_lake
    from finops_lib.settings import load_settings

    print_rows(records(migrate_lake(load_settings(), catalog=catalog, data=data, state=state)), format)
