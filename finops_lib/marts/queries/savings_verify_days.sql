-- question: what was used of each of these resources on each day, and what did it cost with and without commitments?
-- grain:    day x x_Provider x account_id x ResourceId x meter x unit x BillingCurrency
-- unit:     effective and contracted cost in BillingCurrency, quantity in unit; usage only, no corrections
-- reads:    cost
with asked as (
    select distinct unnest(cast($resource_ids as varchar[])) as resource_id
),
charges as (
    select
        cast(ChargePeriodStart as date) as day,
        x_Provider,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        -- Azure writes one id in several letter cases.
        case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end as ResourceId,
        coalesce(SkuMeter, x_Extra['x_UsageType'], ChargeDescription, '') as meter,
        coalesce(ConsumedUnit, PricingUnit, '') as unit,
        coalesce(ConsumedQuantity, PricingQuantity, 0) as quantity,
        BillingCurrency,
        EffectiveCost,
        -- Exports write 0 for a contracted price they do not know, and some know no list price either.
        case
            when coalesce(ContractedCost, 0) <> 0 then ContractedCost
            when coalesce(ListCost, 0) <> 0 then ListCost
            else EffectiveCost
        end as contracted_cost
    from cost
    where ChargeCategory = 'Usage'
        and coalesce(ChargeClass, '') <> 'Correction'
        and coalesce(CommitmentDiscountStatus, 'Used') = 'Used'
        and BillingCurrency = $currency
        and ChargePeriodStart >= cast($since as date)
        and ChargePeriodStart < cast($as_of as date) + interval 1 day
)
select
    charges.day,
    charges.x_Provider,
    charges.account_id,
    charges.ResourceId,
    charges.meter,
    charges.unit,
    charges.BillingCurrency,
    sum(charges.quantity) as quantity,
    sum(charges.EffectiveCost) as effective_cost,
    sum(charges.contracted_cost) as contracted_cost
from charges
inner join asked on charges.ResourceId = asked.resource_id
group by
    charges.day,
    charges.x_Provider,
    charges.account_id,
    charges.ResourceId,
    charges.meter,
    charges.unit,
    charges.BillingCurrency
order by charges.day, charges.x_Provider, charges.account_id, charges.ResourceId, charges.meter, charges.unit
