-- AWS line items (`source`, aws_line_items.py) in FOCUS columns. All of `source` is text, except the amounts of unused
-- commitments, which are added up. `charged` is the cost net of negotiated discounts, where the report says so.
--
-- Money: what AWS charges is the sum over all line items. SavingsPlanCoveredUsage is written at its price without the
-- plan, and SavingsPlanNegation takes the same off again: the first is billed 0 here and the second left out. Should
-- the two not cancel to the last digit, the rest is a charge of its own, so that no cent is lost.
-- A commitment is paid by its fee, whose effective cost is 0, and comes back in the effective cost of the usage it
-- covers. What nobody used comes back as a charge that AWS's reports do not have, `Unused`: it bills nothing.
with kinds as (
    select
        *,
        case
            when line_item_line_item_type in ('DiscountedUsage', 'SavingsPlanCoveredUsage') then 'covered'
            when line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee', 'SavingsPlanUpfrontFee') then 'commitment'
            -- The upfront fee of a reservation is a plain Fee.
            when line_item_line_item_type = 'Fee' and reservation_reservation_a_r_n is not null then 'commitment'
            when line_item_line_item_type = 'Usage' then 'usage'
            when line_item_line_item_type = 'Fee' then 'fee'
            when line_item_line_item_type = 'Tax' then 'tax'
            when line_item_line_item_type = 'Refund' then 'refund'
            -- Negotiated discounts that are not in the net columns of other line items are credits of their own.
            when line_item_line_item_type = 'Credit' or line_item_line_item_type like '%Discount' then 'credit'
            else 'other'
        end as kind,
        coalesce(savings_plan_savings_plan_a_r_n, reservation_reservation_a_r_n) as commitment_id,
        case line_item_line_item_type
            when 'SavingsPlanRecurringFee'
                then savings_plan_total_commitment_to_date - savings_plan_used_commitment
            when 'RIFee'
                then coalesce(
                    nullif(
                        reservation_net_unused_amortized_upfront_fee_for_billing_period
                        + reservation_net_unused_recurring_fee,
                        0
                    ),
                    reservation_unused_amortized_upfront_fee_for_billing_period + reservation_unused_recurring_fee
                )
            else 0
        end as unused
    from source
    where line_item_line_item_type is distinct from 'SavingsPlanNegation'
),
parts as (
    -- `unused` is null where an amount in it is no number: such a charge has to be refused, not left out.
    select *, unnest(case when unused = 0 then ['charge'] else ['charge', 'unused'] end) as part
    from kinds
),
named as (
    select
        parts.* replace (case when part = 'unused' then 'unused' else kind end as kind),
        by_code.service_name,
        -- Usage of EC2 and its network traffic have one product code; the name alone says nothing then.
        coalesce(by_code.service_category, by_name.service_category, 'Other') as service_category,
        coalesce(by_code.service_subcategory, by_name.service_subcategory) as service_subcategory
    from parts
    left join services as by_code on by_code.product_code = line_item_product_code
    left join services as by_name on by_name.service_name = product_product_name and by_code.product_code is null
)
select
    line_item_availability_zone as AvailabilityZone,
    case when kind = 'unused' or line_item_line_item_type = 'SavingsPlanCoveredUsage' then '0' else charged end
        as BilledCost,
    bill_payer_account_id as BillingAccountId,
    bill_payer_account_name as BillingAccountName,
    line_item_currency_code as BillingCurrency,
    bill_billing_period_start_date as BillingPeriodStart,
    -- Some exports write the period's last second; in FOCUS a period ends where the next begins.
    case
        when substr(bill_billing_period_end_date, 12, 8) = '23:59:59'
            then cast(try_cast(left(bill_billing_period_end_date, 19) as TIMESTAMP) + interval 1 second as VARCHAR)
        else bill_billing_period_end_date
    end as BillingPeriodEnd,
    case
        when kind in ('usage', 'covered', 'unused') then 'Usage'
        when kind in ('commitment', 'fee') then 'Purchase'
        when kind = 'tax' then 'Tax'
        when kind in ('credit', 'refund') then 'Credit'
        else 'Adjustment'
    end as ChargeCategory,
    -- Money back for a month that is invoiced already corrects that invoice; within the month it is a plain credit.
    case
        when kind = 'refund' and left(line_item_usage_start_date, 10) < left(bill_billing_period_start_date, 10)
            then 'Correction'
    end as ChargeClass,
    case when kind = 'unused' then 'Unused: ' || coalesce(commitment_id, '') else line_item_line_item_description end
        as ChargeDescription,
    case
        when kind in ('usage', 'covered', 'unused') then 'Usage-Based'
        when line_item_line_item_type in ('RIFee', 'SavingsPlanRecurringFee') then 'Recurring'
        else 'One-Time'
    end as ChargeFrequency,
    line_item_usage_start_date as ChargePeriodStart,
    -- A fee is charged at a moment; FOCUS wants a period, and the shortest that AWS knows is a second.
    case
        when line_item_usage_end_date = line_item_usage_start_date
            then cast(try_cast(left(line_item_usage_start_date, 19) as TIMESTAMP) + interval 1 second as VARCHAR)
        else line_item_usage_end_date
    end as ChargePeriodEnd,
    case
        when kind not in ('covered', 'commitment', 'unused') then null
        when savings_plan_savings_plan_a_r_n is not null then 'Spend'
        else 'Usage'
    end as CommitmentDiscountCategory,
    case when kind in ('covered', 'commitment', 'unused') then commitment_id end as CommitmentDiscountId,
    case
        when kind = 'unused' and savings_plan_savings_plan_a_r_n is not null then cast(unused as VARCHAR)
        when kind = 'unused' then reservation_unused_quantity
        when line_item_line_item_type = 'SavingsPlanCoveredUsage'
            then coalesce(savings_plan_net_savings_plan_effective_cost, savings_plan_savings_plan_effective_cost)
        when line_item_line_item_type = 'SavingsPlanRecurringFee'
            then cast(savings_plan_total_commitment_to_date as VARCHAR)
        when kind in ('covered', 'commitment') then line_item_usage_amount
    end as CommitmentDiscountQuantity,
    case kind when 'covered' then 'Used' when 'unused' then 'Unused' end as CommitmentDiscountStatus,
    case
        when kind not in ('covered', 'commitment', 'unused') then null
        when savings_plan_savings_plan_a_r_n is not null then coalesce(savings_plan_offering_type, 'Savings Plan')
        else 'Reserved Instance'
    end as CommitmentDiscountType,
    case
        when kind not in ('covered', 'commitment', 'unused') then null
        when savings_plan_savings_plan_a_r_n is not null then line_item_currency_code
        else coalesce(pricing_unit, 'Hrs')
    end as CommitmentDiscountUnit,
    case when kind in ('usage', 'covered') then line_item_usage_amount end as ConsumedQuantity,
    case when kind in ('usage', 'covered') then pricing_unit end as ConsumedUnit,
    -- The price that was agreed without commitments. A reservation's usage is charged 0, so its list price stands in.
    case
        when kind = 'unused' then '0'
        when line_item_line_item_type = 'DiscountedUsage' then coalesce(pricing_public_on_demand_cost, charged)
        else charged
    end as ContractedCost,
    case
        when line_item_line_item_type = 'DiscountedUsage' then pricing_public_on_demand_rate
        when kind in ('usage', 'covered') then coalesce(line_item_net_unblended_rate, line_item_unblended_rate)
    end as ContractedUnitPrice,
    case
        when kind = 'unused' then cast(unused as VARCHAR)
        when kind = 'commitment' then '0'
        when line_item_line_item_type = 'SavingsPlanCoveredUsage'
            then coalesce(savings_plan_net_savings_plan_effective_cost, savings_plan_savings_plan_effective_cost)
        when line_item_line_item_type = 'DiscountedUsage'
            then coalesce(reservation_net_effective_cost, reservation_effective_cost)
        else charged
    end as EffectiveCost,
    bill_invoice_id as InvoiceId,
    coalesce(bill_invoicing_entity, 'AWS') as InvoiceIssuerName,
    case
        when kind = 'unused' then '0'
        -- AWS writes 0 where there is no public price: a marketplace seller's usage, for one.
        when kind in ('usage', 'covered')
            then coalesce(nullif(nullif(pricing_public_on_demand_cost, '0.0'), '0'), charged)
        else charged
    end as ListCost,
    case when kind in ('usage', 'covered') then pricing_public_on_demand_rate end as ListUnitPrice,
    case
        when kind in ('covered', 'unused') then 'Committed'
        when kind = 'usage' and line_item_usage_type like '%SpotUsage%' then 'Dynamic'
        when kind in ('usage', 'commitment', 'fee') then 'Standard'
    end as PricingCategory,
    pricing_currency as PricingCurrency,
    case when kind in ('usage', 'covered') then line_item_usage_amount end as PricingQuantity,
    case when kind in ('usage', 'covered') then pricing_unit end as PricingUnit,
    -- A marketplace seller; AWS itself says nothing new.
    case when bill_billing_entity = 'AWS Marketplace' then line_item_legal_entity end as PublisherName,
    coalesce(product_region_code, product_region) as RegionId,
    case when coalesce(product_location_type, 'AWS Region') = 'AWS Region' then product_location end as RegionName,
    case when kind in ('commitment', 'unused') then commitment_id else line_item_resource_id end as ResourceId,
    service_category as ServiceCategory,
    coalesce(product_product_name, service_name, line_item_product_code, 'AWS') as ServiceName,
    service_subcategory as ServiceSubcategory,
    'AWS' as ServiceProviderName,
    product_sku as SkuId,
    line_item_usage_type as SkuMeter,
    pricing_rate_code as SkuPriceId,
    -- Attributes without a value are left out.
    nullif(cast(to_json(map_from_entries(list_filter([
        {'k': 'InstanceType', 'v': product_instance_type},
        {'k': 'InstanceSeries', 'v': product_instance_family},
        {'k': 'x_ProductFamily', 'v': product_product_family}
    ], lambda p: p.v is not null))) as VARCHAR), '{}') as SkuPriceDetails,
    line_item_usage_account_id as SubAccountId,
    line_item_usage_account_name as SubAccountName,
    resource_tags as Tags,
    line_item_product_code as x_ServiceCode,
    line_item_usage_type as x_UsageType,
    line_item_operation as x_Operation,
    line_item_line_item_type as x_LineItemType,
    line_item_tax_type as x_TaxType,
    bill_bill_type as x_BillType,
    cost_category as x_CostCategories,
    discount as x_Discounts,
    columns('^x_(File|Row)$')
