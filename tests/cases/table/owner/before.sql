GRANT CREATE ON SCHEMA public TO service_role;
