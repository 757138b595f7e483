REVOKE ALL ON "order"."user" FROM "mine, Too?";
GRANT SELECT ON public."a.b ""c"" (d)" TO anon;
REVOKE EXECUTE ON FUNCTION "order"."do.it(now)" FROM PUBLIC;
REVOKE USAGE ON SCHEMA "order" FROM "mine, Too?";
