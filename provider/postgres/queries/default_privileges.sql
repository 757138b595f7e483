SELECT json_build_object(
  'role', pg_get_userbyid(d.defaclrole),
  'schema', coalesce(n.nspname, ''),
  'kind', CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
    WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' END,
  'grants', (SELECT coalesce(json_object_agg(role, privileges), '{}') FROM (
    SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_get_userbyid(x.grantee) END AS role,
      json_agg(x.privilege_type || CASE WHEN x.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END
        ORDER BY x.privilege_type) AS privileges
    FROM aclexplode(d.defaclacl) x WHERE x.grantee <> d.defaclrole GROUP BY 1) by_role)
)::text
FROM pg_default_acl d
LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
WHERE d.defaclobjtype IN ('r', 'S', 'f', 'T', 'n')
  AND (%(schema)s::text IS NULL OR coalesce(n.nspname, '') = %(schema)s)
