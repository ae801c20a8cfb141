-- question: what did each service of each account and owner cost on each day, and what of it follows the calendar?
-- grain:    x_Provider x account_id x RegionId x ServiceName x x_Organization x x_Project x x_Team x x_Environment x x_CostCenter x day x BillingCurrency
-- unit:     effective and billed cost in BillingCurrency, all charges; scheduled = the part that is not charged by usage: fees, purchases, taxes, adjustments, one-time credits
-- reads:    daily_cost, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        complete_through
    from data_freshness
),
charges as (
    select
        daily_cost.*,
        sources.complete_through,
        daily_cost.ChargeCategory in ('Usage', 'Credit')
            and coalesce(daily_cost.ChargeFrequency, 'Usage-Based') = 'Usage-Based' as is_by_usage
    from daily_cost
    inner join sources
        on daily_cost.x_Provider = sources.x_Provider
        and daily_cost.x_SourceId = sources.x_SourceId
    where daily_cost.day <= cast($as_of as date)
        and daily_cost.day > cast($as_of as date) - cast($history_days as integer)
)
select
    x_Provider,
    account_id,
    RegionId,
    ServiceName,
    x_Organization,
    x_Project,
    x_Team,
    x_Environment,
    x_CostCenter,
    day,
    BillingCurrency,
    min(complete_through) as complete_through,
    sum(effective_cost) as effective_cost,
    coalesce(sum(effective_cost) filter (where not is_by_usage), 0) as effective_scheduled,
    sum(billed_cost) as billed_cost,
    coalesce(sum(billed_cost) filter (where not is_by_usage), 0) as billed_scheduled
from charges
group by x_Provider, account_id, RegionId, ServiceName, x_Organization, x_Project, x_Team, x_Environment, x_CostCenter, day, BillingCurrency
order by x_Provider, account_id, RegionId, ServiceName, x_Organization, x_Project, x_Team, x_Environment, x_CostCenter, day, BillingCurrency
