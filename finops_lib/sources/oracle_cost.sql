-- Oracle's cost report in FOCUS columns; `source` has its columns under fixed names (oracle_cost.py).
select
    -- myCost is what the usage costs, whether it is drawn from universal credits or billed as overage: so it is in
    -- Oracle's own FOCUS files. Which part is overage is kept in oci_CostOverage.
    my_cost as BilledCost,
    my_cost as EffectiveCost,
    my_cost as ContractedCost,
    -- The price already is the contract's.
    unit_price as ContractedUnitPrice,
    currency_code as BillingCurrency,
    subscription_id as BillingAccountId,
    cast(null as VARCHAR) as BillingAccountName,
    interval_start[:7] || '-01T00:00:00Z' as BillingPeriodStart,
    try_cast(interval_start[:7] || '-01' as TIMESTAMP) + interval 1 month as BillingPeriodEnd,
    interval_start as ChargePeriodStart,
    interval_end as ChargePeriodEnd,
    -- The report has rows of usage only; a negative one takes back usage.
    'Usage' as ChargeCategory,
    case when lower(is_correction) = 'true' then 'Correction' end as ChargeClass,
    description as ChargeDescription,
    'Usage-Based' as ChargeFrequency,
    'Standard' as PricingCategory,
    billed_quantity as PricingQuantity,
    coalesce(sku_unit, billing_unit) as PricingUnit,
    billed_quantity as ConsumedQuantity,
    coalesce(billing_unit, sku_unit) as ConsumedUnit,
    'Oracle' as ServiceProviderName,
    'Oracle' as InvoiceIssuerName,
    'Oracle' as HostProviderName,
    service as ServiceName,
    -- By the words of Oracle's service names; what is not clear is Other.
    case
        when service in ('COMPUTE', 'FUNCTIONS', 'CONTAINER_INSTANCES', 'OKE', 'CONTAINER_ENGINE') then 'Compute'
        when service in ('BLOCK_STORAGE', 'OBJECTSTORAGE', 'OBJECT_STORAGE', 'FILE_STORAGE', 'ARCHIVE_STORAGE')
            then 'Storage'
        when service in ('NETWORK', 'VCN', 'LOAD_BALANCER', 'LBAAS', 'DNS', 'FASTCONNECT') then 'Networking'
        when service like '%DATABASE%' or service in ('MYSQL', 'NOSQL', 'POSTGRESQL', 'AUTONOMOUS') then 'Databases'
        when service in ('ANALYTICS', 'DATA_FLOW', 'BIG_DATA') then 'Analytics'
        when service like '%GENERATIVE_AI%' or service in ('DATA_SCIENCE', 'AI_SERVICES') then 'AI and Machine Learning'
        when service in ('LOGGING', 'MONITORING', 'TELEMETRY') then 'Management and Governance'
        when service in ('KMS', 'VAULT', 'WAF', 'CLOUD_GUARD') then 'Security'
        when service = 'IDENTITY' then 'Identity'
        else 'Other'
    end as ServiceCategory,
    product_sku as SkuId,
    region as RegionId,
    availability_domain as AvailabilityZone,
    resource_id as ResourceId,
    case when starts_with(resource_id, 'ocid') then nullif(split_part(resource_id, '.', 2), '') end as ResourceType,
    tenant_id as SubAccountId,
    tags as Tags,
    -- Under the names of Oracle's own FOCUS files.
    reference_no as oci_ReferenceNumber,
    backreference_no as oci_BackReferenceNumber,
    compartment_id as oci_CompartmentId,
    compartment_name as oci_CompartmentName,
    overage_flag as oci_OverageFlag,
    unit_price_overage as oci_UnitPriceOverage,
    billed_quantity_overage as oci_BilledQuantityOverage,
    my_cost_overage as oci_CostOverage,
    attributed_usage as oci_AttributedUsage,
    attributed_cost as oci_AttributedCost,
    columns('^x_')
from source
