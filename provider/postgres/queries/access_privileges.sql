-- What a grant alone decides, since no policy has a say in it: to try TRUNCATE would lock out a table's users.
WITH role AS (SELECT oid, rolname AS name FROM pg_roles WHERE rolname = ANY (%(roles)s)),
relation AS (
  SELECT c.oid, n.nspname AS schema, c.relname AS name, c.relkind = 'S' AS sequence, n.nspname = %(schema)s AS ours
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
)
SELECT role.name AS role, 'table' AS kind, relation.schema, relation.name, privilege,
  CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
    THEN has_any_column_privilege(role.oid, relation.oid, privilege)
    ELSE has_table_privilege(role.oid, relation.oid, privilege) END AS granted
FROM role, relation, unnest(%(table_privileges)s::text[]) AS privilege
-- Other schemas belong to others, so nothing is tried there, and only what is open is told.
WHERE NOT relation.sequence AND (relation.ours AND privilege NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
  OR NOT relation.ours AND has_any_column_privilege(role.oid, relation.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
  OR NOT relation.ours AND has_table_privilege(role.oid, relation.oid, 'DELETE, TRUNCATE'))
UNION ALL
SELECT role.name, 'sequence', relation.schema, relation.name, privilege,
  has_sequence_privilege(role.oid, relation.oid, privilege)
FROM role, relation, unnest(ARRAY['SELECT', 'UPDATE', 'USAGE']) AS privilege
WHERE relation.sequence AND relation.ours
UNION ALL
SELECT role.name, 'schema', NULL, n.nspname, privilege, has_schema_privilege(role.oid, n.oid, privilege)
FROM role, pg_namespace n, unnest(ARRAY['CREATE', 'USAGE']) AS privilege
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
UNION ALL
SELECT role.name, 'role', NULL, role.name, trait.name, trait.holds
FROM role JOIN pg_roles r ON r.oid = role.oid,
LATERAL (VALUES ('BYPASSRLS', r.rolbypassrls), ('CREATEROLE', r.rolcreaterole), ('LOGIN', r.rolcanlogin),
  ('SUPERUSER', r.rolsuper)) AS trait(name, holds)
UNION ALL
SELECT role.name, 'role', NULL, other.rolname, 'MEMBER', true
FROM role, pg_roles other
WHERE other.oid <> role.oid AND pg_has_role(role.oid, other.oid, 'MEMBER')
