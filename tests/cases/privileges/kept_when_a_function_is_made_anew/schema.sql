CREATE FUNCTION public.secret(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION public.secret FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION public.secret TO authenticated WITH GRANT OPTION;
COMMENT ON FUNCTION public.secret IS 'not for anybody';
