-- question: which resources and regions moved in the series that left their range?
-- grain:    x_Provider x account_id x ServiceName x RegionId x ResourceId x day x BillingCurrency
-- unit:     effective_cost in BillingCurrency of usage that names a resource
-- reads:    daily_resource_cost
select
    x_Provider,
    account_id,
    ServiceName,
    coalesce(RegionId, '') as RegionId,
    ResourceId,
    coalesce(max(ResourceName), ResourceId) as ResourceName,
    day,
    BillingCurrency,
    sum(effective_cost) as effective_cost
from daily_resource_cost
where ChargeCategory = 'Usage'
    and day <= cast($as_of as date)
    and day > cast($as_of as date) - cast($history_days as integer)
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
    and concat(x_Provider, '/', account_id, '/', ServiceName) = any(cast($series as varchar[]))
group by x_Provider, account_id, ServiceName, coalesce(RegionId, ''), ResourceId, day, BillingCurrency
order by x_Provider, account_id, ServiceName, ResourceId, day
