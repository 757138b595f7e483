SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'table', c.relname,
  'name', t.tgname,
  'timing', CASE WHEN t.tgtype & 2 <> 0 THEN 'BEFORE' WHEN t.tgtype & 64 <> 0 THEN 'INSTEAD OF' ELSE 'AFTER' END,
  'events', array_remove(ARRAY[
    CASE WHEN t.tgtype & 4 <> 0 THEN 'INSERT' END,
    CASE WHEN t.tgtype & 16 <> 0 THEN 'UPDATE' END,
    CASE WHEN t.tgtype & 8 <> 0 THEN 'DELETE' END,
    CASE WHEN t.tgtype & 32 <> 0 THEN 'TRUNCATE' END], NULL),
  'columns', (
    SELECT coalesce(json_agg(a.attname ORDER BY a.attname), '[]')
    FROM unnest(t.tgattr::smallint[]) AS number
    JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum = number),
  'level', CASE WHEN t.tgtype & 1 <> 0 THEN 'row' ELSE 'statement' END,
  'oldTable', t.tgoldtable,
  'newTable', t.tgnewtable,
  'constraint', CASE WHEN t.tgconstraint = 0 THEN NULL WHEN t.tginitdeferred THEN 'deferred'
    WHEN t.tgdeferrable THEN 'deferrable' ELSE 'immediate' END,
  'fromTable', (SELECT json_build_array(rn.nspname, r.relname)
    FROM pg_class r JOIN pg_namespace rn ON rn.oid = r.relnamespace WHERE r.oid = t.tgconstrrelid),
  -- Names and arguments may hold any text, so both ends of the definition are cut off by their length.
  'when', CASE WHEN t.tgqual IS NOT NULL THEN substring(
    left(substr(pg_get_triggerdef(t.oid), length('CREATE TRIGGER ' || quote_ident(t.tgname))), -length(arguments.listed))
    FROM ' FOR EACH (?:ROW|STATEMENT) WHEN \((.*)\) EXECUTE FUNCTION ') END,
  'function', json_build_array(fn.nspname, f.proname),
  'arguments', arguments.texts,
  'enabled', CASE t.tgenabled WHEN 'O' THEN 'origin' WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' ELSE 'disabled' END,
  'comment', obj_description(t.oid, 'pg_trigger')
))::text
FROM pg_trigger t
JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_proc f ON f.oid = t.tgfoid
JOIN pg_namespace fn ON fn.oid = f.pronamespace
CROSS JOIN LATERAL (
  SELECT coalesce(json_agg(text ORDER BY position), '[]') AS texts,
    '(' || coalesce(string_agg('''' || replace(text, '''', '''''') || '''', ', '), '') || ')' AS listed
  -- Each argument ends with a zero byte, which no text can hold.
  FROM (
    SELECT convert_from(decode(replace(hex, ' ', ''), 'hex'), getdatabaseencoding()) AS text, position
    FROM unnest(string_to_array(regexp_replace(encode(t.tgargs, 'hex'), '(..)', '\1 ', 'g'), '00 '))
      WITH ORDINALITY AS argument(hex, position)
    WHERE position <= t.tgnargs
  ) argument
) arguments
WHERE NOT t.tgisinternal AND t.tgparentid = 0
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
