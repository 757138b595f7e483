"""The handlers of what lives in a Supabase project beside its database."""
