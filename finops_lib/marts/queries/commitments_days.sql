-- question: how much of each commitment was used on each of the last 90 complete days?
-- grain:    x_Provider x CommitmentDiscountId x day x BillingCurrency
-- unit:     used and unused effective cost, and what the used part would have cost on demand, in BillingCurrency; is_hourly = the bill knows the hours as well
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
    usage.CommitmentDiscountId,
    cast(usage.hour as date) as day,
    usage.BillingCurrency,
    min(sources.data_through) as data_through,
    max(usage.period_hours) = 1 as is_hourly,
    coalesce(sum(usage.effective_cost) filter (where usage.use <> 'unused'), 0) as used_effective_cost,
    coalesce(sum(usage.effective_cost) filter (where usage.use = 'unused'), 0) as unused_effective_cost,
    coalesce(sum(usage.on_demand_cost) filter (where usage.use <> 'unused'), 0) as covered_on_demand_cost
from hourly_committable_usage as usage
inner join sources
    on usage.x_Provider = sources.x_Provider
    and usage.x_SourceId = sources.x_SourceId
where usage.CommitmentDiscountId is not null
    and usage.hour < sources.data_through + interval 1 day
    and usage.hour >= sources.data_through - interval 89 day
    and usage.x_BillingMonth >= date_trunc('month', cast($as_of as date)) - interval 6 month
    and usage.BillingCurrency = $currency
    and ($provider = '' or usage.x_Provider = $provider)
group by usage.x_Provider, usage.CommitmentDiscountId, cast(usage.hour as date), usage.BillingCurrency
order by usage.x_Provider, usage.CommitmentDiscountId, day
