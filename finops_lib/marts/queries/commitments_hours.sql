-- question: what could commitments pay for in the last 90 complete days, what did they pay for, and how fine does the bill know it?
-- grain:    hour x period_hours x x_Provider x account_id x RegionId x usage_class x family x platform x use x CommitmentDiscountId x BillingCurrency
-- unit:     on_demand_cost and effective_cost in BillingCurrency over period_hours (1 = hourly, 24 = daily, more is coarser) from hour on; quantity as priced; unit_price = on demand, of one unit that reservations are counted in
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
    usage.hour,
    usage.period_hours,
    usage.x_Provider,
    usage.account_id,
    coalesce(usage.RegionId, '') as RegionId,
    usage.usage_class,
    usage.family,
    usage.platform,
    usage.use,
    coalesce(usage.CommitmentDiscountId, '') as CommitmentDiscountId,
    usage.BillingCurrency,
    min(sources.first_day) as source_first_day,
    min(sources.data_through) as data_through,
    sum(usage.on_demand_cost) as on_demand_cost,
    sum(usage.effective_cost) as effective_cost,
    sum(usage.quantity) as quantity,
    min(usage.unit_price) as unit_price
from hourly_committable_usage as usage
inner join sources
    on usage.x_Provider = sources.x_Provider
    and usage.x_SourceId = sources.x_SourceId
where usage.hour < sources.data_through + interval 1 day
    and usage.hour >= sources.data_through - interval 89 day
    -- The months whose files hold those days.
    and usage.x_BillingMonth >= date_trunc('month', cast($as_of as date)) - interval 6 month
    and usage.BillingCurrency = $currency
    and ($provider = '' or usage.x_Provider = $provider)
group by
    usage.hour,
    usage.period_hours,
    usage.x_Provider,
    usage.account_id,
    coalesce(usage.RegionId, ''),
    usage.usage_class,
    usage.family,
    usage.platform,
    usage.use,
    coalesce(usage.CommitmentDiscountId, ''),
    usage.BillingCurrency
order by usage.x_Provider, RegionId, usage.usage_class, usage.family, usage.platform, usage.account_id, usage.use, CommitmentDiscountId, usage.hour, usage.period_hours
