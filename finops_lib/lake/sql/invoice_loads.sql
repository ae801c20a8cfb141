-- One row per delivery of an invoice, in one currency and month; append-only. An invoice's current load has its largest
-- load_number. A table of its own: in `loads` the largest number of a slice says which charges the slice holds.
create table if not exists lake.invoice_loads (
    load_number BIGINT,
    load_id VARCHAR,
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    BillingCurrency VARCHAR,
    InvoiceId VARCHAR,
    rows_loaded BIGINT,
    billed_loaded DECIMAL(38,12),
    source_files VARCHAR,
    delivered_at TIMESTAMP,
    loaded_at TIMESTAMP,
    run_id VARCHAR
)
