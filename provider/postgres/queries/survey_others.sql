-- What a database can hold and no resource declares: it can only be compared.
SELECT 'MaterializedView', n.nspname, c.relname, json_strip_nulls(json_build_object(
  'definition', pg_get_viewdef(c.oid), 'owner', pg_get_userbyid(c.relowner), 'options', c.reloptions,
  'comment', obj_description(c.oid, 'pg_class')))::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'm'
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
UNION ALL
SELECT 'Sequence', n.nspname, c.relname, json_build_object(
  'type', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
  'minimum', s.seqmin, 'maximum', s.seqmax, 'cache', s.seqcache, 'cycle', s.seqcycle)::text
FROM pg_sequence s JOIN pg_class c ON c.oid = s.seqrelid JOIN pg_namespace n ON n.oid = c.relnamespace
-- An identity's belongs to its column, an extension's to that.
WHERE NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype IN ('e', 'i'))
UNION ALL
SELECT 'Type', n.nspname, t.typname, json_strip_nulls(json_build_object(
  'labels', (SELECT json_agg(l.enumlabel ORDER BY l.enumsortorder) FROM pg_enum l WHERE l.enumtypid = t.oid),
  'domain', CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
  'notNull', CASE t.typtype WHEN 'd' THEN t.typnotnull END,
  'default', t.typdefault,
  'checks', (SELECT json_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) FROM pg_constraint k WHERE k.contypid = t.oid),
  'attributes', (SELECT json_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod) ORDER BY a.attnum)
    FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
  'comment', obj_description(t.oid, 'pg_type')))::text
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
WHERE (t.typtype IN ('e', 'd') OR t.typtype = 'c' AND c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_type'::regclass AND e.objid = t.oid AND e.deptype = 'e')
UNION ALL
SELECT 'Extension', '', extname, json_build_object('version', extversion, 'schema', n.nspname)::text
FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace
UNION ALL
SELECT 'Schema', '', nspname, json_build_object('owner', pg_get_userbyid(nspowner))::text
FROM pg_namespace
