-- question: how many days does each provider's main service need until a day is whole?
-- grain:    x_Provider x ServiceName x lag_days
-- unit:     completeness = share of the settled effective cost; days = usage days it was learned from
-- reads:    completeness_curve, daily_cost
with recent as (
    select
        x_Provider,
        ServiceName,
        BillingCurrency,
        sum(effective_cost) as effective_cost
    from daily_cost
    where ChargeCategory = 'Usage'
        and day > cast($as_of as date) - 30
        and day <= cast($as_of as date)
    group by x_Provider, ServiceName, BillingCurrency
),
main_services as (
    select
        x_Provider,
        ServiceName,
        effective_cost / nullif(sum(effective_cost) over (partition by x_Provider, BillingCurrency), 0) as share
    from recent
    qualify share > 0.05
)
select
    completeness_curve.x_Provider,
    completeness_curve.ServiceName,
    completeness_curve.lag_days,
    completeness_curve.completeness,
    completeness_curve.days
from completeness_curve
-- A week of days is the least to learn from (data_freshness).
where completeness_curve.days >= 7
    and (completeness_curve.x_Provider, completeness_curve.ServiceName) in (
        select (x_Provider, ServiceName) from main_services
    )
order by completeness_curve.x_Provider, completeness_curve.ServiceName, completeness_curve.lag_days
