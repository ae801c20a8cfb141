-- question: what did each scope cost on each day, by what a budget may count or leave out?
-- grain:    scope x x_Provider x x_SourceId x day x billed_day x charge_class x frequency x is_prior_correction x BillingCurrency
-- unit:     billed_cost and effective_cost in BillingCurrency; of all providers, for a budget knows none
-- reads:    daily_cost, cost, data_freshness
with members as (
    select
        unnest($scopes) as scope,
        unnest($members) as member
)
select
    members.scope,
    member_cost.x_Provider,
    member_cost.x_SourceId,
    member_cost.day,
    member_cost.billed_day,
    member_cost.charge_class,
    member_cost.frequency,
    member_cost.is_prior_correction,
    least(cast($as_of as date), data_freshness.complete_through) as complete_through,
    coalesce(
        data_freshness.delivered_at + to_hours(data_freshness.stale_after_hours) < cast($judged_at as timestamp),
        false
    ) as is_stale,
    data_freshness.delivered_at,
    member_cost.BillingCurrency,
    sum(member_cost.billed_cost) as billed_cost,
    sum(member_cost.effective_cost) as effective_cost
from members
inner join member_cost
    on members.member = member_cost.member
left join data_freshness
    on member_cost.x_Provider = data_freshness.x_Provider
    and member_cost.x_SourceId = data_freshness.x_SourceId
where member_cost.day <= cast($as_of as date)
group by all
order by all
