SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'table', c.relname,
  'name', t.tgname,
  'timing', CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' WHEN t.tgtype & 64 <> 0 THEN 'INSTEAD OF' ELSE 'AFTER' END,
  'events', array_remove(ARRAY[
    CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
    CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' || coalesce(' OF ' || (
      SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY k.position)
      FROM unnest(t.tgattr::smallint[]) WITH ORDINALITY AS k(number, position)
      JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = k.number), '') END,
    CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END,
    CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END], NULL),
  'level', CASE WHEN t.tgtype & 1 <> 0 THEN 'row' ELSE 'statement' END,
  'when', substring(pg_get_triggerdef(t.oid) FROM ' WHEN \((.*)\) EXECUTE FUNCTION '),
  'function', format('%%I.%%I', fn.nspname, f.proname) || '()',
  'arguments', CASE WHEN t.tgnargs = 0 THEN '[]'::json ELSE to_json(
    (string_to_array(replace(encode(t.tgargs, 'escape'), '\000', E'\x01'), E'\x01'))[1:t.tgnargs]) END,
  'enabled', CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'disabled' END,
  'comment', obj_description(t.oid, 'pg_trigger')
))::text
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc f ON f.oid = t.tgfoid
JOIN pg_namespace fn ON fn.oid = f.pronamespace
WHERE NOT t.tgisinternal AND t.tgconstraint = 0
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
