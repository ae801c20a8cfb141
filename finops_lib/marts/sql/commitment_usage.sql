-- question: how much of each commitment was used, how much was wasted, and what was paid for it?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x CommitmentDiscountId x BillingCurrency
-- unit:     used, unused and covered list cost, purchases as billed, all in BillingCurrency; charges without a commitment are left out
-- reads:    cost
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    CommitmentDiscountId,
    max(CommitmentDiscountName) as CommitmentDiscountName,
    max(CommitmentDiscountType) as CommitmentDiscountType,
    max(CommitmentDiscountCategory) as CommitmentDiscountCategory,
    BillingCurrency,
    coalesce(sum(EffectiveCost) filter (where CommitmentDiscountStatus = 'Used'), 0) as used_effective_cost,
    coalesce(sum(EffectiveCost) filter (where CommitmentDiscountStatus = 'Unused'), 0) as unused_effective_cost,
    coalesce(sum(ListCost) filter (where CommitmentDiscountStatus = 'Used'), 0) as covered_list_cost,
    coalesce(sum(BilledCost) filter (where ChargeCategory = 'Purchase'), 0) as purchased_billed_cost,
    sum(EffectiveCost) as effective_cost,
    sum(BilledCost) as billed_cost,
    count(*) as charges
from cost
where CommitmentDiscountId is not null
group by x_Provider, x_SourceId, x_BillingMonth, CommitmentDiscountId, BillingCurrency
