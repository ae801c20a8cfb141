-- Azure actual and amortized cost -> FOCUS. `source` (azure_cost.py) has every column that any agreement knows;
-- `regions`, `services` and `charge_types` are small tables. One row in, one row out.
with classified as (
    select
        *,
        lower(replace(coalesce(ChargeType, 'Usage'), ' ', '')) as charge_type,
        -- A reservation is in the columns of savings plans too, once a file is new enough to have them.
        coalesce(BenefitId, ReservationId) as commitment_id,
        coalesce(BenefitName, ReservationName) as commitment_name,
        case
            when lower(PricingModel) = 'savingsplan' or charge_type = 'unusedsavingsplan'
                or contains(lower(BenefitId), '/microsoft.billingbenefits/') then 'Savings Plan'
            when lower(PricingModel) = 'reservation' or charge_type = 'unusedreservation'
                or contains(lower(BenefitId), '/microsoft.capacity/') then 'Reservation'
            -- Legacy files have no pricing model; what is on demand keeps its reservation's id in none of them.
            when PricingModel is null and ReservationId is not null then 'Reservation'
        end as commitment_type,
        -- "10 Hours", "10K", "1 GB/Month": how many, thousands or millions, of what.
        regexp_extract(UnitOfMeasure, '^\s*([0-9][0-9,]*)\s*([KM]\b)?\s*(.*?)\s*$', ['count', 'scale', 'of']) as measure,
        lower(ResourceId) as resource,
        lower(regexp_replace(coalesce(ResourceLocation, Location), '[^A-Za-z0-9]', '', 'g')) as place
    from source
),
measured as (
    select
        *,
        commitment_type is not null and charge_type in ('purchase', 'refund') as is_commitment_purchase,
        case
            when commitment_type is null then null
            when starts_with(charge_type, 'unused') then 'Unused'
            when charge_type = 'usage' then 'Used'
        end as commitment_status,
        coalesce(try_cast(replace(measure['count'], ',', '') as BIGINT), 1)
            * case measure['scale'] when 'K' then 1000 when 'M' then 1000000 else 1 end as block_size,
        case
            when UnitOfMeasure is null then null
            when measure['count'] = '' then UnitOfMeasure
            when measure['of'] = '' then 'Units'
            when starts_with(measure['of'], '/') then 'Units' || measure['of']
            when lower(measure['of']) in ('hour', 'hours') then 'Hours'
            else measure['of']
        end as unit,
        -- Prices are in the pricing currency, which most agreements do not have beside the billing currency.
        case when coalesce(PricingCurrency, Currency) = Currency then 1 else ExchangeRateNumber end as rate,
        coalesce(PricingCurrency, Currency) = Currency as is_priced_as_billed,
        -- Azure writes a price that it does not know as 0; only what costs nothing and has no commitment may be free.
        commitment_type is null and CostNumber = 0 as may_be_free
    from classified
),
priced as (
    select
        *,
        case when PayGPriceNumber <> 0 or may_be_free then PayGPriceNumber end as list_price,
        case when UnitPriceNumber <> 0 or may_be_free then UnitPriceNumber end as contracted_price
    from measured
)
select
    -- Money. In actual cost a commitment is paid when it is bought, and what it covers costs nothing; in amortized cost
    -- it is the other way round. Which row of which file counts is decided in azure_pair.py.
    case when Dataset = 'actual' then Cost else '0' end as BilledCost,
    case
        when Dataset = 'actual' and (is_commitment_purchase or commitment_status is not null) then '0'
        else Cost
    end as EffectiveCost,
    -- Quantities are counted in blocks and prices are per block; factors have 12 decimals, so has the product. What is
    -- too large for that is not known rather than wrong.
    case
        when PayGCost is not null then cast(PayGCost as VARCHAR)
        else cast(try_cast(try_cast(QuantityNumber * list_price as DECIMAL(28,12)) * rate as DECIMAL(28,12)) as VARCHAR)
    end as ListCost,
    cast(try_cast(try_cast(QuantityNumber * contracted_price as DECIMAL(28,12)) * rate as DECIMAL(28,12)) as VARCHAR)
        as ContractedCost,
    case when list_price is not null and is_priced_as_billed then PayGPrice end as ListUnitPrice,
    case when contracted_price is not null and is_priced_as_billed then UnitPrice end as ContractedUnitPrice,
    Currency as BillingCurrency,
    PricingCurrency,
    case when list_price is not null and PricingCurrency is not null then PayGPrice end as PricingCurrencyListUnitPrice,
    case when contracted_price is not null and PricingCurrency is not null then UnitPrice end
        as PricingCurrencyContractedUnitPrice,
    case
        when Dataset = 'actual' and (is_commitment_purchase or commitment_status is not null)
            and CostInPricingCurrency is not null then '0'
        else CostInPricingCurrency
    end as PricingCurrencyEffectiveCost,

    -- Quantities: 0.5 of "10 Hours" is a pricing quantity of 0.5 in units of 10 hours, and 5 hours consumed.
    Quantity as PricingQuantity,
    case when block_size = 1 then unit else block_size || ' ' || unit end as PricingUnit,
    case
        when charge_type <> 'usage' then null
        when block_size = 1 then cast(Quantity as VARCHAR)
        else cast(try_cast(QuantityNumber as DECIMAL(20,12)) * try_cast(block_size as DECIMAL(18,0)) as VARCHAR)
    end as ConsumedQuantity,
    case when charge_type = 'usage' then unit end as ConsumedUnit,

    -- Time. A text that is no day stays, so that it is refused and shown.
    case
        when BillingPeriodStartDate is null then coalesce(cast(date_trunc('month', DateStart) as VARCHAR), Date)
        else coalesce(cast(BillingPeriodStartDateStart as VARCHAR), BillingPeriodStartDate)
    end as BillingPeriodStart,
    case
        when BillingPeriodStartDate is null
            then coalesce(cast(date_trunc('month', DateStart) + interval 1 month as VARCHAR), Date)
        when BillingPeriodEndDate is null then cast(BillingPeriodStartDateStart + interval 1 month as VARCHAR)
        -- The end is the last day, but for files that give the first day of the next month.
        when day(BillingPeriodEndDateStart) = day(BillingPeriodStartDateStart)
            and BillingPeriodEndDateStart > BillingPeriodStartDateStart then cast(BillingPeriodEndDateStart as VARCHAR)
        else coalesce(cast(BillingPeriodEndDateStart + interval 1 day as VARCHAR), BillingPeriodEndDate)
    end as BillingPeriodEnd,
    coalesce(cast(DateStart as VARCHAR), Date) as ChargePeriodStart,
    coalesce(cast(DateStart + interval 1 day as VARCHAR), Date) as ChargePeriodEnd,

    -- What kind of charge.
    coalesce(kind.ChargeCategory, 'Adjustment') as ChargeCategory,
    case when charge_type = 'refund' or PreviousInvoiceId is not null then 'Correction' end as ChargeClass,
    coalesce(ProductName, nullif(concat_ws(' - ', MeterCategory, MeterSubCategory, MeterName), '')) as ChargeDescription,
    case lower(Frequency)
        when 'onetime' then 'One-Time'
        when 'recurring' then 'Recurring'
        when 'usagebased' then 'Usage-Based'
        else Frequency
    end as ChargeFrequency,
    case
        when charge_type not in ('usage', 'unusedreservation', 'unusedsavingsplan', 'purchase', 'refund') then null
        when is_commitment_purchase then 'Standard'
        when commitment_type is not null then 'Committed'
        when lower(PricingModel) = 'spot' then 'Dynamic'
        when PricingModel is null or lower(PricingModel) = 'ondemand' then 'Standard'
        else 'Other'
    end as PricingCategory,

    -- Commitments.
    case commitment_type when 'Reservation' then 'Usage' when 'Savings Plan' then 'Spend' end
        as CommitmentDiscountCategory,
    case when commitment_type is not null then lower(commitment_id) end as CommitmentDiscountId,
    case when commitment_type is not null then commitment_name end as CommitmentDiscountName,
    commitment_status as CommitmentDiscountStatus,
    commitment_type as CommitmentDiscountType,
    reserved as CapacityReservationId,
    case
        when reserved is null then null
        when contains(resource, '/capacityreservations/') then 'Unused'
        else 'Used'
    end as CapacityReservationStatus,

    -- Who pays. An MCA is invoiced by billing profile; an EA writes its account into that column again.
    coalesce(BillingProfileId, BillingAccountId) as BillingAccountId,
    coalesce(BillingProfileName, BillingAccountName) as BillingAccountName,
    case
        when BillingProfileId <> BillingAccountId then 'Billing Profile'
        when coalesce(BillingProfileId, BillingAccountId) is not null then 'Billing Account'
    end as BillingAccountType,
    '/subscriptions/' || lower(regexp_replace(SubscriptionId, '^/?subscriptions/', '', 'i')) as SubAccountId,
    SubscriptionName as SubAccountName,
    case when SubscriptionId is not null then 'Subscription' end as SubAccountType,
    InvoiceId,
    'Microsoft' as ServiceProviderName,
    'Microsoft' as HostProviderName,
    coalesce(PartnerName, 'Microsoft') as InvoiceIssuerName,
    PublisherName,

    -- What was used. Azure writes one id in several letter cases, so it is compared in lower case (domain.md 0.1).
    -- What is unused is the commitment itself.
    coalesce(resource, case when commitment_status = 'Unused' then lower(commitment_id) end) as ResourceId,
    coalesce(ResourceName, nullif(regexp_extract(ResourceId, '/([^/]+)/?$', 1), '')) as ResourceName,
    coalesce(
        nullif(rtrim(concat_ws('/',
            nullif(regexp_extract(resource, '.*/providers/([^/]+/[^/]+)/[^/]+', 1), ''),
            nullif(regexp_extract(resource, '.*/providers/[^/]+/[^/]+/[^/]+/([^/]+)/[^/]+', 1), '')), '/'), ''),
        lower(ResourceType)
    ) as ResourceType,
    coalesce(MeterCategory, ServiceNameOfMeter, ConsumedService) as ServiceName,
    coalesce(by_meter.ServiceCategory, by_provider.ServiceCategory, 'Other') as ServiceCategory,
    coalesce(region.RegionId, nullif(place, '')) as RegionId,
    region.RegionName,
    AvailabilityZone,
    coalesce(ProductId, MeterId) as SkuId,
    PartNumber as SkuPriceId,
    MeterName as SkuMeter,
    -- An EA writes pairs without the braces around them.
    case
        when trim(Tags) in ('', '""') then null
        when starts_with(trim(Tags), '"') then '{' || Tags || '}'
        else Tags
    end as Tags,

    -- Beyond FOCUS, called as in Azure's own FOCUS export where that has it.
    case when ResourceId <> resource then ResourceId end as x_ResourceIdAsBilled,
    ResourceGroup as x_ResourceGroupName,
    AccountName as x_AccountName,
    AccountOwnerId as x_AccountOwnerId,
    BillingAccountId as x_BillingAccountId,
    BillingAccountName as x_BillingAccountName,
    BillingProfileId as x_BillingProfileId,
    BillingProfileName as x_BillingProfileName,
    InvoiceSectionId as x_InvoiceSectionId,
    InvoiceSectionName as x_InvoiceSectionName,
    PreviousInvoiceId as x_PreviousInvoiceId,
    CostCenter as x_CostCenter,
    CostAllocationRuleName as x_CostAllocationRuleName,
    ResellerName as x_ResellerName,
    ResellerMpnId as x_ResellerId,
    CustomerTenantId as x_CustomerId,
    CustomerName as x_CustomerName,
    EffectivePrice as x_EffectiveUnitPrice,
    -- FOCUS needs list and contracted prices in the billing currency; what Azure says stays where it says 0.
    case when list_price is null then cast(PayGPrice as VARCHAR) end as x_PayGPrice,
    case when contracted_price is null then cast(UnitPrice as VARCHAR) end as x_UnitPrice,
    CostInUsd as x_CostInUsd,
    cast(CostInPricingCurrency as VARCHAR) as x_CostInPricingCurrency,
    ExchangeRate as x_BillingExchangeRate,
    ExchangeRateDate as x_BillingExchangeRateDate,
    cast(block_size as VARCHAR) as x_PricingBlockSize,
    UnitOfMeasure as x_PricingUnitDescription,
    case when charge_type <> 'usage' then ChargeType end as x_ChargeType,
    PricingModel as x_PricingModel,
    PublisherType as x_PublisherCategory,
    PublisherId as x_PublisherId,
    IsAzureCreditEligible as x_SkuIsCreditEligible,
    MeterId as x_SkuMeterId,
    MeterCategory as x_SkuMeterCategory,
    MeterSubCategory as x_SkuMeterSubcategory,
    ServiceFamily as x_SkuServiceFamily,
    ServiceNameOfMeter as x_ServiceName,
    ServiceTier as x_SkuTier,
    ConsumedService as x_ConsumedService,
    ResourceLocation as x_ResourceLocation,
    Location as x_Location,
    MeterRegion as x_SkuRegion,
    OfferId as x_SkuOfferId,
    ProductOrderId as x_SkuOrderId,
    ProductOrderName as x_SkuOrderName,
    PlanName as x_SkuPlanName,
    Term as x_SkuTerm,
    ServiceInfo1 as x_ServiceInfo1,
    ServiceInfo2 as x_ServiceInfo2,
    AdditionalInfo as x_SkuDetails,
    ReservationId as x_ReservationId,
    ServicePeriodStartDate as x_ServicePeriodStart,
    ServicePeriodEndDate as x_ServicePeriodEnd,
    columns('^(x_(File|Row)$|other: )')
from (
    select
        *,
        case when json_valid(AdditionalInfo) then AdditionalInfo ->> 'VMCapacityReservationId' end as reserved
    from priced
)
left join charge_types as kind on kind.Key = charge_type
left join services as by_meter on by_meter.Key = lower(MeterCategory)
left join services as by_provider on by_provider.Key = lower(ConsumedService)
left join regions as region on region.Spelling = place
