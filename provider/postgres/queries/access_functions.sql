SELECT json_build_object(
  'schema', n.nspname,
  'name', p.proname,
  'procedure', p.prokind = 'p',
  'arguments', (SELECT coalesce(json_agg(json_build_object(
      'name', coalesce(p.proargnames[argument.position], ''),
      'type', format_type(argument.type, NULL),
      'category', t.typcategory,
      'variadic', coalesce(p.proargmodes[argument.position], 'i') = 'v'
    ) ORDER BY argument.position), '[]')
    FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS argument(type, position)
    JOIN pg_type t ON t.oid = argument.type
    WHERE coalesce(p.proargmodes[argument.position], 'i') IN ('i', 'b', 'v'))
)::text
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = %(schema)s AND p.prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
ORDER BY p.proname, p.oid::regprocedure::text
