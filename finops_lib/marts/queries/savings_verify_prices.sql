-- question: has the provider changed the price of these meters between two windows, as all other resources pay it?
-- grain:    meter
-- unit:     price_before and price_after in BillingCurrency per unit, without commitments
-- reads:    cost
with asked as (
    select distinct unnest(cast($meters as varchar[])) as meter
),
charges as (
    select
        coalesce(SkuMeter, x_Extra['x_UsageType'], ChargeDescription, '') as meter,
        cast(ChargePeriodStart as date) <= cast($before_last as date) as is_before,
        coalesce(ConsumedQuantity, PricingQuantity, 0) as quantity,
        case when coalesce(ContractedCost, 0) <> 0 then ContractedCost else ListCost end as contracted_cost
    from cost
    where ChargeCategory = 'Usage'
        and coalesce(ChargeClass, '') <> 'Correction'
        and coalesce(PricingCategory, 'Standard') <> 'Dynamic'
        and x_Provider = $provider
        and BillingCurrency = $currency
        and ($region = '' or RegionId = $region)
        and coalesce(lower(ResourceId), '') <> lower($resource_id)
        and (
            (
                ChargePeriodStart >= cast($before_first as date)
                and ChargePeriodStart < cast($before_last as date) + interval 1 day
            )
            or (
                ChargePeriodStart >= cast($after_first as date)
                and ChargePeriodStart < cast($after_last as date) + interval 1 day
            )
        )
),
prices as (
    select
        charges.meter,
        sum(charges.contracted_cost) filter (where is_before) as cost_before,
        sum(charges.quantity) filter (where is_before) as quantity_before,
        sum(charges.contracted_cost) filter (where not is_before) as cost_after,
        sum(charges.quantity) filter (where not is_before) as quantity_after
    from charges
    inner join asked on charges.meter = asked.meter
    where charges.quantity > 0 and charges.contracted_cost > 0
    group by charges.meter
)
select
    meter,
    cost_before,
    quantity_before,
    cost_after,
    quantity_after
from prices
where quantity_before > 0 and quantity_after > 0
order by meter
