SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'name', p.proname,
  'arguments', (
    SELECT coalesce(json_agg(json_build_object(
      'type', format_type(argument.type, NULL),
      'name', coalesce(p.proargnames[argument.position], ''),
      'mode', CASE coalesce(p.proargmodes[argument.position], 'i')
        WHEN 'i' THEN 'in' WHEN 'o' THEN 'out' WHEN 'b' THEN 'inout' WHEN 'v' THEN 'variadic' END,
      'default', pg_get_function_arg_default(p.oid, argument.position::integer)
    ) ORDER BY argument.position), '[]')
    FROM unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) WITH ORDINALITY AS argument(type, position)
    WHERE coalesce(p.proargmodes[argument.position], 'i') <> 't'
  ),
  'returns', CASE p.prokind WHEN 'f' THEN pg_get_function_result(p.oid) END,
  'language', l.lanname,
  'body', CASE WHEN p.prosqlbody IS NULL THEN p.prosrc END,
  'atomic', pg_get_function_sqlbody(p.oid),
  'securityDefiner', p.prosecdef,
  'volatility', CASE p.provolatile WHEN 'i' THEN 'immutable' WHEN 's' THEN 'stable' ELSE 'volatile' END,
  'parallel', CASE p.proparallel WHEN 's' THEN 'safe' WHEN 'r' THEN 'restricted' ELSE 'unsafe' END,
  'strict', p.proisstrict,
  'leakproof', p.proleakproof,
  'cost', nullif(p.procost, 100),
  'rows', CASE WHEN p.proretset THEN nullif(p.prorows, 1000) END,
  'settings', (SELECT coalesce(json_object_agg(split_part(s, '=', 1), substr(s, strpos(s, '=') + 1)), '{}')
    FROM unnest(p.proconfig) s),
  'unmanaged', array_remove(ARRAY[
    'TRANSFORM ' || (SELECT string_agg('FOR TYPE ' || format_type(t, NULL), ', ') FROM unnest(p.protrftypes) t),
    CASE WHEN p.prosupport <> 0 THEN 'SUPPORT ' || p.prosupport::text END], NULL),
  'comment', obj_description(p.oid, 'pg_proc'),
  'owner', pg_get_userbyid(p.proowner)
))::text
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
JOIN pg_language l ON l.oid = p.prolang
WHERE p.prokind IN ('f', 'p') AND l.lanname NOT IN ('c', 'internal')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR p.proname = %(object)s)
