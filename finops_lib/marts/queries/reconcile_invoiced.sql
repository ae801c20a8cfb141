-- question: what amount is on each invoice, and is it final?
-- grain:    x_SourceId x InvoiceId x BillingCurrency
-- unit:     billed cost in BillingCurrency; rounding is the part of the invoice's own rounding lines, lines are the others
-- reads:    invoices
with lines as (
    select
        *,
        ChargeCategory = 'Adjustment' and lower(InvoiceDetailDescription) like '%rounding%' as is_rounding
    from invoices
)
select
    x_SourceId,
    InvoiceId,
    BillingCurrency,
    min(x_Provider) as x_Provider,
    min(x_BillingMonth) as x_BillingMonth,
    sum(BilledCost) as amount,
    sum(case when is_rounding then BilledCost else 0 end) as rounding,
    sum(case when is_rounding then 1 else 0 end) as rounding_lines,
    sum(case when is_rounding then 0 else 1 end) as lines,
    sum(case when InvoiceIssueStatus = 'Issued' then 0 else 1 end) as lines_not_issued,
    sum(case when InvoiceIssueStatus = 'Voided' then 1 else 0 end) as lines_voided
from lines
group by x_SourceId, InvoiceId, BillingCurrency
order by x_SourceId, InvoiceId, BillingCurrency
