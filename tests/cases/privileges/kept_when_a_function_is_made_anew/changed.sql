-- To give the argument its name back, the function must be dropped; its grants must outlive that.
DROP FUNCTION public.secret;
CREATE FUNCTION public.secret(b int) RETURNS int LANGUAGE sql AS 'SELECT 1';
REVOKE ALL ON FUNCTION public.secret FROM PUBLIC, anon, authenticated;
GRANT EXECUTE ON FUNCTION public.secret TO authenticated WITH GRANT OPTION;
