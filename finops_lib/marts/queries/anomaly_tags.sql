-- question: which values of which tags have the charges of a node in an episode, and on the days it is compared with?
-- grain:    tag_key x tag_value x BillingCurrency
-- unit:     effective cost of usage in BillingCurrency; sums over the days of a side, each as often as it counts
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
        unnest(map_entries(Tags)) as tag,
        BillingCurrency,
        EffectiveCost
    from cost
    where x_Provider = $provider
        and BillingCurrency = $currency
        and ChargeCategory = 'Usage'
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
    charges.tag.key as tag_key,
    charges.tag.value as tag_value,
    charges.BillingCurrency,
    coalesce(sum(charges.EffectiveCost * windows.weight) filter (where windows.side = 'before'), 0) as cost_before,
    coalesce(sum(charges.EffectiveCost * windows.weight) filter (where windows.side = 'during'), 0) as cost_during
from charges
inner join windows
    on charges.day = windows.day
    and windows.pace = 'week'
where charges.tag.value is not null
group by charges.tag.key, charges.tag.value, charges.BillingCurrency
order by all
