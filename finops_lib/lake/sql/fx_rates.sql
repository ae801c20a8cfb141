-- What one unit of a currency is worth in another on a day: one row per pair, day and kind, whoever says it. kind is book
-- (fixed for a period), spot (the market's) or invoice (what a bill was paid at). Nothing is converted without a row.
create table if not exists lake.fx_rates (
    from_currency VARCHAR,
    to_currency VARCHAR,
    day DATE,
    kind VARCHAR,
    rate DECIMAL(38,18),
    source VARCHAR,
    loaded_at TIMESTAMP,
    run_id VARCHAR
)
