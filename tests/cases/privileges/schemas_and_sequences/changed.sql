REVOKE USAGE ON SCHEMA private FROM authenticated;
GRANT USAGE ON SCHEMA private TO PUBLIC;
REVOKE CREATE ON SCHEMA "Order" FROM service_role;
GRANT UPDATE ON SEQUENCE private.numbers TO authenticated;
REVOKE ALL ON SEQUENCE public."Numbers" FROM service_role;
