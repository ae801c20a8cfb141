-- question: which charges are behind an episode, those of the named resources first?
-- grain:    one row per charge
-- unit:     effective cost in BillingCurrency, quantity in PricingUnit
-- reads:    cost
select
    cast(ChargePeriodStart as date) as day,
    coalesce(SubAccountName, SubAccountId, BillingAccountName, BillingAccountId) as account_name,
    ServiceName,
    RegionId,
    coalesce(SkuMeter, ChargeDescription, SkuId) as sku_name,
    coalesce(ResourceName, ResourceId) as resource_name,
    ResourceId,
    ChargeCategory,
    coalesce(PricingQuantity, ConsumedQuantity) as quantity,
    coalesce(PricingUnit, ConsumedUnit) as unit,
    x_Team,
    BillingCurrency,
    EffectiveCost as effective_cost
from cost
where x_Provider = $provider
    and BillingCurrency = $currency
    and ChargePeriodStart >= cast($first_day as date)
    and ChargePeriodStart < cast($until as date) + interval 1 day
    and ($account = '' or coalesce(SubAccountId, BillingAccountId) = $account)
    and ($service = '' or ServiceName = $service)
    and ($region = '' or RegionId = $region)
    and ($project = '' or x_Project = $project)
    and ($team = '' or x_Team = $team)
    and ($environment = '' or x_Environment = $environment)
    and ($resource = '' or lower(ResourceId) = lower($resource))
order by
    case when list_contains(cast($suspects as varchar[]), coalesce(lower(ResourceId), '')) then 0 else 1 end,
    abs(EffectiveCost) desc,
    ChargePeriodStart,
    ResourceId,
    SkuId
limit cast($most as integer)
