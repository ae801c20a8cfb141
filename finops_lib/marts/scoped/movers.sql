-- question: which services, accounts and teams make up the cost of a scope in some run of days?
-- grain:    scope x first_day x end_day x dimension x value x charge_class x is_prior_correction x BillingCurrency
-- unit:     billed_cost and effective_cost in BillingCurrency
-- reads:    daily_cost, cost
with members as (
    select
        unnest($scopes) as scope,
        unnest($members) as member
),
windows as (
    select
        unnest($window_scopes) as scope,
        unnest($first_days) as first_day,
        unnest($end_days) as end_day
),
charges as (
    select
        windows.scope,
        windows.first_day,
        windows.end_day,
        member_cost.ServiceName,
        member_cost.account_id,
        member_cost.account_name,
        member_cost.x_Team,
        member_cost.charge_class,
        member_cost.is_prior_correction,
        member_cost.BillingCurrency,
        -- Cash counts on the day it is billed on, everything else on the day it is used on.
        sum(case
            when member_cost.billed_day >= windows.first_day and member_cost.billed_day < windows.end_day
                then member_cost.billed_cost
            else 0
        end) as billed_cost,
        sum(case
            when member_cost.day >= windows.first_day and member_cost.day < windows.end_day
                then member_cost.effective_cost
            else 0
        end) as effective_cost
    from windows
    inner join members
        on windows.scope = members.scope
    inner join member_cost
        on members.member = member_cost.member
        and greatest(member_cost.day, member_cost.billed_day) >= windows.first_day
        and least(member_cost.day, member_cost.billed_day) < windows.end_day
    group by all
),
by_dimension as (
    select 'service' as dimension, ServiceName as value, ServiceName as label, * from charges
    union all
    select 'account', account_id, account_name, * from charges
    union all
    select 'team', x_Team, x_Team, * from charges
)
select
    scope,
    first_day,
    end_day,
    dimension,
    value,
    max(label) as label,
    charge_class,
    is_prior_correction,
    BillingCurrency,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from by_dimension
group by scope, first_day, end_day, dimension, value, charge_class, is_prior_correction, BillingCurrency
order by all
