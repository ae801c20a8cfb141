-- question: what did each account's services cost on each day, and who owns it?
-- grain:    day x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x ServiceName x ServiceCategory x ChargeCategory x ChargeFrequency x charge_class x is_prior_correction x x_Organization x x_Project x x_Team x x_Environment x x_CostCenter x BillingCurrency
-- unit:     billed, effective, list and contracted cost in BillingCurrency; credits and refunds kept negative
-- reads:    cost
with charges as (
    select
        -- A charge belongs to the UTC day on which it starts; a month-long charge rests on its first day.
        cast(ChargePeriodStart as date) as day,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        case when SubAccountId is null then BillingAccountName else SubAccountName end as account_name,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        RegionId,
        ServiceName,
        ServiceCategory,
        ChargeCategory,
        ChargeFrequency,
        case
            when ChargeCategory = 'Usage' and CommitmentDiscountStatus = 'Unused' then 'unused_commitment'
            when ChargeCategory = 'Usage' then 'usage'
            when ChargeCategory = 'Purchase' and CommitmentDiscountId is not null then 'commitment_purchase'
            -- Old exports do not name the commitment: what is paid for and spread over later usage costs nothing itself.
            when ChargeCategory = 'Purchase' and BilledCost <> 0 and EffectiveCost = 0 then 'commitment_purchase'
            when ChargeCategory = 'Purchase' then 'purchase'
            when ChargeCategory = 'Tax' then 'tax'
            when ChargeCategory = 'Credit' then 'credit'
            else 'adjustment'
        end as charge_class,
        -- It belongs to a month that was invoiced before.
        coalesce(ChargeClass = 'Correction', false) as is_prior_correction,
        x_Organization,
        x_Project,
        x_Team,
        x_Environment,
        x_CostCenter,
        BillingCurrency,
        BilledCost,
        EffectiveCost,
        ListCost,
        ContractedCost
    from cost
)
select
    day,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    account_id,
    -- An account that was renamed is still one account.
    max(account_name) as account_name,
    RegionId,
    ServiceName,
    ServiceCategory,
    ChargeCategory,
    ChargeFrequency,
    charge_class,
    is_prior_correction,
    x_Organization,
    x_Project,
    x_Team,
    x_Environment,
    x_CostCenter,
    BillingCurrency,
    sum(BilledCost) as billed_cost,
    sum(EffectiveCost) as effective_cost,
    sum(ListCost) as list_cost,
    sum(ContractedCost) as contracted_cost,
    count(*) as charges
from charges
group by all
