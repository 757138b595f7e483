SELECT version, coalesce(name, '') FROM supabase_migrations.schema_migrations ORDER BY version
