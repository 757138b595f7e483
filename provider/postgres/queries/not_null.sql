SELECT json_build_object('schema', n.nspname, 'table', c.relname, 'column', a.attname)::text
FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
