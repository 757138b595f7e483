SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'query', rtrim(pg_get_viewdef(c.oid), ';'),
  'securityInvoker', coalesce(options.invoker, false),
  'comment', obj_description(c.oid, 'pg_class'),
  'owner', pg_get_userbyid(c.relowner),
  'unmanaged', coalesce(options.others, '{}')
))::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT bool_or(option_name = 'security_invoker' AND option_value::boolean) AS invoker,
    array_agg(option_name || '=' || option_value ORDER BY option_name)
      FILTER (WHERE option_name <> 'security_invoker') AS others
  FROM pg_options_to_table(c.reloptions)) options
WHERE c.relkind = 'v'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
