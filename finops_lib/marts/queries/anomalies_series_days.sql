-- question: what did each service of each account use on each day?
-- grain:    x_Provider x account_id x ServiceName x day x BillingCurrency
-- unit:     effective_cost in BillingCurrency of usage only: fees, purchases, taxes, credits and corrections follow the calendar
-- reads:    daily_cost, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day,
        least(cast($as_of as date), complete_through) as complete_through
    from data_freshness
    where complete_through is not null
)
select
    daily_cost.x_Provider,
    daily_cost.account_id,
    coalesce(max(daily_cost.account_name), daily_cost.account_id) as account_name,
    daily_cost.ServiceName,
    coalesce(max_by(daily_cost.x_Team, daily_cost.effective_cost) filter (where daily_cost.x_Team is not null), '') as team,
    daily_cost.day,
    daily_cost.BillingCurrency,
    min(sources.first_day) as source_first_day,
    min(sources.complete_through) as complete_through,
    sum(daily_cost.effective_cost) as effective_cost
from daily_cost
inner join sources
    on daily_cost.x_Provider = sources.x_Provider
    and daily_cost.x_SourceId = sources.x_SourceId
where daily_cost.ChargeCategory = 'Usage'
    and not daily_cost.is_prior_correction
    and coalesce(daily_cost.ChargeFrequency, 'Usage-Based') = 'Usage-Based'
    and daily_cost.day <= sources.complete_through
    and daily_cost.day > sources.complete_through - cast($history_days as integer)
    and daily_cost.BillingCurrency = $currency
    and ($provider = '' or daily_cost.x_Provider = $provider)
group by daily_cost.x_Provider, daily_cost.account_id, daily_cost.ServiceName, daily_cost.day, daily_cost.BillingCurrency
order by daily_cost.x_Provider, daily_cost.account_id, daily_cost.ServiceName, daily_cost.day
