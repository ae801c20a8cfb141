"""Savings of a large estate: what is paid for, described and measured of 50,000 machines over 90 days.

Goal, at full size: under 60 s and 2 GB on two cores. `make bench` has a tenth; all of it: --scale 10.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from datetime import date, timedelta
from pathlib import Path

from finops_lib.analyses.savings import READS, Estate, evaluations, find_in
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import open_lake, sql_text
from finops_lib.lake.place import Place
from finops_lib.marts.build import build
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, run_query
from finops_lib.settings import load_settings
from tests.bench.clock import stopwatch
from tests.bench.place import scaled, settings_in

_MACHINES = 5_000
_FULL = 50_000
_DAYS, _BILLED_DAYS = 90, 30
_AS_OF = date(2026, 9, 30)
_VALUES = {"as_of": _AS_OF, "currency": "USD", "provider": ""}
_GOAL_S, _GOAL_GB = 60, 2.0
_UTILISATION = "savings_utilisation"
_CODE = "from tests.bench.savings import {0}; {0}()"
# Texts and lists are made once and not for each of a hundred million hours.
_PARTS = (
    "create temp table machines as select machine, format('i-{{:017d}}', machine) as ResourceId, "
    "cast(1000 + machine % 50 as varchar) as SubAccountId from range({machines}) as machines(machine)",
    "create temp table levels as select busy, cast(busy as double) as mean, cast(busy + 4 as double) as max, "
    "cast([busy, busy + 1, busy + 2, busy + 3] as usmallint[]) as bins, cast([5, 4, 2, 1] as usmallint[]) as counts "
    "from range(100) as levels(busy)",
    "create temp table metric_names as select * from (values ('cpu', 'percent'), ('network_in', 'bytes/s'), "
    "('network_out', 'bytes/s')) as names(metric, unit)",
)
# Most are busy, each to a degree of its own; every tenth does nothing, another tenth works in office hours. Of these
# the network is measured as well, or no check would have anything to say.
_BUSY = """
    case
        when machine % 10 = 0 then 0
        when machine % 10 = 7 and (isodow(hour) > 5 or extract('hour' from hour) not between 8 and 17) then 1
        else 10 + machine % 60 + (machine * 31 + epoch(hour)::bigint // 3600) % 8
    end
"""
_HOURS = """
    select
        'aws' as x_Provider, 'bench' as x_SourceId, SubAccountId, 'us-east-1' as RegionId,
        'aws-ec2-instance' as resource_type, ResourceId, metric, unit, hour, cast(12 as usmallint) as points,
        levels.mean, levels.max, levels.bins, levels.counts
    from (
        select SubAccountId, ResourceId, metric, unit, hour, {busy} as busy
        from machines,
            range(TIMESTAMP '{first}', TIMESTAMP '{end}', interval 1 hour) as hours(hour),
            metric_names
        where metric = 'cpu' or machine % 10 in (0, 7)
    ) as each
    inner join levels on each.busy = levels.busy
"""
_INVENTORY = """
    insert into lake.inventory by name
    select
        'aws' as x_Provider, 'bench' as x_SourceId, cast(1000 + machine % 50 as varchar) as SubAccountId,
        'us-east-1' as RegionId, 'aws-ec2-instance' as resource_type, format('i-{{:017d}}', machine) as ResourceId,
        'running' as state, TIMESTAMP '2025-01-01' as created_at, TIMESTAMP '2025-01-01' as first_seen,
        TIMESTAMP '{end}' as last_seen, map {{'instance_type': 'm5.xlarge', 'platform': 'linux'}} as attributes,
        map {{'Name': 'machine'}} as Tags
    from range({machines}) as machines(machine)
"""
_BILL = """
    insert into lake.daily_resource_meter_cost by name
    select
        cast(day as date) as day, 'aws' as x_Provider, 'bench' as x_SourceId, DATE '2026-09-01' as x_BillingMonth,
        cast(1000 + machine % 50 as varchar) as account_id, 'us-east-1' as RegionId,
        format('i-{{:017d}}', machine) as ResourceId, kind as meter_kind, meter,
        'shop' as x_Team, 'dev' as x_Environment,
        'USD' as BillingCurrency, 24 as quantity, 4.608 as effective_cost, 4.608 as list_cost,
        0 as committed_quantity, 0 as committed_effective_cost, 1 as charges
    from range({machines}) as machines(machine), range(DATE '{billed}', DATE '{end}', interval 1 day) as days(day),
        (values ('instance-hours', 'BoxUsage:m5.xlarge'), ('other', 'DataTransfer-Out-Bytes')) as meters(kind, meter)
"""
_FRESH = """
    insert into lake.data_freshness by name
    select 'aws' as x_Provider, 'bench' as x_SourceId, DATE '{billed}' as first_day, DATE '{last}' as complete_through
"""
_LOOKS = """
    insert into lake.inventory_scopes by name
    select
        'aws' as x_Provider, 'bench' as x_SourceId, cast(1000 + account as varchar) as SubAccountId,
        'us-east-1' as RegionId, type as resource_type, 1 as resources, '' as needs, '' as said
    from range(50) as accounts(account),
        (values ('aws-ec2-instance'), ('aws-ec2-instance/cpu'), ('aws-ec2-instance/network_in'),
            ('aws-ec2-instance/network_out')) as types(type)
"""


def measure(folder: Path) -> None:
    """Make the lake, and let another process find its savings; print seconds and the peak of memory."""
    settings, machines = settings_in(folder), scaled(_MACHINES)
    _make_lake(settings.lake, machines)
    seconds, cpu, gigabytes = _in_a_process("analyse")
    missed = machines >= _FULL and (seconds > _GOAL_S or gigabytes > _GOAL_GB)
    print(
        f"{machines:,} machines: {seconds:.1f} s, {cpu:.1f} s of CPU, {gigabytes:.2f} GB at most "
        f"(goal for {_FULL:,}: {_GOAL_S} s, {_GOAL_GB:.0f} GB){'  MISSED' if missed else ''}",
        flush=True,
    )
    # The checks look at 32 days; that a quarter of a year would do as well is worth a line.
    _in_a_process("look_back_further")


def _in_a_process(name: str) -> tuple[float, float, float]:
    """Run a function of this module by itself; give seconds, those of CPU, and the peak of memory in GB."""
    with stopwatch() as took:
        process = subprocess.Popen([sys.executable, "-c", _CODE.format(name)])
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return took.wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1e6


def analyse() -> None:
    """Do what the savings notebook does, in a process of its own, and say how long each part took."""
    frames = {}
    with open_lake(load_settings().lake) as lake:
        for name in READS:
            sql = figure_sql(name)
            with stopwatch() as took:
                frames[name] = run_query(lake, sql, bind(name, sql, _VALUES, {}))
            print(
                f"  {name:<26} {frames[name].height:>8,} rows {took.wall:6.1f} s {took.cpu:6.1f} s of CPU", flush=True
            )
    with stopwatch() as took:
        estate = Estate.of(frames, as_of=_AS_OF)
    print(f"  Estate.of                  {len(estate.resources):>8,} resources {took.wall:4.1f} s", flush=True)
    with stopwatch() as took:
        found, checks = find_in(estate), len(list(evaluations(estate)))
    print(f"  find_in, {checks} checks        {len(found):>8,} found {took.wall:8.1f} s", flush=True)


def look_back_further() -> None:
    """Read the utilisation of all days that there are."""
    sql = figure_sql(_UTILISATION).replace("interval 31 day", f"interval {_DAYS - 1} day")
    with open_lake(load_settings().lake) as lake, stopwatch() as took:
        rows = run_query(lake, sql, bind(_UTILISATION, sql, _VALUES, {})).height
    print(f"  {_UTILISATION} of {_DAYS} days: {rows:,} rows, {took.wall:.1f} s, {took.cpu:.1f} s of CPU", flush=True)


def _make_lake(place: Place, machines: int) -> None:
    ensure_lake(place)
    build(place)
    end = _AS_OF + timedelta(days=1)
    first = end - timedelta(days=_DAYS)
    parts = {"machines": machines, "busy": _BUSY, "billed": end - timedelta(days=_BILLED_DAYS), "last": _AS_OF}
    data = f"{place.table_data('metrics')}/x_Provider=aws/x_SourceId=bench"
    Path(data).mkdir(parents=True)
    with stopwatch() as took, open_lake(place, read_only=False) as lake:
        lake.con.execute("set preserve_insertion_order = false")
        for part in _PARTS:
            lake.con.execute(part.format(**parts))
        month = first
        while month < end:
            following = min(end, (month.replace(day=1) + timedelta(days=32)).replace(day=1))
            hours = _HOURS.format(**parts, first=month, end=following)
            file = f"{data}/{month:%Y-%m}-{uuid.uuid4()}.parquet"
            lake.con.execute(f"copy ({hours}) to '{sql_text(file)}' (format parquet, compression zstd)")
            add = f"call ducklake_add_data_files('lake', 'metrics', '{sql_text(file)}', hive_partitioning => true)"
            lake.con.execute(add)
            month = following
        for rows in (_INVENTORY, _BILL, _FRESH, _LOOKS):
            lake.con.execute(rows.format(**parts, first=first, end=end))
        [[hours_there]] = lake.con.execute("select count(*) from lake.metrics").fetchall()
    print(f"{hours_there:,} hours of {machines:,} machines, made in {took.wall:.0f} s", flush=True)
