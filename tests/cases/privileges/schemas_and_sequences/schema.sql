GRANT USAGE ON SCHEMA private TO authenticated, service_role;
GRANT CREATE, USAGE ON SCHEMA "Order" TO service_role WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE private.numbers TO authenticated;
REVOKE ALL ON SEQUENCE public."Numbers" FROM anon, authenticated;
GRANT SELECT ON SEQUENCE public."Numbers" TO PUBLIC;
