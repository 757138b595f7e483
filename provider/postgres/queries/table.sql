SELECT json_strip_nulls(json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'columns', coalesce(columns.shapes, '{}'),
  'comment', obj_description(c.oid, 'pg_class'),
  'rowSecurity', c.relrowsecurity,
  'forceRowSecurity', c.relforcerowsecurity,
  'owner', pg_get_userbyid(c.relowner),
  'unmanaged', array_remove(ARRAY[
    CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END,
    'PARTITION BY ' || pg_get_partkeydef(c.oid),
    (SELECT CASE WHEN c.relispartition THEN 'PARTITION OF ' ELSE 'INHERITS ' END
        || string_agg(h.inhparent::regclass::text, ', ' ORDER BY h.inhseqno)
      FROM pg_inherits h WHERE h.inhrelid = c.oid),
    CASE WHEN c.reloftype <> 0 THEN 'OF ' || format_type(c.reloftype, NULL) END,
    (SELECT 'USING ' || m.amname FROM pg_am m WHERE m.oid = c.relam AND m.amname <> 'heap'),
    'WITH (' || array_to_string(c.reloptions, ', ') || ')',
    (SELECT 'TABLESPACE ' || s.spcname FROM pg_tablespace s WHERE s.oid = c.reltablespace),
    'REPLICA IDENTITY ' || CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' WHEN 'i' THEN
      'USING INDEX ' || (SELECT i.indexrelid::regclass FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident) END,
    'CLUSTER ON ' || (SELECT i.indexrelid::regclass FROM pg_index i WHERE i.indrelid = c.oid AND i.indisclustered)
  ], NULL) || coalesce(columns.unmanaged, '{}')
))::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (
  SELECT
    json_object_agg(a.attname, json_build_object(
      'type', format_type(a.atttypid, a.atttypmod),
      'null', CASE WHEN a.attnotnull THEN 'refused' ELSE 'allowed' END,
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'generated', CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' END,
      'collation', CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END,
      'comment', col_description(a.attrelid, a.attnum)
    ) ORDER BY a.attnum) AS shapes,
    array_agg(concat_ws(' ', 'COLUMN', quote_ident(a.attname), traits.text) ORDER BY a.attnum)
      FILTER (WHERE traits.text <> '') AS unmanaged
  FROM pg_attribute a
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.refclassid = 'pg_class'::regclass
    AND e.refobjid = a.attrelid AND e.refobjsubid = a.attnum AND e.deptype = 'i' AND a.attidentity <> ''
  LEFT JOIN pg_sequence s ON s.seqrelid = e.objid
  CROSS JOIN LATERAL (SELECT concat_ws(' ',
    CASE WHEN a.attgenerated NOT IN ('', 's') THEN 'VIRTUAL' END,
    CASE WHEN a.attstorage <> t.typstorage THEN 'STORAGE ' || CASE a.attstorage
      WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
    CASE a.attcompression WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
    'STATISTICS ' || nullif(a.attstattarget, -1),
    'WITH (' || array_to_string(a.attoptions, ', ') || ')',
    'INCREMENT BY ' || nullif(s.seqincrement, 1),
    'MINVALUE ' || nullif(s.seqmin, 1),
    'MAXVALUE ' || nullif(s.seqmax, CASE s.seqtypid
      WHEN 'smallint'::regtype THEN 32767 WHEN 'integer'::regtype THEN 2147483647 ELSE 9223372036854775807 END),
    'START WITH ' || nullif(s.seqstart, 1),
    'CACHE ' || nullif(s.seqcache, 1),
    CASE WHEN s.seqcycle THEN 'CYCLE' END
  ) AS text) traits
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) columns ON true
WHERE c.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND (%(schema)s::text IS NULL OR n.nspname = %(schema)s)
  AND (%(object)s::text IS NULL OR c.relname = %(object)s)
