-- question: what did the last day, the month and the year cost, against the time before?
-- grain:    one row
-- unit:     effective_cost in the run's currency, all charges; null where the lake does not reach back far enough
-- reads:    daily_cost, data_freshness
with dates as (
    select
        cast($as_of as date) as as_of,
        cast(date_trunc('month', cast($as_of as date)) as date) as month_start,
        cast(date_trunc('month', cast($as_of as date)) - interval 1 month as date) as former_month_start,
        -- The same day of the month before, or its last day where it is shorter.
        cast(cast($as_of as date) - interval 1 month as date) as former_month_day,
        cast(date_trunc('year', cast($as_of as date)) as date) as year_start,
        cast(date_trunc('year', cast($as_of as date)) - interval 1 year as date) as former_year_start,
        cast(cast($as_of as date) - interval 1 year as date) as former_year_day
),
charges as (
    select
        daily_cost.day,
        daily_cost.effective_cost,
        daily_cost.ChargeCategory = 'Usage' as is_usage
    from daily_cost
    cross join dates
    where daily_cost.day <= dates.as_of
        and daily_cost.BillingCurrency = $currency
        and ($provider = '' or daily_cost.x_Provider = $provider)
),
sums as (
    select
        min(day) as first_day,
        sum(effective_cost) filter (where day = as_of) as day_cost,
        sum(effective_cost) filter (where day = as_of - 7) as week_before_cost,
        sum(effective_cost) filter (where day >= month_start) as month_cost,
        sum(effective_cost) filter (where day >= former_month_start and day <= former_month_day) as former_month_cost,
        sum(effective_cost) filter (where day >= former_month_start and day < month_start) as former_month_whole_cost,
        sum(effective_cost) filter (where day >= year_start) as year_cost,
        sum(effective_cost) filter (where day >= former_year_start and day <= former_year_day) as former_year_cost,
        sum(effective_cost) filter (where day >= former_year_start and day < year_start) as before_year_cost,
        sum(effective_cost) filter (where day > as_of - 30) as last_30_cost,
        sum(effective_cost) filter (where day > as_of - 60 and day <= as_of - 30) as former_30_cost,
        sum(effective_cost) filter (where day > as_of - 30 and not is_usage) as last_30_other_cost
    from charges
    cross join dates
),
sources as (
    select
        complete_through,
        newest_day,
        max(newest_day) over () as newest_of_all
    from data_freshness
    where $provider = '' or x_Provider = $provider
),
-- A source that stopped delivering does not make every day of the others incomplete.
live as (
    select min(complete_through) as complete_through
    from sources
    where date_diff('day', newest_day, newest_of_all) <= 7
)
select
    as_of,
    first_day,
    live.complete_through,
    day_cost,
    week_before_cost,
    month_cost,
    former_month_day,
    case when first_day <= former_month_start then former_month_cost end as former_month_cost,
    case when first_day <= former_month_start then former_month_whole_cost end as former_month_whole_cost,
    year_cost,
    greatest(year_start, first_day) as year_first_day,
    case when first_day <= former_year_start then former_year_cost end as former_year_cost,
    before_year_cost,
    case when first_day < year_start then greatest(former_year_start, first_day) end as before_year_first_day,
    coalesce(last_30_cost, 0) as last_30_cost,
    case when first_day <= as_of - 59 then former_30_cost end as former_30_cost,
    coalesce(last_30_other_cost, 0) as last_30_other_cost
from sums
cross join dates
cross join live
where first_day is not null
