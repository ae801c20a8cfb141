-- claim: adds up to the charges that name a commitment
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        count(*) as charges,
        sum(BilledCost) as billed_cost,
        sum(EffectiveCost) as effective_cost
    from cost
    where CommitmentDiscountId is not null
    group by all
),
kept as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        sum(charges) as charges,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from commitment_usage
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
    or kept.billed_cost is distinct from held.billed_cost
    or kept.effective_cost is distinct from held.effective_cost
