CREATE TABLE "order"."user" ("select" int, "größe" int);
CREATE TABLE public."a.b ""c"" (d)" (id int);
CREATE FUNCTION "order"."do.it(now)"(a "order"."user") RETURNS int LANGUAGE sql AS 'SELECT 1';
GRANT USAGE ON SCHEMA "order" TO "mine, Too?";
GRANT SELECT ON "order"."user" TO "mine, Too?";
GRANT UPDATE ("select", "größe") ON "order"."user" TO "mine, Too?";
REVOKE ALL ON public."a.b ""c"" (d)" FROM anon, authenticated, service_role;
GRANT DELETE ON public."a.b ""c"" (d)" TO "mine, Too?";
GRANT EXECUTE ON FUNCTION "order"."do.it(now)" TO "mine, Too?";
