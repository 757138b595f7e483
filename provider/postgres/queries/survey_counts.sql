-- How many rows each table holds: one question, however many tables there are.
SELECT n.nspname, c.relname, (xpath('/row/count/text()', query_to_xml(
  format('SELECT count(*) AS count FROM %I.%I', n.nspname, c.relname), false, true, '')))[1]::text::bigint
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (n.nspname <> 'auth' OR c.relname = 'users')
