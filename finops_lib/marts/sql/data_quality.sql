-- question: what in the data of each slice does FOCUS forbid, and how often does it occur?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x finding x column_name
-- unit:     occurrences in the slice's current load
-- reads:    loads, load_findings
with current_loads as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        max(load_number) as load_number
    from loads
    group by x_Provider, x_SourceId, x_BillingMonth
)
select
    load_findings.x_Provider,
    load_findings.x_SourceId,
    load_findings.x_BillingMonth,
    load_findings.finding,
    load_findings.column_name,
    cast(sum(load_findings.occurrences) as bigint) as occurrences,
    max(load_findings.example) as example
from load_findings
inner join current_loads
    on load_findings.load_number = current_loads.load_number
    and load_findings.x_Provider = current_loads.x_Provider
    and load_findings.x_SourceId = current_loads.x_SourceId
    and load_findings.x_BillingMonth = current_loads.x_BillingMonth
group by
    load_findings.x_Provider,
    load_findings.x_SourceId,
    load_findings.x_BillingMonth,
    load_findings.finding,
    load_findings.column_name
