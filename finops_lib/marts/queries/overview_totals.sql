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
        -- What follows the calendar (fees, purchases, taxes, one-time credits) is known, not extrapolated.
        daily_cost.ChargeCategory in ('Usage', 'Credit')
            and coalesce(daily_cost.ChargeFrequency, 'Usage-Based') = 'Usage-Based' as is_daily
    from daily_cost
    cross join dates
    where daily_cost.day <= dates.as_of
        and daily_cost.BillingCurrency = $currency
        and ($provider = '' or daily_cost.x_Provider = $provider)
),
lake_days as (
    select min(day) as first_day
    from charges
),
sources as (
    select complete_through, newest_day, max(newest_day) over () as newest_of_all
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
    dates.as_of,
    lake_days.first_day,
    live.complete_through,
    sum(effective_cost) filter (where day = as_of) as day_cost,
    sum(effective_cost) filter (where day = as_of - 7) as week_before_cost,
    sum(effective_cost) filter (where day >= month_start) as month_cost,
    dates.former_month_day,
    case
        when first_day <= former_month_start
            then sum(effective_cost) filter (where day >= former_month_start and day <= dates.former_month_day)
    end as former_month_cost,
    case
        when first_day <= former_month_start
            then sum(effective_cost) filter (where day >= former_month_start and day < month_start)
    end as former_month_whole_cost,
    coalesce(sum(effective_cost) filter (where is_daily and day > as_of - 7), 0) as last_week_usage,
    least(7, as_of - first_day + 1) as last_week_days,
    date_diff('day', as_of, last_day(as_of)) as days_left,
    sum(effective_cost) filter (where day >= year_start) as year_cost,
    greatest(year_start, first_day) as year_first_day,
    case
        when first_day <= former_year_start
            then sum(effective_cost) filter (where day >= former_year_start and day <= former_year_day)
    end as former_year_cost,
    sum(effective_cost) filter (where day < year_start and day >= former_year_start) as before_year_cost,
    case when first_day < year_start then year_start - greatest(first_day, former_year_start) end as before_year_days,
    sum(effective_cost) filter (where day > as_of - 30) as last_30_cost,
    case
        when first_day <= as_of - 59 then sum(effective_cost) filter (where day <= as_of - 30 and day > as_of - 60)
    end as former_30_cost,
    sum(effective_cost) filter (where day > as_of - 30 and not is_daily) as last_30_calendar_cost
from charges
cross join dates
cross join lake_days
cross join live
group by all
