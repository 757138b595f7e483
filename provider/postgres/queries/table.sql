SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'columns', coalesce(columns.shapes, '{}'),
  'order', coalesce(columns.names, '[]'),
  'comment', obj_description(c.oid, 'pg_class'),
  'rowSecurity', c.relrowsecurity,
  'forceRowSecurity', c.relforcerowsecurity,
  'owner', pg_get_userbyid(c.relowner)
))::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT
    json_agg(a.attname ORDER BY a.attnum) AS names,
    json_object_agg(a.attname, json_build_object(
      'type', format_type(a.atttypid, a.atttypmod),
      'null', CASE WHEN a.attnotnull THEN 'refused' ELSE 'allowed' END,
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
      'collation', CASE WHEN a.attcollation <> t.typcollation
        THEN (SELECT quote_ident(o.collname) FROM pg_collation o WHERE o.oid = a.attcollation) END,
      'comment', col_description(a.attrelid, a.attnum)
    ) ORDER BY a.attnum) AS shapes
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) columns ON true
WHERE c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
