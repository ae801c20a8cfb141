-- question: on which day was each of these resources charged last?
-- grain:    x_Provider x account_id x ResourceId
-- unit:     last_day is a charge day; usage only
-- reads:    cost
with asked as (
    select distinct unnest(cast($resource_ids as varchar[])) as resource_id
),
charges as (
    select
        x_Provider,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        -- Azure writes one id in several letter cases.
        case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end as ResourceId,
        cast(ChargePeriodStart as date) as day
    from cost
    where ChargeCategory = 'Usage'
        and ChargePeriodStart < cast($as_of as date) + interval 1 day
)
select
    charges.x_Provider,
    charges.account_id,
    charges.ResourceId,
    max(charges.day) as last_day
from charges
inner join asked on charges.ResourceId = asked.resource_id
group by charges.x_Provider, charges.account_id, charges.ResourceId
order by charges.x_Provider, charges.account_id, charges.ResourceId
