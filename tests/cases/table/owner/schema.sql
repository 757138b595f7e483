CREATE TABLE public.mine (id int);
CREATE TABLE public.theirs (id int);
CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
ALTER TABLE public.theirs OWNER TO service_role;
ALTER FUNCTION public.f() OWNER TO service_role;
