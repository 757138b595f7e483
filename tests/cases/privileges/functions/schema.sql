CREATE FUNCTION public.secret(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.secret(a text, VARIADIC b numeric[], OUT c int) LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.secret() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE public.chore(a int, INOUT b text) LANGUAGE plpgsql AS 'BEGIN END';
REVOKE EXECUTE ON FUNCTION public.secret(int) FROM PUBLIC, anon;
REVOKE ALL ON FUNCTION public.secret(text, numeric[]) FROM PUBLIC, anon, authenticated, service_role;
REVOKE ALL ON PROCEDURE public.chore FROM PUBLIC, anon, authenticated;
