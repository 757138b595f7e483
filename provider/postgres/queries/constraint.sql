SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'table', c.relname,
  'name', k.conname,
  'definition', regexp_replace(pg_get_constraintdef(k.oid), ' NOT VALID$', ''),
  'validated', k.convalidated,
  -- Postgres leaves them out of the printed definition.
  'unmanaged', (SELECT coalesce(json_agg('WITH (' || array_to_string(i.reloptions, ', ') || ')'), '[]')
    FROM pg_class i WHERE i.oid = k.conindid AND k.contype IN ('p', 'u', 'x') AND i.reloptions IS NOT NULL),
  'comment', obj_description(k.oid, 'pg_constraint')
))::text
FROM pg_constraint k
JOIN pg_class c ON c.oid = k.conrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE k.contype IN ('c', 'f', 'p', 'u', 'x') AND c.relkind IN ('r', 'p')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
