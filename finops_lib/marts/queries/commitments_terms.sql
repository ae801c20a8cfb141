-- question: which commitments are there, since when, until when as far as the bill says, and what are they worth?
-- grain:    x_Provider x CommitmentDiscountId x BillingCurrency
-- unit:     costs in BillingCurrency over the last 30 days in which the bill has rows of it, which are recent_days; paid_through = end of the newest purchase's period, exclusive, null where the bill names no purchase
-- reads:    hourly_committable_usage, cost, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day,
        least(cast($as_of as date), complete_through) as data_through
    from data_freshness
    where complete_through is not null
),
named as (
    select
        cost.x_Provider,
        cost.CommitmentDiscountId,
        cost.BillingCurrency,
        max(cost.CommitmentDiscountName) as CommitmentDiscountName,
        max(cost.CommitmentDiscountType) as CommitmentDiscountType,
        max(cost.CommitmentDiscountCategory) as CommitmentDiscountCategory,
        max_by(cast(cost.ChargePeriodStart as date), cost.ChargePeriodStart) filter (where cost.ChargeCategory = 'Purchase') as paid_from,
        max_by(cast(cost.ChargePeriodEnd as date), cost.ChargePeriodStart) filter (where cost.ChargeCategory = 'Purchase') as paid_through,
        max_by(coalesce(cost.SubAccountId, cost.BillingAccountId), cost.ChargePeriodStart)
            filter (where cost.ChargeCategory = 'Purchase' or cost.CommitmentDiscountStatus = 'Unused') as owner_account_id
    from cost
    inner join sources
        on cost.x_Provider = sources.x_Provider
        and cost.x_SourceId = sources.x_SourceId
    where cost.CommitmentDiscountId is not null
        and cost.ChargePeriodStart < sources.data_through + interval 1 day
        and cost.BillingCurrency = $currency
        and ($provider = '' or cost.x_Provider = $provider)
    group by cost.x_Provider, cost.CommitmentDiscountId, cost.BillingCurrency
),
days as (
    select
        usage.x_Provider,
        usage.CommitmentDiscountId,
        usage.BillingCurrency,
        cast(usage.hour as date) as day,
        min(sources.first_day) as source_first_day,
        min(sources.data_through) as data_through,
        coalesce(sum(usage.effective_cost) filter (where usage.use <> 'unused'), 0) as used_effective_cost,
        coalesce(sum(usage.effective_cost) filter (where usage.use = 'unused'), 0) as unused_effective_cost,
        coalesce(sum(usage.on_demand_cost) filter (where usage.use <> 'unused'), 0) as covered_on_demand_cost
    from hourly_committable_usage as usage
    inner join sources
        on usage.x_Provider = sources.x_Provider
        and usage.x_SourceId = sources.x_SourceId
    where usage.CommitmentDiscountId is not null
        and usage.hour < sources.data_through + interval 1 day
        and usage.BillingCurrency = $currency
        and ($provider = '' or usage.x_Provider = $provider)
    group by usage.x_Provider, usage.CommitmentDiscountId, usage.BillingCurrency, cast(usage.hour as date)
),
dated as (
    select
        days.*,
        max(day) over (partition by x_Provider, CommitmentDiscountId, BillingCurrency) as newest_day
    from days
)
select
    dated.x_Provider,
    dated.CommitmentDiscountId,
    dated.BillingCurrency,
    coalesce(max(named.CommitmentDiscountName), '') as CommitmentDiscountName,
    coalesce(max(named.CommitmentDiscountType), '') as CommitmentDiscountType,
    coalesce(max(named.CommitmentDiscountCategory), '') as CommitmentDiscountCategory,
    coalesce(max(named.owner_account_id), '') as owner_account_id,
    min(dated.source_first_day) as source_first_day,
    min(dated.data_through) as data_through,
    min(dated.day) as first_day,
    max(dated.day) as last_day,
    max(named.paid_from) as paid_from,
    max(named.paid_through) as paid_through,
    count(*) filter (where dated.day > dated.newest_day - 30) as recent_days,
    coalesce(sum(dated.used_effective_cost) filter (where dated.day > dated.newest_day - 30), 0) as used_effective_cost,
    coalesce(sum(dated.unused_effective_cost) filter (where dated.day > dated.newest_day - 30), 0) as unused_effective_cost,
    coalesce(sum(dated.covered_on_demand_cost) filter (where dated.day > dated.newest_day - 30), 0) as covered_on_demand_cost
from dated
left join named
    on dated.x_Provider = named.x_Provider
    and dated.CommitmentDiscountId = named.CommitmentDiscountId
    and dated.BillingCurrency = named.BillingCurrency
group by dated.x_Provider, dated.CommitmentDiscountId, dated.BillingCurrency
order by dated.x_Provider, dated.CommitmentDiscountId
