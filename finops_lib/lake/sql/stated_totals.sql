-- What somebody else than a source's own bill says that its months cost, e.g. Cost Explorer beside an export: one row
-- per source, month, currency and who says it, as of the newest time that it was asked. Nothing of it is a charge.
-- is_final = false: whoever says it calls it an estimate.
create table if not exists lake.stated_totals (
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    stated_by VARCHAR,
    x_BillingMonth DATE,
    BillingCurrency VARCHAR,
    billed DECIMAL(38,18),
    is_final BOOLEAN,
    stated_at TIMESTAMP
)
