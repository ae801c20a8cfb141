-- claim: finds in the lake the rows and money that each load says it loaded
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    billed_cost - coalesce(billed_loaded, 0) as residual
from slice_totals
where charges is distinct from rows_loaded
    or billed_cost is distinct from billed_loaded
    or effective_cost is distinct from effective_loaded
    -- An unknown list or contracted cost adds nothing, however the load wrote that down.
    or coalesce(list_cost, 0) <> coalesce(list_loaded, 0)
    or coalesce(contracted_cost, 0) <> coalesce(contracted_loaded, 0)
