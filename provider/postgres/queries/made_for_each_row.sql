SELECT EXISTS (
  SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE p.provolatile = 'v'
    AND (n.nspname || '.' || p.proname = ANY (%(called)s::text[])
      OR n.nspname = 'pg_catalog' AND p.proname = ANY (%(called)s::text[]))
) OR EXISTS (
  SELECT FROM pg_type t
  WHERE t.oid = to_regtype(%(type)s) AND t.typtype = 'd'
    AND (t.typnotnull OR EXISTS (SELECT FROM pg_constraint c WHERE c.contypid = t.oid))
)
