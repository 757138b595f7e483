SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
  AND CASE c.relkind
    WHEN 'p' THEN EXISTS (SELECT FROM pg_partition_tree(c.oid) WHERE isleaf AND pg_relation_size(relid) > 0)
    ELSE c.relkind IN ('r', 'm') AND pg_relation_size(c.oid) > 0
  END
