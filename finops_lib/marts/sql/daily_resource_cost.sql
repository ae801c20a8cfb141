-- question: what did each resource cost on each day, and how much of it was used?
-- grain:    day x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x ServiceName x ResourceId x ChargeCategory x PricingCategory x SkuMeter x ConsumedUnit x BillingCurrency
-- unit:     billed, effective, list and contracted cost in BillingCurrency, consumed_quantity in ConsumedUnit; charges without a resource are left out
-- reads:    cost
with charges as (
    select
        cast(ChargePeriodStart as date) as day,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        RegionId,
        ServiceName,
        ServiceCategory,
        ResourceId,
        ResourceName,
        ResourceType,
        ChargeCategory,
        PricingCategory,
        SkuMeter,
        ConsumedUnit,
        ConsumedQuantity,
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
    where ResourceId is not null
)
select
    day,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    account_id,
    RegionId,
    ServiceName,
    max(ServiceCategory) as ServiceCategory,
    ResourceId,
    max(ResourceName) as ResourceName,
    max(ResourceType) as ResourceType,
    ChargeCategory,
    PricingCategory,
    SkuMeter,
    ConsumedUnit,
    -- A resource has one owner a day; where its tags changed within the day, one of them is taken.
    max(x_Organization) as x_Organization,
    max(x_Project) as x_Project,
    max(x_Team) as x_Team,
    max(x_Environment) as x_Environment,
    max(x_CostCenter) as x_CostCenter,
    BillingCurrency,
    sum(ConsumedQuantity) as consumed_quantity,
    sum(BilledCost) as billed_cost,
    sum(EffectiveCost) as effective_cost,
    sum(ListCost) as list_cost,
    sum(ContractedCost) as contracted_cost,
    count(*) as charges
from charges
group by
    day,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    account_id,
    RegionId,
    ServiceName,
    ResourceId,
    ChargeCategory,
    PricingCategory,
    SkuMeter,
    ConsumedUnit,
    BillingCurrency
