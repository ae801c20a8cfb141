-- question: what does FOCUS forbid that the sources sent all the same?
-- grain:    finding x column_name
-- unit:     occurrences in the current loads
-- reads:    data_quality
select
    finding,
    column_name,
    sum(occurrences) as occurrences,
    count(*) as slices,
    string_agg(distinct x_SourceId, ', ' order by x_SourceId) as sources,
    max(example) as example
from data_quality
group by finding, column_name
order by occurrences desc, finding, column_name
