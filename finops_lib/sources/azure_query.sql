-- Sums of Azure's cost query, by day and group -> FOCUS. `source` (azure_query.py) has every dimension that has a place
-- here, null where it was not asked for. One row in, one row out.
with classified as (
    select
        *,
        lower(replace(coalesce(ChargeType, 'Usage'), ' ', '')) as charge_type,
        lower(replace(coalesce(PricingModel, ''), ' ', '')) as pricing_model,
        lower(ResourceId) as resource,
        lower(regexp_replace(ResourceLocation, '[^A-Za-z0-9]', '', 'g')) as place,
        lower(coalesce(
            SubscriptionId, nullif(regexp_extract(coalesce(ResourceId, Scope), '(?i)subscriptions/([^/]+)', 1), '')
        )) as subscription
    from source
),
committed as (
    select
        *,
        case
            when pricing_model = 'savingsplan' or charge_type = 'unusedsavingsplan' then 'Savings Plan'
            when pricing_model = 'reservation' or charge_type = 'unusedreservation' then 'Reservation'
        end as commitment_type
    from classified
)
select
    ActualCost as BilledCost,
    AmortizedCost as EffectiveCost,
    Currency as BillingCurrency,
    date_trunc('month', cast(UsageDate as DATE)) as BillingPeriodStart,
    date_trunc('month', cast(UsageDate as DATE)) + interval 1 month as BillingPeriodEnd,
    cast(UsageDate as DATE) as ChargePeriodStart,
    cast(UsageDate as DATE) + interval 1 day as ChargePeriodEnd,
    coalesce(kind.ChargeCategory, 'Adjustment') as ChargeCategory,
    case when charge_type = 'refund' then 'Correction' end as ChargeClass,
    coalesce(Product, Meter, ServiceName) as ChargeDescription,
    case lower(Frequency)
        when 'onetime' then 'One-Time'
        when 'recurring' then 'Recurring'
        when 'usagebased' then 'Usage-Based'
        else Frequency
    end as ChargeFrequency,
    case
        when charge_type not in ('usage', 'unusedreservation', 'unusedsavingsplan', 'purchase', 'refund') then null
        when charge_type in ('purchase', 'refund') then 'Standard'
        when commitment_type is not null then 'Committed'
        when pricing_model = 'spot' then 'Dynamic'
        when pricing_model in ('ondemand', '') then 'Standard'
        else 'Other'
    end as PricingCategory,
    case commitment_type when 'Reservation' then 'Usage' when 'Savings Plan' then 'Spend' end
        as CommitmentDiscountCategory,
    case when commitment_type is not null then lower(coalesce(BenefitId, ReservationId)) end as CommitmentDiscountId,
    case when commitment_type is not null then coalesce(BenefitName, ReservationName) end as CommitmentDiscountName,
    case
        when commitment_type is null then null
        when starts_with(charge_type, 'unused') then 'Unused'
        when charge_type = 'usage' then 'Used'
    end as CommitmentDiscountStatus,
    commitment_type as CommitmentDiscountType,
    coalesce(
        BillingProfileId, BillingAccountId, nullif(regexp_extract(Scope, '(?i)billingAccounts/([^/]+)', 1), '')
    ) as BillingAccountId,
    coalesce(BillingProfileName, BillingAccountName) as BillingAccountName,
    '/subscriptions/' || subscription as SubAccountId,
    SubscriptionName as SubAccountName,
    case when subscription is not null then 'Subscription' end as SubAccountType,
    InvoiceId,
    'Microsoft' as ServiceProviderName,
    'Microsoft' as HostProviderName,
    'Microsoft' as InvoiceIssuerName,
    resource as ResourceId,
    nullif(regexp_extract(ResourceId, '/([^/]+)/?$', 1), '') as ResourceName,
    lower(ResourceType) as ResourceType,
    coalesce(ServiceName, MeterCategory) as ServiceName,
    coalesce(by_service.ServiceCategory, by_meter.ServiceCategory, 'Other') as ServiceCategory,
    coalesce(region.RegionId, nullif(place, '')) as RegionId,
    region.RegionName,
    Meter as SkuMeter,
    -- Beyond FOCUS, called as in Azure's own FOCUS export.
    case when ResourceId <> resource then ResourceId end as x_ResourceIdAsBilled,
    ResourceGroupName as x_ResourceGroupName,
    BillingAccountId as x_BillingAccountId,
    case when charge_type <> 'usage' then ChargeType end as x_ChargeType,
    PricingModel as x_PricingModel,
    PublisherType as x_PublisherCategory,
    MeterCategory as x_SkuMeterCategory,
    MeterSubcategory as x_SkuMeterSubcategory,
    ServiceFamily as x_SkuServiceFamily,
    Scope as x_QueryScope,
    columns('^x_')
from committed
left join charge_types as kind on kind.Key = charge_type
left join services as by_service on by_service.Key = lower(ServiceName)
left join services as by_meter on by_meter.Key = lower(MeterCategory)
left join regions as region on region.Spelling = place
