-- The relations of a schema, with whose rows are in them: a user's, where a foreign key leads to auth.users.
WITH RECURSIVE account(relation, attribute, steps) AS (
  SELECT a.attrelid, a.attnum, 0 FROM pg_attribute a WHERE a.attrelid = to_regclass('auth.users') AND a.attname = 'id'
  UNION
  SELECT k.conrelid, k.conkey[1], account.steps + 1
  FROM account
  JOIN pg_constraint k ON k.contype = 'f' AND k.confrelid = account.relation
    AND cardinality(k.confkey) = 1 AND k.confkey[1] = account.attribute
  WHERE account.steps < 8
)
SELECT json_build_object(
  'schema', n.nspname,
  'name', c.relname,
  'writable', c.relkind IN ('r', 'p'),
  'columns', (SELECT json_agg(json_build_object(
      'name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod),
      'category', t.typcategory,
      'required', a.attnotnull AND NOT a.atthasdef AND a.attidentity = '',
      'settable', a.attgenerated = '' AND a.attidentity <> 'a',
      'user', EXISTS (SELECT FROM account WHERE account.relation = c.oid AND account.attribute = a.attnum)
    ) ORDER BY a.attnum)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
  'key', (SELECT coalesce(json_agg(a.attname ORDER BY a.attnum), '[]')
    FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
    WHERE i.indrelid = c.oid AND i.indisprimary)
)::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
-- What others refer to comes first.
ORDER BY (SELECT min(account.steps) FROM account WHERE account.relation = c.oid), n.nspname, c.relname
