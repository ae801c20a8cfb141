-- Every data file that a snapshot still needs, relative to the lake's data where `is_relative`; path and bytes.
with files as (
    select table_id, path, path_is_relative, file_size_bytes from ducklake_data_file
    union all
    select table_id, path, path_is_relative, file_size_bytes from ducklake_delete_file
),
tables as (
    select distinct
        t.table_id,
        s.path || t.path as folder,
        s.path_is_relative and t.path_is_relative as is_relative
    from ducklake_table t
    join ducklake_schema s on s.schema_id = t.schema_id
)
select distinct
    case when f.path_is_relative then t.folder || f.path else f.path end as path,
    f.path_is_relative and t.is_relative as is_relative,
    f.file_size_bytes
from files f
join tables t on t.table_id = f.table_id
order by 1
