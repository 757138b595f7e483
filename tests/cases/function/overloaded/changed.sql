DROP FUNCTION public.f(int);
CREATE OR REPLACE FUNCTION public.f(a bigint) RETURNS int LANGUAGE sql AS 'SELECT 22';
COMMENT ON FUNCTION public.f() IS 'x';
DROP FUNCTION public.f(int[]);
CREATE FUNCTION public.f(a int[]) RETURNS int LANGUAGE sql AS 'SELECT 4';
