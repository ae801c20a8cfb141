-- claim: speaks about all effective cost but tax and credit
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        sum(effective_cost) as effective_cost,
        sum(charges) as charges
    from daily_cost
    where ChargeCategory not in ('Tax', 'Credit')
    group by all
),
dimensions as (
    select unnest(['organization', 'project', 'team', 'environment', 'cost_center']) as dimension
),
wanted as (
    select held.*, dimensions.dimension
    from held
    cross join dimensions
)
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    dimension,
    coalesce(tag_coverage.effective_cost, 0) - coalesce(wanted.effective_cost, 0) as residual
from wanted
full join tag_coverage using (x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, dimension)
where tag_coverage.effective_cost is distinct from wanted.effective_cost
    or tag_coverage.charges is distinct from wanted.charges
