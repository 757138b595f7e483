-- What may be done with objects that the owner has just made, and granted nothing on.
SELECT role.rolname, 'new table', privilege, has_table_privilege(role.oid, %(table)s, privilege)
FROM pg_roles role, unnest(%(table_privileges)s::text[]) AS privilege WHERE role.rolname = ANY (%(roles)s)
UNION ALL
SELECT role.rolname, 'new sequence', privilege, has_sequence_privilege(role.oid, %(sequence)s, privilege)
FROM pg_roles role, unnest(ARRAY['SELECT', 'UPDATE', 'USAGE']) AS privilege WHERE role.rolname = ANY (%(roles)s)
UNION ALL
SELECT role.rolname, 'new function', 'EXECUTE', has_function_privilege(role.oid, %(function)s, 'EXECUTE')
FROM pg_roles role WHERE role.rolname = ANY (%(roles)s)
