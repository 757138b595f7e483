"""The embedded target: a Postgres that stands in for both Supabase projects, so that none is needed."""
