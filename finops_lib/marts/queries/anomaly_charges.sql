-- question: what did the charges of a node cost in an episode, and on the days it is compared with?
-- grain:    account_id x ServiceName x RegionId x sku x PricingUnit x ResourceId x x_Team x x_Project x x_Environment x charge_kind x BillingCurrency
-- unit:     costs in BillingCurrency, quantity in PricingUnit; sums over the days of a side, each as often as it counts
-- reads:    cost
with windows as (
    select
        unnest(cast($window_sides as varchar[])) as side,
        unnest(cast($window_paces as varchar[])) as pace,
        unnest(cast($window_days as date[])) as day,
        unnest(cast($window_weights as integer[])) as weight
),
charges as (
    select
        cast(ChargePeriodStart as date) as day,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        coalesce(case when SubAccountId is null then BillingAccountName else SubAccountName end, '') as account_name,
        coalesce(ServiceName, '') as ServiceName,
        coalesce(RegionId, '') as RegionId,
        -- Not the price id first: it changes when a commitment covers the same item, which is the question here.
        coalesce(SkuId, SkuPriceId, SkuMeter, ChargeDescription, '') as sku,
        coalesce(SkuMeter, ChargeDescription, SkuId, '') as sku_name,
        coalesce(PricingUnit, ConsumedUnit, '') as PricingUnit,
        -- Azure writes one id in several letter cases.
        coalesce(case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end, '') as ResourceId,
        coalesce(ResourceName, ResourceId, '') as resource_name,
        coalesce(x_Team, '') as x_Team,
        coalesce(x_Project, '') as x_Project,
        coalesce(x_Environment, '') as x_Environment,
        case
            when ChargeClass = 'Correction' then 'correction'
            when ChargeCategory = 'Usage' and CommitmentDiscountStatus = 'Unused' then 'unused_commitment'
            when ChargeCategory in ('Usage', 'Purchase') and EffectiveCost < 0 then 'refund'
            when ChargeCategory = 'Usage' and coalesce(ChargeFrequency, 'Usage-Based') = 'Usage-Based' then 'usage'
            when ChargeCategory in ('Usage', 'Purchase') then 'fee'
            when ChargeCategory = 'Tax' then 'tax'
            when ChargeCategory = 'Credit' then 'credit'
            else 'adjustment'
        end as charge_kind,
        BillingCurrency,
        EffectiveCost,
        ListCost,
        -- Exports write 0 for a contracted price they do not know.
        case when coalesce(ContractedCost, 0) = 0 then ListCost else ContractedCost end as contracted_cost,
        case when PricingCurrency <> BillingCurrency then PricingCurrencyEffectiveCost end as priced_cost,
        coalesce(PricingQuantity, ConsumedQuantity) as quantity
    from cost
    where x_Provider = $provider
        and BillingCurrency = $currency
        and ChargePeriodStart >= cast($since as date)
        and ChargePeriodStart < cast($until as date) + interval 1 day
        and ($account = '' or coalesce(SubAccountId, BillingAccountId) = $account)
        and ($service = '' or ServiceName = $service)
        and ($region = '' or RegionId = $region)
        and ($project = '' or x_Project = $project)
        and ($team = '' or x_Team = $team)
        and ($environment = '' or x_Environment = $environment)
        and ($resource = '' or lower(ResourceId) = lower($resource))
)
select
    charges.account_id,
    max(charges.account_name) as account_name,
    charges.ServiceName,
    charges.RegionId,
    charges.sku,
    max(charges.sku_name) as sku_name,
    charges.PricingUnit,
    charges.ResourceId,
    max(charges.resource_name) as resource_name,
    charges.x_Team,
    charges.x_Project,
    charges.x_Environment,
    charges.charge_kind,
    charges.BillingCurrency,
    coalesce(sum(charges.EffectiveCost * windows.weight) filter (where windows.side = 'before'), 0) as cost_before,
    coalesce(sum(charges.EffectiveCost * windows.weight) filter (where windows.side = 'during'), 0) as cost_during,
    coalesce(sum(charges.quantity * windows.weight) filter (where windows.side = 'before'), 0) as quantity_before,
    coalesce(sum(charges.quantity * windows.weight) filter (where windows.side = 'during'), 0) as quantity_during,
    coalesce(sum(charges.ListCost * windows.weight) filter (where windows.side = 'before'), 0) as list_before,
    coalesce(sum(charges.ListCost * windows.weight) filter (where windows.side = 'during'), 0) as list_during,
    coalesce(sum(charges.contracted_cost * windows.weight) filter (where windows.side = 'before'), 0) as contracted_before,
    coalesce(sum(charges.contracted_cost * windows.weight) filter (where windows.side = 'during'), 0) as contracted_during,
    coalesce(sum(charges.priced_cost * windows.weight) filter (where windows.side = 'before'), 0) as priced_before,
    coalesce(sum(charges.priced_cost * windows.weight) filter (where windows.side = 'during'), 0) as priced_during,
    count(*) filter (where charges.EffectiveCost <> 0 and coalesce(charges.ListCost, 0) <= 0) as unlisted,
    count(*) filter (where charges.EffectiveCost <> 0 and coalesce(charges.priced_cost, 0) <= 0) as unpriced,
    count(*) filter (where charges.day < cast($first_day as date)) as earlier
from charges
-- Days that are not compared tell what is new from what only rests on some weekdays.
left join windows
    on charges.day = windows.day
    and windows.pace = case when charges.charge_kind in ('usage', 'unused_commitment') then 'week' else 'month' end
group by
    charges.account_id,
    charges.ServiceName,
    charges.RegionId,
    charges.sku,
    charges.PricingUnit,
    charges.ResourceId,
    charges.x_Team,
    charges.x_Project,
    charges.x_Environment,
    charges.charge_kind,
    charges.BillingCurrency
having count(windows.day) > 0
order by all
