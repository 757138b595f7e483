REVOKE ALL ON "order"."user" FROM "Who, me?";
GRANT SELECT ON public."a.b ""c"" (d)" TO anon;
REVOKE EXECUTE ON FUNCTION "order"."do.it(now)" FROM PUBLIC;
REVOKE USAGE ON SCHEMA "order" FROM "Who, me?";
