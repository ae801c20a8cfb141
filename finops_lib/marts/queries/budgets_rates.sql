-- question: at which rates can cost in one currency be held against a budget in another?
-- grain:    from_currency x to_currency x day x kind
-- unit:     rate in to_currency per from_currency
-- reads:    fx_rates
select
    from_currency,
    to_currency,
    day,
    rate,
    kind
from fx_rates
order by from_currency, to_currency, kind, day
