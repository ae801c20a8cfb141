-- question: what did each account's services cost in each billing month, and who owns it?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x account_id x ServiceName x ServiceCategory x ChargeCategory x x_Organization x x_Project x x_Team x x_Environment x x_CostCenter x BillingCurrency
-- unit:     billed, effective, list and contracted cost in BillingCurrency; credits and refunds kept negative
-- reads:    daily_cost
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    account_id,
    max(account_name) as account_name,
    ServiceName,
    ServiceCategory,
    ChargeCategory,
    x_Organization,
    x_Project,
    x_Team,
    x_Environment,
    x_CostCenter,
    BillingCurrency,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost,
    sum(list_cost) as list_cost,
    sum(contracted_cost) as contracted_cost,
    cast(sum(charges) as bigint) as charges
from daily_cost
group by all
