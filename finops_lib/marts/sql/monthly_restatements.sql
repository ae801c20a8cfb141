-- question: what changed in each month since it was first reported, and why?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x ServiceName x part
-- unit:     changes of billed and effective cost in BillingCurrency that add up to the month's change; moved = money now under other tags; charges that were touched
-- reads:    loads, load_changes
with deliveries as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        load_number,
        max(delivered_at) as delivered_at
    from loads
    group by x_Provider, x_SourceId, x_BillingMonth, load_number
),
-- A month that was not over, or still settling, when it was delivered is not reported yet: that it grows is no news.
first_reports as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        min(load_number) as load_number
    from deliveries
    where delivered_at >= x_BillingMonth + interval 1 month + interval 3 day
    group by x_Provider, x_SourceId, x_BillingMonth
),
history as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        load_number,
        rows_loaded - coalesce(lag(rows_loaded) over (
            partition by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency order by load_number
        ), 0) as rows_change,
        billed_loaded - coalesce(lag(billed_loaded) over (
            partition by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency order by load_number
        ), 0) as billed_change,
        effective_loaded - coalesce(lag(effective_loaded) over (
            partition by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency order by load_number
        ), 0) as effective_change
    from loads
),
later_loads as (
    select history.*
    from history
    inner join first_reports
        on history.x_Provider = first_reports.x_Provider
        and history.x_SourceId = first_reports.x_SourceId
        and history.x_BillingMonth = first_reports.x_BillingMonth
    where history.load_number > first_reports.load_number
),
explained_loads as (
    select distinct load_number
    from load_changes
),
parts as (
    select
        load_changes.x_Provider,
        load_changes.x_SourceId,
        load_changes.x_BillingMonth,
        load_changes.BillingCurrency,
        load_changes.ServiceName,
        load_changes.part,
        load_changes.charges,
        load_changes.rows_change,
        load_changes.billed_change,
        load_changes.effective_change,
        load_changes.billed_moved,
        load_changes.effective_moved
    from load_changes
    inner join first_reports
        on load_changes.x_Provider = first_reports.x_Provider
        and load_changes.x_SourceId = first_reports.x_SourceId
        and load_changes.x_BillingMonth = first_reports.x_BillingMonth
    where load_changes.load_number > first_reports.load_number
    union all
    -- Loads of before the parts were kept.
    select
        later_loads.x_Provider,
        later_loads.x_SourceId,
        later_loads.x_BillingMonth,
        later_loads.BillingCurrency,
        cast(null as varchar) as ServiceName,
        'not told apart' as part,
        cast(null as bigint) as charges,
        later_loads.rows_change,
        later_loads.billed_change,
        later_loads.effective_change,
        0 as billed_moved,
        0 as effective_moved
    from later_loads
    left join explained_loads
        on later_loads.load_number = explained_loads.load_number
    where explained_loads.load_number is null
        and (later_loads.rows_change <> 0 or later_loads.billed_change <> 0 or later_loads.effective_change <> 0)
)
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    ServiceName,
    part,
    cast(sum(charges) as bigint) as charges,
    cast(sum(rows_change) as bigint) as rows_change,
    cast(sum(billed_change) as decimal(38, 12)) as billed_cost_change,
    cast(sum(effective_change) as decimal(38, 12)) as effective_cost_change,
    cast(sum(billed_moved) as decimal(38, 12)) as billed_cost_moved,
    cast(sum(effective_moved) as decimal(38, 12)) as effective_cost_moved
from parts
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, ServiceName, part
