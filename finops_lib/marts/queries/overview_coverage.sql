-- question: how much of this billing month's cost has an owner in each allocation dimension?
-- grain:    dimension
-- unit:     effective_cost without Tax and Credit in the run's currency, and the part of it that is allocated
-- reads:    tag_coverage
select
    dimension,
    sum(effective_cost) as effective_cost,
    sum(allocated_effective_cost) as allocated_effective_cost
from tag_coverage
where x_BillingMonth = date_trunc('month', cast($as_of as date))
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
group by dimension
order by dimension
