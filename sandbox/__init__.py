"""The embedded target: a Postgres that stands in for both Supabase projects, so that a clone works with no account."""
