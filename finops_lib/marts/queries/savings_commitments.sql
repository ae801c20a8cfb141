-- question: which part of each commitment was paid for and not used in the last whole month?
-- grain:    x_Provider x CommitmentDiscountId x x_BillingMonth x BillingCurrency
-- unit:     used and unused effective cost in BillingCurrency
-- reads:    commitment_usage, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        least(cast($as_of as date), complete_through) as data_through
    from data_freshness
    where complete_through is not null
)
select
    usage.x_Provider,
    usage.CommitmentDiscountId,
    max(usage.CommitmentDiscountName) as CommitmentDiscountName,
    max(usage.CommitmentDiscountType) as CommitmentDiscountType,
    usage.x_BillingMonth,
    usage.BillingCurrency,
    max(sources.data_through) as data_through,
    sum(usage.used_effective_cost) as used_effective_cost,
    sum(usage.unused_effective_cost) as unused_effective_cost
from commitment_usage as usage
inner join sources
    on usage.x_Provider = sources.x_Provider
    and usage.x_SourceId = sources.x_SourceId
-- The mart knows whole months only, so a month that still runs would show days after the last included one.
where usage.x_BillingMonth = date_trunc('month', sources.data_through + interval 1 day) - interval 1 month
    and usage.x_BillingMonth >= date_trunc('month', cast($as_of as date)) - interval 2 month
    and usage.BillingCurrency = $currency
    and ($provider = '' or usage.x_Provider = $provider)
group by usage.x_Provider, usage.CommitmentDiscountId, usage.x_BillingMonth, usage.BillingCurrency
order by usage.x_Provider, usage.CommitmentDiscountId, usage.x_BillingMonth
