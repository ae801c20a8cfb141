-- question: how much of what commitments could pay for did they pay for in each month, and how much of them was used?
-- grain:    x_Provider x month x BillingCurrency
-- unit:     costs in BillingCurrency through the last complete day: on demand = what was not covered, at contracted prices (eligible usage only); unpriced = covered usage whose price the bill does not give; hourly = what of covered and on demand is known by the hour
-- reads:    hourly_committable_usage, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day,
        least(cast($as_of as date), complete_through) as data_through
    from data_freshness
    where complete_through is not null
)
select
    usage.x_Provider,
    cast(date_trunc('month', usage.hour) as date) as month,
    usage.BillingCurrency,
    min(sources.data_through) as data_through,
    coalesce(sum(usage.effective_cost) filter (where usage.use in ('covered', 'covered, price unknown')), 0) as used_effective_cost,
    coalesce(sum(usage.effective_cost) filter (where usage.use = 'unused'), 0) as unused_effective_cost,
    coalesce(sum(usage.effective_cost) filter (where usage.use = 'on-demand'), 0) as on_demand_effective_cost,
    coalesce(sum(usage.on_demand_cost) filter (where usage.use in ('covered', 'covered, price unknown')), 0) as covered_on_demand_cost,
    coalesce(sum(usage.on_demand_cost) filter (where usage.use = 'covered, price unknown'), 0) as unpriced_on_demand_cost,
    coalesce(sum(usage.on_demand_cost) filter (where usage.use = 'on-demand'), 0) as eligible_on_demand_cost,
    coalesce(sum(usage.on_demand_cost) filter (where usage.period_hours = 1), 0) as hourly_on_demand_cost,
    sum(usage.list_cost) as list_cost
from hourly_committable_usage as usage
inner join sources
    on usage.x_Provider = sources.x_Provider
    and usage.x_SourceId = sources.x_SourceId
where usage.hour < sources.data_through + interval 1 day
    and usage.hour >= date_trunc('month', cast($as_of as date)) - interval 12 month
    and usage.BillingCurrency = $currency
    and ($provider = '' or usage.x_Provider = $provider)
group by usage.x_Provider, cast(date_trunc('month', usage.hour) as date), usage.BillingCurrency
order by usage.x_Provider, month
