-- claim: adds up to the usage charges that name a commitment
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        count(*) as charges,
        sum(EffectiveCost) as effective_cost
    from cost
    where CommitmentDiscountId is not null
        and ChargeCategory = 'Usage'
        and ChargeClass is null
    group by all
),
kept as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        sum(charges) as charges,
        sum(effective_cost) as effective_cost
    from hourly_committable_usage
    where CommitmentDiscountId is not null
    group by all
)
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    coalesce(kept.effective_cost, 0) - coalesce(held.effective_cost, 0) as residual
from held
full join kept using (x_Provider, x_SourceId, x_BillingMonth, BillingCurrency)
where kept.charges is distinct from held.charges
    or kept.effective_cost is distinct from held.effective_cost
