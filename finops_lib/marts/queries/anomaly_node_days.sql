-- question: what did a node of the estate use on each day whose bill is whole?
-- grain:    day x BillingCurrency
-- unit:     effective_cost in BillingCurrency of usage only, as it is judged; days without a charge are left out
-- reads:    daily_cost, daily_resource_cost, data_freshness
with usage as (
    select
        x_SourceId,
        day,
        BillingCurrency,
        effective_cost
    from daily_cost
    where $resource = ''
        and x_Provider = $provider
        and BillingCurrency = $currency
        and ChargeCategory = 'Usage'
        and not is_prior_correction
        and coalesce(ChargeFrequency, 'Usage-Based') = 'Usage-Based'
        and ($account = '' or account_id = $account)
        and ($service = '' or ServiceName = $service)
        and ($region = '' or RegionId = $region)
        and ($project = '' or x_Project = $project)
        and ($team = '' or x_Team = $team)
        and ($environment = '' or x_Environment = $environment)
    union all
    select
        x_SourceId,
        day,
        BillingCurrency,
        effective_cost
    from daily_resource_cost
    where $resource <> ''
        -- Azure writes one id in several letter cases.
        and lower(ResourceId) = lower($resource)
        and x_Provider = $provider
        and BillingCurrency = $currency
        and ChargeCategory = 'Usage'
        and ($account = '' or account_id = $account)
        and ($service = '' or ServiceName = $service)
)
select
    usage.day,
    usage.BillingCurrency,
    min(data_freshness.first_day) as source_first_day,
    min(least(cast($as_of as date), data_freshness.complete_through)) as complete_through,
    sum(usage.effective_cost) as effective_cost
from usage
inner join data_freshness
    on data_freshness.x_Provider = $provider
    and usage.x_SourceId = data_freshness.x_SourceId
-- Without a whole day there is none to show; and least() passes over what is null.
where data_freshness.complete_through is not null
    and usage.day <= least(cast($as_of as date), data_freshness.complete_through)
    and usage.day > cast($as_of as date) - cast($history_days as integer)
group by usage.day, usage.BillingCurrency
order by usage.day
