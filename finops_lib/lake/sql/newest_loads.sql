-- The load that each slice of the lake holds now, with all that is known of it; one row per slice and currency.
select *
from lake.loads
qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, x_BillingMonth)
order by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
