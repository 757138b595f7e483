SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'table', t.relname,
  'name', c.relname,
  -- Names may hold any text, so what comes before the method is cut off by its length.
  'definition', substr(pg_get_indexdef(i.indexrelid), length(format(
    'CREATE %%sINDEX %%I ON %%s%%I.%%I USING ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname,
    CASE c.relkind WHEN 'I' THEN 'ONLY ' END, n.nspname, t.relname)) + 1),
  'unique', i.indisunique,
  'valid', i.indisvalid,
  'comment', obj_description(c.oid, 'pg_class')
))::text
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.relkind IN ('r', 'p', 'm')
  AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
