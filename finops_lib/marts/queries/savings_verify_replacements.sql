-- question: which resources of the same owner and meters began to be charged within a week of a resource's end?
-- grain:    ResourceId
-- unit:     effective_cost in BillingCurrency over charged_days days; usage only
-- reads:    cost
with charges as (
    select
        cast(ChargePeriodStart as date) as day,
        -- Azure writes one id in several letter cases.
        case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end as ResourceId,
        coalesce(SkuMeter, x_Extra['x_UsageType'], ChargeDescription, '') as meter,
        coalesce(RegionId, '') as region,
        coalesce(x_Team, '') as team,
        coalesce(x_Project, '') as project,
        coalesce(x_Environment, '') as environment,
        EffectiveCost
    from cost
    where ChargeCategory = 'Usage'
        and ResourceId is not null
        and x_Provider = $provider
        and coalesce(SubAccountId, BillingAccountId) = $account
        and BillingCurrency = $currency
        and ChargePeriodStart >= cast($implemented_on as date) - interval 60 day
        and ChargePeriodStart < cast($as_of as date) + interval 1 day
),
former as (
    select distinct
        meter,
        region,
        team,
        project,
        environment
    from charges
    where ResourceId = $resource_id
        -- What belongs to nobody is told from what belongs to nobody by nothing.
        and (team <> '' or project <> '')
),
-- Only what is charged by the same meter for the same owner in the same place can have taken its place.
alike as (
    select
        charges.ResourceId,
        charges.EffectiveCost,
        charges.day
    from charges
    inner join former
        on charges.meter = former.meter
        and charges.region = former.region
        and charges.team = former.team
        and charges.project = former.project
        and charges.environment = former.environment
    where charges.ResourceId <> $resource_id
),
-- A resource may have begun with another meter: its first day is that of any.
firsts as (
    select
        ResourceId,
        min(day) as first_day
    from charges
    group by ResourceId
),
newcomers as (
    select
        alike.ResourceId,
        firsts.first_day,
        sum(alike.EffectiveCost) as effective_cost
    from alike
    inner join firsts on alike.ResourceId = firsts.ResourceId
    group by alike.ResourceId, firsts.first_day
)
select
    ResourceId,
    first_day,
    date_diff('day', first_day, cast($as_of as date)) + 1 as charged_days,
    effective_cost
from newcomers
where first_day between cast($implemented_on as date) - 7 and cast($implemented_on as date) + 7
    -- Where such resources come and go anyway, one that came says nothing.
    and not exists (
        select 1
        from newcomers as earlier
        where earlier.first_day between cast($implemented_on as date) - 52 and cast($implemented_on as date) - 8
    )
order by ResourceId
