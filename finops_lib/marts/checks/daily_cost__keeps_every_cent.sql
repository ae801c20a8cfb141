-- claim: adds up to the lake's charges in all four costs
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        count(*) as charges,
        sum(BilledCost) as billed_cost,
        sum(EffectiveCost) as effective_cost,
        sum(ListCost) as list_cost,
        sum(ContractedCost) as contracted_cost
    from cost
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
        sum(effective_cost) as effective_cost,
        sum(list_cost) as list_cost,
        sum(contracted_cost) as contracted_cost
    from daily_cost
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
    or kept.list_cost is distinct from held.list_cost
    or kept.contracted_cost is distinct from held.contracted_cost
