WITH objects AS (
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END AS kind, n.nspname AS schema, c.relname AS name,
    '' AS arguments, c.relowner AS owner, 'pg_class'::regclass AS catalog, c.oid,
    coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r'::"char" END, c.relowner)) AS acl
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  UNION ALL
  SELECT 'function', n.nspname, p.proname,
    '(' || array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) t), ', ') || ')',
    p.proowner, 'pg_proc'::regclass, p.oid, coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  UNION ALL
  SELECT 'schema', n.nspname, n.nspname, '', n.nspowner, 'pg_namespace'::regclass, n.oid,
    coalesce(n.nspacl, acldefault('n', n.nspowner))
  FROM pg_namespace n
)
SELECT json_build_object(
  'kind', o.kind, 'schema', o.schema, 'name', o.name, 'arguments', o.arguments,
  'grants', (SELECT coalesce(json_object_agg(role, privileges), '{}') FROM (
    SELECT role, json_agg(privilege ORDER BY privilege) AS privileges FROM (
      -- One privilege may have been granted by several roles.
      SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS role,
        x.privilege_type || CASE WHEN bool_or(x.is_grantable) THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
      FROM aclexplode(o.acl) x WHERE x.grantee <> o.owner GROUP BY x.grantee, x.privilege_type) granted
    GROUP BY role) by_role),
  'columns', (SELECT coalesce(json_object_agg(attname, grants), '{}') FROM (
    SELECT attname, json_object_agg(role, privileges) AS grants FROM (
      SELECT attname, role, json_agg(privilege ORDER BY privilege) AS privileges FROM (
        SELECT a.attname, CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS role,
          x.privilege_type || CASE WHEN bool_or(x.is_grantable) THEN ' WITH GRANT OPTION' ELSE '' END AS privilege
        FROM pg_attribute a, aclexplode(a.attacl) x
        WHERE o.kind = 'table' AND a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND x.grantee <> o.owner
        GROUP BY a.attname, x.grantee, x.privilege_type) granted
      GROUP BY attname, role) by_role
    GROUP BY attname) by_column)
)::text
FROM objects o
WHERE o.schema NOT IN ('pg_catalog', 'information_schema') AND o.schema !~ '^pg_(toast|temp)'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = o.catalog AND e.objid = o.oid AND e.deptype = 'e')
  AND (%(schema)s::text IS NULL OR o.schema = %(schema)s)
  AND (%(object)s::text IS NULL OR o.name = %(object)s)
