"""Stand-ins for Supabase's HTTP interfaces, served by one process beside the sandbox's Postgres."""
