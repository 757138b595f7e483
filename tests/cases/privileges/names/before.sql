CREATE SCHEMA "order";
-- Roles are the whole cluster's, and other databases may have made it already.
DO $$ BEGIN
  CREATE ROLE "mine, Too?";
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;
END $$;
