-- question: what did each scope that a budget can have cost on each day, since the month before?
-- grain:    scope_type x scope_value x x_Provider x day x ChargeCategory x is_scheduled x is_complete x BillingCurrency
-- unit:     billed_cost and effective_cost in BillingCurrency; of all providers, for a budget knows none
-- reads:    daily_cost, data_freshness
with charges as (
    select
        daily_cost.day,
        daily_cost.x_Provider,
        daily_cost.x_Organization,
        daily_cost.x_Project,
        daily_cost.x_Team,
        daily_cost.x_Environment,
        daily_cost.ServiceName,
        daily_cost.account_id,
        daily_cost.ChargeCategory,
        coalesce(daily_cost.ChargeFrequency, 'Usage-Based') <> 'Usage-Based' as is_scheduled,
        daily_cost.BillingCurrency,
        data_freshness.complete_through is not null and daily_cost.day <= data_freshness.complete_through as is_complete,
        least(cast($as_of as date), data_freshness.complete_through) as complete_through,
        daily_cost.billed_cost,
        daily_cost.effective_cost
    from daily_cost
    inner join data_freshness
        on daily_cost.x_Provider = data_freshness.x_Provider
        and daily_cost.x_SourceId = data_freshness.x_SourceId
    where daily_cost.day <= cast($as_of as date)
        and daily_cost.day >= date_trunc('month', cast($as_of as date)) - interval 1 month - interval 10 day
),
scoped as (
    select 'organization' as scope_type, x_Organization as scope_value, * from charges
    union all
    select 'project', x_Project, * from charges
    union all
    select 'team', x_Team, * from charges
    union all
    select 'environment', x_Environment, * from charges
    union all
    select 'service', ServiceName, * from charges
    union all
    select 'account', account_id, * from charges
)
select
    scope_type,
    scope_value,
    x_Provider,
    day,
    ChargeCategory,
    is_scheduled,
    is_complete,
    min(complete_through) as complete_through,
    BillingCurrency,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from scoped
where scope_value is not null
group by scope_type, scope_value, x_Provider, day, ChargeCategory, is_scheduled, is_complete, BillingCurrency
order by scope_type, scope_value, day
