-- What the invoices of one source hold now, one row per invoice, currency and month.
select
    x_Provider,
    InvoiceId,
    x_BillingMonth,
    BillingCurrency,
    load_id,
    rows_loaded,
    billed_loaded
from lake.invoice_loads
where x_SourceId = $source
qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, InvoiceId)
order by x_Provider, InvoiceId, x_BillingMonth, BillingCurrency
