-- Cost Explorer's answers (`source`, aws_cost_explorer.py) in FOCUS columns.
--
-- The fee of a commitment is paid where it is bought, and its amortized cost is what nobody used of it: that comes as a
-- charge of its own, `Unused`, as in FOCUS. The amortized cost of usage holds the used part already.
with parts as (
    select
        *,
        -- An amount that is no number has to be refused, not left out.
        unnest(case
            when RecordClass = 'commitment' and amortized_exactly is distinct from 0 then ['charge', 'unused']
            else ['charge']
        end) as part
    from source
)
select
    case when part = 'unused' then '0' else Billed end as BilledCost,
    case when RecordClass = 'commitment' and part = 'charge' then '0' else Amortized end as EffectiveCost,
    PayerAccount as BillingAccountId,
    Currency as BillingCurrency,
    BillingMonth as BillingPeriodStart,
    BillingMonthEnd as BillingPeriodEnd,
    PeriodStart as ChargePeriodStart,
    PeriodEnd as ChargePeriodEnd,
    case
        when part = 'unused' or RecordClass = 'usage' then 'Usage'
        when RecordClass in ('commitment', 'fee') then 'Purchase'
        when RecordClass = 'tax' then 'Tax'
        when RecordClass in ('credit', 'refund') then 'Credit'
        else 'Adjustment'
    end as ChargeCategory,
    case
        when RecordClass = 'difference' then 'What the parts of Cost Explorer''s answer lack to its total'
        when part = 'unused' then 'Unused: ' || coalesce(Service, 'commitment')
        else RecordClass || ': ' || coalesce(Service, 'all services')
    end as ChargeDescription,
    case when RecordClass = 'usage' or part = 'unused' then 'Usage-Based' end as ChargeFrequency,
    case when part = 'unused' then 'Unused' end as CommitmentDiscountStatus,
    case when RecordClass = 'usage' then nullif(UsageUnit, 'N/A') end as ConsumedUnit,
    -- A sum over units that differ is no quantity; AWS then says that the unit is not applicable.
    case when RecordClass = 'usage' and UsageUnit <> 'N/A' then UsageQuantity end as ConsumedQuantity,
    'AWS' as InvoiceIssuerName,
    nullif(nullif(Region, 'NoRegion'), 'global') as RegionId,
    coalesce(services.service_category, 'Other') as ServiceCategory,
    coalesce(Service, 'AWS') as ServiceName,
    services.service_subcategory as ServiceSubcategory,
    'AWS' as ServiceProviderName,
    LinkedAccount as SubAccountId,
    LinkedAccountName as SubAccountName,
    -- Keys that AWS made say so themselves.
    case
        when TagKey is not null and TagValue is not null
            then map {case when starts_with(TagKey, 'aws:') then TagKey else 'user:' || TagKey end: TagValue}
    end as Tags,
    RecordClass as x_RecordClass,
    Metrics as x_Metrics,
    Estimated as x_Estimated,
    columns('^x_(File|Row)$')
from parts
left join services on services.service_name = Service