from named
union all by name
select
    -- Unreadable amounts are refused, not left out of a sum.
    case when count(*) = count(charged_exactly) then cast(sum(charged_exactly) as VARCHAR) end as BilledCost,
    BilledCost as EffectiveCost,
    BilledCost as ListCost,
    BilledCost as ContractedCost,
    bill_payer_account_id as BillingAccountId,
    line_item_currency_code as BillingCurrency,
    bill_billing_period_start_date as BillingPeriodStart,
    bill_billing_period_end_date as BillingPeriodEnd,
    'Adjustment' as ChargeCategory,
    'Savings Plan negations and the usage they cancel differ by this' as ChargeDescription,
    'One-Time' as ChargeFrequency,
    bill_billing_period_start_date as ChargePeriodStart,
    bill_billing_period_end_date as ChargePeriodEnd,
    'AWS' as InvoiceIssuerName,
    'Other' as ServiceCategory,
    'Savings Plans' as ServiceName,
    'AWS' as ServiceProviderName,
    line_item_usage_account_id as SubAccountId,
    'SavingsPlanNegation' as x_LineItemType,
    min(columns('^x_(File|Row)$'))
from source
where line_item_line_item_type in ('SavingsPlanCoveredUsage', 'SavingsPlanNegation')
group by
    bill_payer_account_id,
    line_item_currency_code,
    bill_billing_period_start_date,
    bill_billing_period_end_date,
    line_item_usage_account_id
having count(*) <> count(charged_exactly) or sum(charged_exactly) <> 0
